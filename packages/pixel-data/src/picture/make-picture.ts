/** From a decoded frame to the picture that is shown of it, by a recipe that is plain data and crosses threads. */
import type { DecodedFrame } from '../decoded-frame.ts';
import { colourPicture, type Palette } from './colour-picture.ts';
import { type DisplayShutter, withShutter } from './display-shutter.ts';
import { type GreyOptions, greyPicture, type Picture } from './grey-picture.ts';
import { type OverlayPlane, overlayInSamples, withOverlay } from './overlay.ts';
import { cutOut, type Orientation, oriented, type PixelRegion } from './picture-geometry.ts';
import { withSupplementalColours } from './supplemental-palette.ts';

/** How stored values become shades or colours. */
export type Shading =
  | ({ readonly kind: 'grey'; readonly supplemental?: Palette | undefined } & GreyOptions)
  | { readonly kind: 'colour'; readonly palette?: Palette | undefined };

/** An overlay plane, or the bit of the samples that holds one (retired). */
export type OverlaySource = OverlayPlane | { readonly bitPosition: number };

/** The steps of PS3.4 N.2, in this order. */
export interface PictureRecipe {
  readonly shading: Shading;
  readonly shutter?: DisplayShutter | undefined;
  readonly overlays?: readonly OverlaySource[] | undefined;
  /** The part that is shown; may reach beyond the image. */
  readonly region?: PixelRegion | undefined;
  readonly orientation?: Orientation | undefined;
}

/**
 * The picture of a frame.
 * @throws CodecError 'unsupported' for kinds of pixels that have no picture
 */
export function makePicture(frame: DecodedFrame, recipe: PictureRecipe): Picture {
  let picture = shaded(frame, recipe.shading);
  if (recipe.shutter !== undefined) picture = withShutter(picture, recipe.shutter);
  for (const overlay of recipe.overlays ?? []) {
    const plane = 'bitPosition' in overlay ? overlayInSamples(frame, overlay.bitPosition) : overlay;
    picture = withOverlay(picture, plane);
  }
  if (recipe.region !== undefined) picture = cutOut(picture, recipe.region);
  return recipe.orientation === undefined ? picture : oriented(picture, recipe.orientation);
}

function shaded(frame: DecodedFrame, shading: Shading): Picture {
  if (shading.kind === 'colour') return colourPicture(frame, shading.palette);
  const grey = greyPicture(frame, shading);
  return shading.supplemental === undefined
    ? grey
    : withSupplementalColours(frame, grey, shading.supplemental);
}

/** What is done to one frame on its way to a picture (PS3.4 N.2): by its own data set and the request. */
import {
  type EncodeOptions,
  type Orientation,
  overlaysOf,
  type PictureRecipe,
  pixelAspectOf,
  type Shading,
  shadingOf,
  upsideDown,
} from '@sandyq/pixel-data';
import { type PictureStyle, type Placement, place } from './picture-style.ts';
import type { RenderSource } from './render-source.ts';

/** The steps for one frame. */
export interface FramePlan {
  readonly recipe: PictureRecipe;
  readonly size: Placement['size'];
  readonly drawing?: EncodeOptions['drawing'];
}

/** Makes the plan of a frame (from 0), once it is known what decoding made of its colours. */
export type PlanFrame = (frameIndex: number, photometricInterpretation: string) => FramePlan;

/** Texts that annotations write on a frame (from 0), in the size of the picture. */
export type DrawAnnotations = (frameIndex: number, shading: Shading) => EncodeOptions['drawing'];

/** Plans of images that no presentation state is applied to. */
export function imagePlans(source: RenderSource, style: PictureStyle, draw?: DrawAnnotations): PlanFrame {
  const { dataSet, byteOrder, description } = source;
  const sourceSize = { width: description.columns, height: description.rows };
  return (frameIndex, photometricInterpretation) => {
    const frame = { dataSet, byteOrder, frameIndex };
    const shading = windowed(shadingOf(frame, photometricInterpretation), style);
    const placement = place(style, sourceSize, pixelAspectOf(dataSet, byteOrder, frameIndex));
    const wantsOverlays = style.annotations.includes('overlay');
    return {
      recipe: {
        shading,
        overlays: wantsOverlays ? overlaysOf(dataSet, byteOrder, frameIndex) : [],
        region: placement.region,
        orientation: orientationOf(placement),
      },
      size: placement.size,
      drawing: draw?.(frameIndex, shading),
    };
  };
}

/** Size of the picture of a frame (from 0). Throws bad-request where the viewport does not fit the image. */
export function pictureSize(
  { dataSet, byteOrder, description }: RenderSource,
  style: PictureStyle,
  frameIndex: number,
): Placement['size'] {
  const sourceSize = { width: description.columns, height: description.rows };
  return place(style, sourceSize, pixelAspectOf(dataSet, byteOrder, frameIndex)).size;
}

/** The window of the request goes before those of the data set; colours have none. */
function windowed(shading: Shading, { window }: PictureStyle): Shading {
  if (window === undefined || shading.kind !== 'grey') return shading;
  return { ...shading, voi: { kind: 'window', ...window } };
}

/** Mirrored or upside down as the viewport says. */
export function orientationOf({ isMirrored, isUpsideDown }: Placement): Orientation {
  const orientation: Orientation = { quarterTurns: 0, isMirrored };
  return isUpsideDown ? upsideDown(orientation) : orientation;
}

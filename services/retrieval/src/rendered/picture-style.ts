/** How pictures are wanted, and where that puts the source on them. Plain data: it is part of cache keys. */
import {
  type AnnotationKeyword,
  fitInto,
  type IccProfileValue,
  type PictureType,
  type PixelSize,
  placeViewport,
  type RelativeRegion,
  type RequestedWindow,
  type Viewport,
} from '@sandyq/dicomweb';
import { HttpError } from '@sandyq/http';
import { type PixelRegion, squarePixels } from '@sandyq/pixel-data';

/** Everything that shapes a picture beside its frame. */
export interface PictureStyle {
  readonly mediaType: PictureType;
  readonly annotations: readonly AnnotationKeyword[];
  readonly quality?: number | undefined;
  readonly window?: RequestedWindow | undefined;
  readonly iccProfile?: IccProfileValue | undefined;
  readonly viewport?: Viewport | undefined;
  /** WADO-URI: a part in fractions, of what is seen through a presentation state where there is one (§9.5.1.2.5). */
  readonly region?: RelativeRegion | undefined;
  /** WADO-URI `columns` and `rows`, thumbnails: the picture fits into it. */
  readonly box?: { readonly width?: number | undefined; readonly height?: number | undefined } | undefined;
  /** Thumbnails are never larger than what they show. */
  readonly isNeverEnlarged?: boolean | undefined;
}

/** Which part of the source is seen, mirrored or not, in which size. */
export interface Placement {
  readonly region: PixelRegion;
  readonly isMirrored: boolean;
  readonly isUpsideDown: boolean;
  readonly size: PixelSize;
}

/** Pixels of a picture that is larger than its source; what frames have by themselves is bounded by the codecs. */
const MOST_ENLARGED_PIXELS = 32 * 1024 * 1024;

/**
 * Places a source of this size whose pixels are `aspect` times as tall as wide. Without a size to fill, the picture has
 * the pixels of the source, square or not (§8.3.5.1.3, §9.5.1.2.4); scaled, it is not distorted. Throws bad-request.
 */
export function place(style: PictureStyle, source: PixelSize, aspect: number): Placement {
  const placed = style.viewport === undefined ? undefined : placeViewport(style.viewport, source);
  const region = placed?.region ?? regionOf(style, source);
  const box = placed?.viewport ?? boxOf(style);
  const size =
    box === undefined
      ? { width: region.width, height: region.height }
      : fitted(naturalSize(region, aspect), box, style);
  if (size.width * size.height > Math.max(region.width * region.height, MOST_ENLARGED_PIXELS)) {
    throw new HttpError(
      'bad-request',
      `viewport is too large: ${size.width} x ${size.height} pixels would be more than the image has and than ` +
        `${MOST_ENLARGED_PIXELS}`,
    );
  }
  return {
    region,
    isMirrored: placed?.isMirrored ?? false,
    isUpsideDown: placed?.isUpsideDown ?? false,
    size,
  };
}

/** Square pixels: the short side grows, or the long one shrinks where that would be too much. */
function naturalSize(region: PixelSize, aspect: number): PixelSize {
  const grown = squarePixels(region, aspect);
  if (grown.width * grown.height <= Math.max(region.width * region.height, MOST_ENLARGED_PIXELS))
    return grown;
  return fitInto(grown, region);
}

function fitted(natural: PixelSize, box: PixelSize, { isNeverEnlarged = false }: PictureStyle): PixelSize {
  const isSmall = natural.width <= box.width && natural.height <= box.height;
  return isNeverEnlarged && isSmall ? natural : fitInto(natural, box);
}

function boxOf({ box }: PictureStyle): PixelSize | undefined {
  if (box?.width === undefined && box?.height === undefined) return undefined;
  return { width: box.width ?? Number.POSITIVE_INFINITY, height: box.height ?? Number.POSITIVE_INFINITY };
}

/** The part that is seen of what has this size; all of it where none is asked for. */
export function regionOf(
  { region }: Pick<PictureStyle, 'region'>,
  { width, height }: PixelSize,
): PixelRegion {
  if (region === undefined) return { left: 0, top: 0, width, height };
  const left = Math.min(width - 1, Math.floor(region.left * width));
  const top = Math.min(height - 1, Math.floor(region.top * height));
  return {
    left,
    top,
    width: Math.max(1, Math.ceil(region.right * width) - left),
    height: Math.max(1, Math.ceil(region.bottom * height) - top),
  };
}

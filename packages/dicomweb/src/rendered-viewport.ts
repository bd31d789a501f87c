/** The viewport of a rendered resource (PS3.18 §8.3.5.1.3): which part of the picture, mirrored or not, in which size. */
import { DicomwebError } from './errors.ts';

/** Longest side of a picture that may be asked for, in pixels. */
export const longestViewportSide = 16_384;

/** What `viewport=vw,vh[,[sx],[sy],[sw],[sh]]` says; absent = the default of §8.3.5.1.3. */
export interface Viewport {
  /** Size of the viewport in pixels: the picture fills it as far as its aspect ratio allows. */
  readonly width: number;
  readonly height: number;
  /** Top left corner of the region in pixels of the source, from 0. */
  readonly sourceX?: number | undefined;
  readonly sourceY?: number | undefined;
  /** Size of the region; negative mirrors it. */
  readonly sourceWidth?: number | undefined;
  readonly sourceHeight?: number | undefined;
}

/** Width and height in pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** How to get from the source to what is shown. */
export interface PlacedViewport {
  /** Whole pixels of the source, at least one. */
  readonly region: PixelSize & { readonly left: number; readonly top: number };
  /** Left and right change places. */
  readonly isMirrored: boolean;
  /** Top and bottom change places. */
  readonly isUpsideDown: boolean;
  readonly viewport: PixelSize;
}

const decimal = /^[+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})$/;

/**
 * Reads the parameter.
 *
 * @param withRegion false for thumbnails and presentation states, which take `vw,vh` only
 * @throws DicomwebError bad-request
 */
export function parseViewport(text: string, withRegion: boolean): Viewport {
  const parts = text.split(',', 7).map((part) => part.trim());
  if (parts.length < 2 || parts.length > (withRegion ? 6 : 2)) throw badViewport(shapeOf(withRegion));
  const [width = '', height = '', ...region] = parts;
  const [sourceX, sourceY, sourceWidth, sourceHeight] = region.map(regionNumber);
  if (sourceWidth === 0 || sourceHeight === 0) throw badViewport('names an empty region');
  return {
    width: sideOf(width),
    height: sideOf(height),
    // Their absolute values count (§8.3.5.1.3).
    sourceX: sourceX === undefined ? undefined : Math.abs(sourceX),
    sourceY: sourceY === undefined ? undefined : Math.abs(sourceY),
    sourceWidth,
    sourceHeight,
  };
}

/**
 * Places the viewport on a picture of this size. A region that reaches beyond the picture ends where that does.
 *
 * @throws DicomwebError bad-request where the region lies outside
 */
export function placeViewport(viewport: Viewport, source: PixelSize): PlacedViewport {
  const [left, width] = spanOf(viewport.sourceX, viewport.sourceWidth, source.width);
  const [top, height] = spanOf(viewport.sourceY, viewport.sourceHeight, source.height);
  return {
    region: { left, top, width, height },
    isMirrored: (viewport.sourceWidth ?? 1) < 0,
    isUpsideDown: (viewport.sourceHeight ?? 1) < 0,
    viewport: { width: viewport.width, height: viewport.height },
  };
}

/** The largest size of this aspect ratio that fits into the viewport (§8.3.5.1.3: the aspect ratio is kept). */
export function fitInto({ width, height }: PixelSize, viewport: PixelSize): PixelSize {
  const scale = Math.min(viewport.width / width, viewport.height / height);
  return {
    width: Math.max(1, Math.min(viewport.width, Math.round(width * scale))),
    height: Math.max(1, Math.min(viewport.height, Math.round(height * scale))),
  };
}

/** First pixel and number of whole pixels that [start, start + |extent|) touches. */
function spanOf(start = 0, extent: number | undefined, size: number): readonly [number, number] {
  const end = extent === undefined ? size : Math.min(size, start + Math.abs(extent));
  const first = Math.floor(start);
  if (first >= size) throw badViewport('lies outside of the picture');
  return [first, Math.max(1, Math.ceil(end) - first)];
}

function sideOf(text: string): number {
  const side = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (side < 1 || side > longestViewportSide) {
    throw badViewport(`needs a width and a height of 1 to ${longestViewportSide} pixels`);
  }
  return side;
}

function regionNumber(text: string): number | undefined {
  if (text === '') return undefined;
  if (!decimal.test(text)) throw badViewport(shapeOf(true));
  return Number(text);
}

function shapeOf(withRegion: boolean): string {
  return withRegion
    ? 'is not of the form vw,vh,sx,sy,sw,sh such as 512,512 or 512,512,,,-256,256'
    : 'is not of the form vw,vh such as 128,128';
}

function badViewport(problem: string): DicomwebError {
  return new DicomwebError('bad-request', `viewport ${problem}`, { parameter: 'viewport' });
}

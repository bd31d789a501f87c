/** How much taller than wide a pixel is (PS3.3 C.7.6.3.1.7, C.7.6.2.1.2, 10.7.1.3). */
import { type ByteOrder, type DataSet, floatsOf, Tags } from '@sandyq/dicom';
import { functionalGroup } from './functional-groups.ts';

/** In the order in which they are believed; each is vertical\horizontal. */
const spacings = [
  Tags.PixelSpacing,
  Tags.ImagerPixelSpacing,
  Tags.NominalScannedPixelSpacing,
  Tags.PixelAspectRatio,
];

/** Spacings of one picture's sides differ by less than this from square by rounding alone. */
const SQUARE_WITHIN = 0.005;
/** What is beyond is a mistake of the writer. */
const MOST = 20;

/** Height of a pixel over its width; 1 where the data set says nothing that makes sense. */
export function pixelAspectOf(dataSet: DataSet, byteOrder: ByteOrder, frameIndex: number): number {
  const measures = functionalGroup(dataSet, frameIndex, Tags.PixelMeasuresSequence);
  for (const place of measures === undefined ? [dataSet] : [measures, dataSet]) {
    for (const tag of spacings) {
      const aspect = aspectOf(floatsOf(place, tag, byteOrder));
      if (aspect !== undefined) return aspect;
    }
  }
  return 1;
}

/** Of vertical and horizontal spacing, or of an aspect ratio; undefined where they are no two such numbers. */
export function aspectOf(spacing: readonly number[] | undefined): number | undefined {
  const [vertical = 0, horizontal = 0] = spacing ?? [];
  const aspect = vertical / horizontal;
  if (!(vertical > 0 && horizontal > 0) || aspect > MOST || aspect < 1 / MOST) return undefined;
  return Math.abs(aspect - 1) < SQUARE_WITHIN ? 1 : aspect;
}

/** Size at which pixels of this aspect are square again: the side that is too short grows. */
export function squarePixels(
  { width, height }: { readonly width: number; readonly height: number },
  aspect: number,
): { readonly width: number; readonly height: number } {
  return aspect >= 1
    ? { width, height: Math.max(1, Math.round(height * aspect)) }
    : { width: Math.max(1, Math.round(width / aspect)), height };
}

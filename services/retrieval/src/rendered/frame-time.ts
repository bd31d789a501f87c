/** How long a frame of a cine loop is shown (PS3.3 C.7.6.5). */
import { floatsOf, type Tag, Tags } from '@sandyq/dicom';
import type { RenderSource } from './render-source.ts';

const DEFAULT_MILLISECONDS = 100;
/** Browsers take what is shorter for a tenth of a second. */
const LEAST_MILLISECONDS = 20;
const MOST_MILLISECONDS = 10_000;

/** Milliseconds; a tenth of a second where the data set says nothing. */
export function frameMilliseconds({
  dataSet,
  byteOrder,
}: Pick<RenderSource, 'dataSet' | 'byteOrder'>): number {
  const read = (tag: Tag, position = 0) => positive(floatsOf(dataSet, tag, byteOrder)?.[position]);
  const rate = read(Tags.RecommendedDisplayFrameRate) ?? read(Tags.CineRate);
  const milliseconds =
    (rate === undefined ? undefined : 1000 / rate) ??
    read(Tags.FrameTime) ??
    // Its first value is 0: nothing stands before the first frame.
    read(Tags.FrameTimeVector, 1) ??
    DEFAULT_MILLISECONDS;
  return Math.round(Math.min(MOST_MILLISECONDS, Math.max(LEAST_MILLISECONDS, milliseconds)));
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) && value > 0 ? value : undefined;
}

/** Frames of encapsulated pixel data: runs of fragments (PS3.5 §A.4). */
import type { Compression, EncapsulatedPixelData } from '@sandyq/dicom';
import type { PixelDescription } from './describe-pixels.ts';
import { PixelDataError } from './errors.ts';
import { codestreamStarts, firstFragmentsOfCodestreams, firstFragmentsOfTable } from './frame-starts.ts';
import type { LaidOutPixelData, LayoutSyntax, PixelDataWarning } from './laid-out-pixel-data.ts';

/** Compressions across pictures: their stream is one frame resource (PS3.5 §A.4.5–A.4.7, §A.4.9, §A.4.10). */
const videoCompressions: ReadonlySet<Compression> = new Set(['mpeg2', 'h264', 'h265']);

/**
 * Lays out encapsulated pixel data.
 * @throws PixelDataError 'too-few-fragments', 'frames-not-separable'
 */
export function layoutEncapsulated(
  pixelData: EncapsulatedPixelData,
  description: PixelDescription | undefined,
  syntax: LayoutSyntax,
): LaidOutPixelData {
  const warnings: PixelDataWarning[] = [];
  const starts = frameStarts(pixelData, description, syntax.compression, warnings);
  const oneEach = starts.length === pixelData.fragments.length;
  return {
    layout: {
      kind: 'encapsulated',
      offset: pixelData.offset,
      length: pixelData.length,
      table: [pixelData.basicOffsetTable.offset, pixelData.basicOffsetTable.length],
      fragments: pixelData.fragments.map(({ offset, length }) => [offset, length] as const),
      frames: starts.length,
      ...(oneEach ? {} : { firstFragments: starts }),
    },
    warnings,
  };
}

/** Index of the first fragment of each frame. */
function frameStarts(
  pixelData: EncapsulatedPixelData,
  description: PixelDescription | undefined,
  compression: Compression,
  warnings: PixelDataWarning[],
): readonly number[] {
  const count = pixelData.fragments.length;
  if (count === 0) {
    warnings.push('pixel-data-empty');
    return [];
  }
  if (videoCompressions.has(compression)) return [0];
  const frames = numberOfFramesOf(pixelData, description, compression, warnings);
  if (count < frames) throw tooFewFragments(frames, count);
  const tables = [pixelData.extendedOffsets, pixelData.basicOffsets].filter(isFilled);
  const byTable = tables.map((table) => firstFragmentsOfTable(table, pixelData.fragments, frames));
  const starts = separate(pixelData, compression, frames, byTable);
  if (starts === undefined) throw notSeparable(frames, count);
  if (byTable.some((table) => !sameNumbers(table, starts))) warnings.push('offset-table-wrong');
  return starts;
}

/** What the codestreams say is believed before what the tables say: tables are written by more hands. */
function separate(
  pixelData: EncapsulatedPixelData,
  compression: Compression,
  frames: number,
  byTable: readonly (readonly number[] | undefined)[],
): readonly number[] | undefined {
  if (frames === 1) return [0];
  if (frames === pixelData.fragments.length) return pixelData.fragments.map((_, index) => index);
  return (
    firstFragmentsOfCodestreams(pixelData.fragments, compression, frames) ??
    byTable.find((starts) => starts !== undefined)
  );
}

/** Number of Frames; where it is not a number, the entries of the offset table, else the codestreams, else 1. */
function numberOfFramesOf(
  { fragments, basicOffsets, extendedOffsets }: EncapsulatedPixelData,
  description: PixelDescription | undefined,
  compression: Compression,
  warnings: PixelDataWarning[],
): number {
  if (description === undefined) {
    warnings.push('pixels-not-described');
    return 1;
  }
  const { numberOfFrames, numberOfFramesSource } = description;
  if (numberOfFramesSource === 'stated' || numberOfFramesSource === 'absent') return numberOfFrames;
  warnings.push('number-of-frames-invalid');
  const table = [extendedOffsets, basicOffsets].find(isFilled);
  if (table !== undefined && table.length <= fragments.length) return table.length;
  return Math.max(1, codestreamStarts(fragments, compression).length);
}

function isFilled(table: readonly number[] | undefined): table is readonly number[] {
  return table !== undefined && table.length > 0;
}

function sameNumbers(left: readonly number[] | undefined, right: readonly number[]): boolean {
  return left?.length === right.length && left.every((value, index) => value === right[index]);
}

function tooFewFragments(expected: number, actual: number): PixelDataError {
  return new PixelDataError(
    'too-few-fragments',
    `${expected} frames announced, ${actual} fragments there; send the complete instance`,
    { expected, actual },
  );
}

function notSeparable(expected: number, actual: number): PixelDataError {
  return new PixelDataError(
    'frames-not-separable',
    `${expected} frames in ${actual} fragments: no offset table that fits and no codestream starts that agree; ` +
      'send it with a Basic Offset Table or one fragment a frame',
    { expected, actual },
  );
}

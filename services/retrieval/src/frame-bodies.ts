/** The bytes of frames, as the store has them or in little endian: small frames together, long ones in pieces. */
import type { InstanceLocation } from '@sandyq/database';
import type { PixelDataLayout } from '@sandyq/dicom';
import { extractFrame, type FrameRange, frameRange } from '@sandyq/pixel-data';
import type { BegunSource } from './begun-source.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import type { FrameBytes } from './frame-bytes.ts';
import { type FrameRead, frameReads } from './frame-reads.ts';
import { inflatedFrames } from './inflated-frames.ts';
import { readAhead } from './read-ahead.ts';
import { type Reader, readEntry } from './read-entry.ts';

/** Pixel data of an instance. */
export interface FrameSource {
  readonly location: InstanceLocation;
  readonly layout: PixelDataLayout;
}

/** The frames with these indexes (from 0), in their order. Memory is bounded whatever their size. */
export function frameBodies(
  dependencies: RetrievalDependencies,
  source: FrameSource,
  frameIndexes: readonly number[],
  reader: Reader,
): AsyncGenerator<FrameBytes> {
  const { location, layout } = source;
  if (layout.kind === 'native' && layout.deflated === true) {
    return inflatedFrames(readEntry(dependencies, location, reader), layout, frameIndexes);
  }
  const reads = frameReads(rangesOf(layout, frameIndexes));
  const lengthAt = (position: number) => frameLength(frameRange(layout, frameIndexes[position] ?? 0));
  const open = (read: FrameRead) => readEntry(dependencies, location, reader, read);
  return storedFrames(reads, open, lengthAt);
}

/** Bytes of the frame that lies in this range. */
function frameLength(range: FrameRange): number {
  if (range.kind === 'native') return Math.ceil(range.bitLength / 8);
  return range.parts.reduce((sum, [, length]) => sum + length, 0);
}

function* rangesOf(layout: PixelDataLayout, frameIndexes: readonly number[]): Generator<FrameRange> {
  for (const index of frameIndexes) yield frameRange(layout, index);
}

async function* storedFrames(
  reads: Iterable<FrameRead>,
  open: (read: FrameRead) => AsyncIterable<Uint8Array>,
  lengthAt: (position: number) => number,
): AsyncGenerator<FrameBytes> {
  for await (const [{ offset, pieces }, source] of readAhead(reads, open)) {
    const bytes = await wholeOf(source);
    for (const { position, isFirst, range } of pieces) {
      const from = range.offset - offset;
      const piece = extractFrame(bytes.subarray(from, from + range.length), range);
      yield { position, isFirst, bytes: piece, ...(isFirst && { frameLength: lengthAt(position) }) };
    }
  }
}

async function wholeOf(source: BegunSource): Promise<Uint8Array> {
  if (source.whole !== undefined) return source.whole;
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Frames of a stored instance, one after another, as they are stored; every byte is verified on its way. */
import { Part10Reader, type PixelDataLayout } from '@sandyq/dicom';
import { CodecError, extractFrame, type FrameRange, frameRange } from '@sandyq/pixel-data';
import { readEntry, readEntryBytes } from '@sandyq/storage';
import type { ComparedPixels } from './compared-pixels.ts';

/** Neighbouring frames are read together up to this much; no stream of the store waits for a codec. */
const READ_BYTES = 8 * 1024 * 1024;
/** Longest frame as stored: one is in memory at a time. */
const MOST_STORED_FRAME_BYTES = 256 * 1024 * 1024;
/** Slices in which a deflated data set is fed to the reader, so that each yields about 4 MB at most. */
const DEFLATED_STEP_BYTES = 4 * 1024;

/** PixelData, FloatPixelData, DoubleFloatPixelData: a data set has one of them. */
const pixelDataPaths: ReadonlySet<string> = new Set(['7FE00010', '7FE00008', '7FE00009']);

type StoredPixels = Pick<ComparedPixels, 'store' | 'entry' | 'layout'>;

/**
 * Native frames in little endian, compressed ones as their fragments hold them; a frame may share memory with the next one.
 * @throws StorageError; CodecError 'too-large'; the signal's reason
 */
export async function* framesOfEntry(pixels: StoredPixels, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const { layout } = pixels;
  const isDeflated = layout.kind === 'native' && layout.deflated === true;
  for await (const { ranges, offset, bytes } of isDeflated
    ? inflated(pixels, signal)
    : readTogether(pixels, signal)) {
    for (const range of ranges) {
      const start = range.offset - offset;
      yield extractFrame(bytes.subarray(start, start + range.length), range);
    }
  }
}

/** Whether native pixel data goes on after its last frame and a byte of padding, with anything but zeros. */
export async function hasRest(pixels: StoredPixels, signal?: AbortSignal): Promise<boolean> {
  const { store, entry, layout } = pixels;
  if (layout.kind === 'encapsulated') return false;
  const wordBytes = layout.swappedWordBytes ?? 1;
  const used = Math.ceil((layout.frames * layout.bitsPerFrame) / 8 / wordBytes) * wordBytes;
  const rest = { offset: layout.offset + used, length: layout.length - used };
  if (rest.length <= 1) return false;
  const pieces =
    layout.deflated === true
      ? after(used, pixelBytes(pixels, signal))
      : readEntry(store, entry, rest, signal);
  for await (const piece of pieces) {
    if (piece.some((byte) => byte !== 0)) return true;
  }
  return false;
}

/** Consecutive bytes and the frames that lie in them. */
interface FrameBytes {
  readonly ranges: readonly FrameRange[];
  /** Where `bytes` begin, in the offsets of the layout. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

async function* readTogether(
  { store, entry, layout }: StoredPixels,
  signal: AbortSignal | undefined,
): AsyncGenerator<FrameBytes> {
  let ranges: FrameRange[] = [];
  let [start, end] = [0, 0];
  const read = async (): Promise<FrameBytes> => {
    const bytes = await readEntryBytes(store, entry, { offset: start, length: end - start }, signal);
    return { ranges, offset: start, bytes };
  };
  for (let index = 0; index < layout.frames; index += 1) {
    const range = rangeOf(layout, index);
    if (ranges.length > 0 && range.offset + range.length - start > READ_BYTES) {
      yield await read();
      ranges = [];
    }
    if (ranges.length === 0) start = range.offset;
    ranges.push(range);
    end = range.offset + range.length;
  }
  if (ranges.length > 0) yield await read();
}

async function* inflated(pixels: StoredPixels, signal: AbortSignal | undefined): AsyncGenerator<FrameBytes> {
  const { layout } = pixels;
  let held = new Uint8Array(0);
  let offset = layout.offset;
  let index = 0;
  let waiting: Uint8Array[] = [];
  let end = offset;
  for await (const piece of pixelBytes(pixels, signal)) {
    waiting.push(piece);
    end += piece.length;
    if (index >= layout.frames) return;
    const next = rangeOf(layout, index);
    if (end < next.offset + next.length) continue;
    held = Buffer.concat([held, ...waiting]);
    waiting = [];
    const ranges: FrameRange[] = [];
    for (; index < layout.frames; index += 1) {
      const range = rangeOf(layout, index);
      if (range.offset + range.length > end) break;
      ranges.push(range);
    }
    yield { ranges, offset, bytes: held };
    const kept = index < layout.frames ? rangeOf(layout, index).offset : end;
    held = held.subarray(Math.min(kept, end) - offset);
    offset = Math.min(kept, end);
  }
}

/** The inflated value of the pixel data element, in pieces of a few megabytes. */
async function* pixelBytes(
  { store, entry }: StoredPixels,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  const reader = new Part10Reader({
    onBulkData: ({ path }, piece) => {
      if (pixelDataPaths.has(path)) pieces.push(Uint8Array.from(piece));
    },
  });
  for await (const chunk of readEntry(store, entry, undefined, signal)) {
    for (let position = 0; position < chunk.length; position += DEFLATED_STEP_BYTES) {
      reader.push(chunk.subarray(position, position + DEFLATED_STEP_BYTES));
      if (pieces.length === 0) continue;
      yield* pieces;
      pieces = [];
    }
  }
  reader.end();
  yield* pieces;
}

async function* after(skipped: number, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = skipped;
  for await (const piece of source) {
    if (piece.length > left) yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

function rangeOf(layout: PixelDataLayout, index: number): FrameRange {
  const range = frameRange(layout, index);
  if (range.length <= MOST_STORED_FRAME_BYTES) return range;
  throw new CodecError(
    'too-large',
    `a frame of ${range.length} bytes, the limit is ${MOST_STORED_FRAME_BYTES}`,
  );
}

// Verified reads of an entry: only bytes whose block has the right CRC-32 leave.
import { crc32 } from 'node:zlib';
import type { PixelDataLayout } from '@sandyq/dicom';
import { StorageError } from '../errors.ts';
import {
  type ByteRange,
  maximumRangeBytes,
  type ObjectStore,
  type RangeOptions,
  type RangeReads,
} from '../object-store.ts';
import { maximumBlockBytes, visitBlocks } from './block-boundaries.ts';
import type { ReceiptEntry } from './receipt.ts';

/** What must be known to read an entry: from the index, or from the receipt by {@link entryReference}. */
export interface EntryReference {
  readonly key: string;
  /** First byte of the entry in the segment. */
  readonly offset: number;
  readonly length: number;
  /** CRC-32 of each block, 4 bytes little-endian each. */
  readonly crc32: Uint8Array;
  readonly pixelData?: PixelDataLayout | undefined;
}

/** Longest range that {@link readEntryBytes} gathers in memory. */
export const maximumReadBytes = 512 * 1024 * 1024;

/** Longest range of {@link readEntryRange}: it reads at most a block more at either end. */
export const longestVerifiedRange = maximumRangeBytes - 2 * maximumBlockBytes;

/** The reference of a receipt's entry in the object `key`. */
export function entryReference(key: string, entry: ReceiptEntry): EntryReference {
  const { offset, length, pixelData } = entry;
  return { key, offset, length, crc32: Buffer.from(entry.crc32, 'base64'), pixelData };
}

/**
 * The bytes [range.offset, range.offset + range.length) of an entry, all of it by default, in chunks. Reads whole
 * blocks, at most 1 MiB beyond the range on either side, and holds at most a block and a chunk of the store's
 * stream. Errors: `damaged` naming key and offset, before any byte of the block left; `invalid-argument` for a range
 * beyond the entry; `not-found` when the segment was rewritten meanwhile: resolve the instance again.
 */
export async function* readEntry(
  store: ObjectStore,
  entry: EntryReference,
  range: ByteRange = { offset: 0, length: entry.length },
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const blocks = blocksOf(entry, range);
  const length = (blocks.ends.at(-1) ?? blocks.start) - blocks.start;
  if (length === 0) return;
  const stream = await store.read(entry.key, { offset: entry.offset + blocks.start, length }, signal);
  const check = new BlockCheck(entry, blocks);
  let from = range.offset;
  for await (const chunk of stream) {
    check.take(asBuffer(chunk));
    const to = Math.min(check.verified, range.offset + range.length);
    if (to <= from) continue;
    yield* check.release(from, to);
    from = to;
  }
  check.assertComplete();
}

/** As {@link readEntry}, in one buffer of at most {@link maximumReadBytes}: for frames and headers. */
export async function readEntryBytes(
  store: ObjectStore,
  entry: EntryReference,
  range: ByteRange = { offset: 0, length: entry.length },
  signal?: AbortSignal,
): Promise<Buffer> {
  if (range.length > maximumReadBytes) {
    throw new StorageError('invalid-argument', `${range.length} bytes are too many for one buffer`);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of readEntry(store, entry, range, signal)) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, range.length);
}

/**
 * As {@link readEntry}, with one short read of the store for the range and the blocks at its ends, and no copy. Longest
 * range: {@link longestVerifiedRange}. For answers only, see {@link RangeReads}.
 */
export async function readEntryRange(
  ranges: RangeReads,
  entry: EntryReference,
  range: ByteRange,
  options?: RangeOptions,
): Promise<Buffer> {
  const blocks = blocksOf(entry, range);
  const length = (blocks.ends.at(-1) ?? blocks.start) - blocks.start;
  if (length === 0) return Buffer.alloc(0);
  const bytes = await ranges.readRange(entry.key, { offset: entry.offset + blocks.start, length }, options);
  const check = new BlockCheck(entry, blocks);
  check.take(bytes);
  check.assertComplete();
  return bytes.subarray(range.offset - blocks.start, range.offset - blocks.start + range.length);
}

/** Consecutive blocks of an entry. */
interface Blocks {
  /** Start of the first in the entry. */
  readonly start: number;
  readonly ends: readonly number[];
  /** Index of the first among all blocks. */
  readonly firstIndex: number;
}

/** The blocks that hold the range. */
function blocksOf(entry: EntryReference, range: ByteRange): Blocks {
  const rangeEnd = range.offset + range.length;
  if (
    ![range.offset, range.length].every(Number.isSafeInteger) ||
    range.offset < 0 ||
    range.length < 0 ||
    rangeEnd > entry.length
  ) {
    throw new StorageError(
      'invalid-argument',
      `bytes [${range.offset}, ${rangeEnd}) of an entry of ${entry.length} bytes`,
    );
  }
  const ends: number[] = [];
  let first = { start: range.offset, index: 0 };
  if (range.length > 0) {
    visitBlocks(entry, (start, end, index) => {
      if (end <= range.offset) return true;
      if (ends.length === 0) first = { start, index };
      ends.push(end);
      return end < rangeEnd;
    });
  }
  if ((first.index + ends.length) * 4 > entry.crc32.length) {
    throw new StorageError(
      'damaged',
      `${entry.key}: the entry at byte ${entry.offset} has fewer CRCs than blocks`,
    );
  }
  return { start: first.start, ends, firstIndex: first.index };
}

/** Holds chunks until their blocks are complete and right. */
class BlockCheck {
  readonly #entry: EntryReference;
  readonly #blocks: Blocks;
  readonly #crcs: DataView;
  /** Chunks that are not released in full; the first begins at `#heldFrom`. */
  #held: Buffer[] = [];
  #heldFrom: number;
  #position: number;
  #crc = 0;
  #index = 0;
  /** Everything before this offset of the entry is verified. */
  verified: number;

  constructor(entry: EntryReference, blocks: Blocks) {
    this.#entry = entry;
    this.#blocks = blocks;
    this.#crcs = new DataView(entry.crc32.buffer, entry.crc32.byteOffset, entry.crc32.byteLength);
    this.#heldFrom = blocks.start;
    this.#position = blocks.start;
    this.verified = blocks.start;
  }

  take(chunk: Buffer): void {
    this.#held.push(chunk);
    for (let from = 0; from < chunk.length; ) {
      const end = this.#blocks.ends[this.#index];
      if (end === undefined) throw this.#damaged(this.#position, 'more bytes came than are there');
      const to = Math.min(chunk.length, from + end - this.#position);
      this.#crc = crc32(chunk.subarray(from, to), this.#crc);
      this.#position += to - from;
      from = to;
      if (this.#position === end) this.#endBlock(end);
    }
  }

  /** The verified bytes [from, to); what is before `to` is not held any more. */
  *release(from: number, to: number): Generator<Buffer> {
    while (this.#heldFrom < to) {
      const chunk = this.#held[0];
      if (chunk === undefined) return;
      const piece = chunk.subarray(Math.max(0, from - this.#heldFrom), to - this.#heldFrom);
      if (to < this.#heldFrom + chunk.length) {
        this.#held[0] = chunk.subarray(to - this.#heldFrom);
        this.#heldFrom = to;
      } else {
        this.#held.shift();
        this.#heldFrom += chunk.length;
      }
      if (piece.length > 0) yield piece;
    }
  }

  assertComplete(): void {
    if (this.#index === this.#blocks.ends.length) return;
    throw new StorageError(
      'short-read',
      `${this.#entry.key} ended at byte ${this.#entry.offset + this.#position}, in the middle of an entry`,
    );
  }

  #endBlock(end: number): void {
    const index = this.#blocks.firstIndex + this.#index;
    if (this.#crcs.getUint32(index * 4, true) !== this.#crc) {
      throw this.#damaged(this.verified, `block ${index} of the entry has another CRC-32`);
    }
    this.verified = end;
    this.#crc = 0;
    this.#index += 1;
  }

  #damaged(offset: number, what: string): StorageError {
    return new StorageError('damaged', `${this.#entry.key}, byte ${this.#entry.offset + offset}: ${what}`);
  }
}

function asBuffer(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new StorageError('bad-answer', 'the store delivered something else than bytes');
}

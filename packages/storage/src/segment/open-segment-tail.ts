// Opens a segment and its metadata with one read of its end, or two: what an index is rebuilt from.
import type { ByteRange, ObjectStore } from '../object-store.ts';
import { closingNames } from './entry-name.ts';
import { type OpenedSegment, openBytes, openWith } from './open-segment.ts';
import { parseSegmentMetadata } from './read-segment-metadata.ts';
import { maximumReceiptBytes } from './receipt.ts';
import { objectBytes, readRange, type SegmentBytes } from './segment-bytes.ts';
import { placeEntry } from './segment-layout.ts';
import { parseTrailer, trailerDistanceBytes } from './trailer.ts';

/** Receipt and metadata of a segment, both checked. */
export interface SegmentTail {
  readonly segment: OpenedSegment;
  /** UTF-8 DICOM JSON (PS3.18 Annex F) of each instance, by ordinal; received parts have none. */
  readonly metadata: ReadonlyMap<number, string>;
}

/** Options of {@link openSegmentTail}. */
export interface OpenSegmentTailOptions {
  /** Size of the object where it is known, e.g. from a listing: spares one call. */
  readonly size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is read from the end at first: this share of the object, within these bounds. */
const tailShare = 1 / 128;
const smallestTailBytes = 16 * 1024;
const largestTailBytes = 2 * 1024 * 1024;

/**
 * Reads a segment's receipt and metadata: one read of less than 1 % of a large object, and a second one of exactly what
 * is missing. Only of a rewrite whose receipt is not even in the first and shorter than the metadata, there is a third.
 * What it returns is certain by the key and the digests; the bytes of the entries are not read. Errors: `not-found`,
 * `invalid-key`, `unsupported-format`, `short-read`, `damaged` naming the key.
 */
export async function openSegmentTail(
  store: ObjectStore,
  key: string,
  options: OpenSegmentTailOptions = {},
): Promise<SegmentTail> {
  const source = await objectBytes(store, key, options);
  const tail = new TailBytes(source);
  const segment = await openWith(key, () => openTail(tail));
  const { offset, length } = segment.receipt.metadata;
  await tail.readFrom(offset);
  const metadata = await parseSegmentMetadata(tail.slice({ offset, length }), segment.receipt, key);
  return { segment, metadata };
}

async function openTail(tail: TailBytes): Promise<OpenedSegment> {
  await tail.readFrom(tail.size - firstTailBytes(tail.size));
  if (tail.size >= trailerDistanceBytes) {
    const last = tail.slice({ offset: tail.size - trailerDistanceBytes, length: trailerDistanceBytes });
    const { receiptOffset, receiptLength } = parseTrailer(last, tail.name);
    const isPlausible = receiptLength <= maximumReceiptBytes && receiptOffset < tail.size;
    // The metadata lie before the receipt, and are seldom longer than it, where it does not say yet how long they are.
    if (isPlausible && receiptOffset < tail.from) {
      await tail.readFrom(metadataOffset(tail, receiptOffset) ?? receiptOffset - receiptLength);
    }
  }
  return openBytes(tail, tail.size - tail.from);
}

/** Where the metadata begin, if the end of the receipt that is here says so; a hint, which is checked afterwards. */
function metadataOffset(tail: TailBytes, receiptOffset: number): number | undefined {
  const text = tail.slice({ offset: tail.from, length: tail.size - tail.from }).toString('latin1');
  for (const [, length, offset] of text.matchAll(
    /"metadata":\{"length":(\d{1,16}),"offset":(\d{1,16}),"sha256":"/g,
  )) {
    // Originals within a rewrite's receipt have metadata of their own, elsewhere.
    const { end } = placeEntry(Number(offset), closingNames.metadata, Number(length));
    if (end === receiptOffset) return Number(offset);
  }
  return undefined;
}

function firstTailBytes(size: number): number {
  const share = Math.round(size * tailShare);
  return Math.min(size, Math.max(smallestTailBytes, Math.min(largestTailBytes, share)));
}

/** The end of an object, read towards its beginning as far as it is needed. */
class TailBytes implements SegmentBytes {
  readonly name: string;
  readonly size: number;
  readonly #source: SegmentBytes;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(source: SegmentBytes) {
    this.#source = source;
    this.name = source.name;
    this.size = source.size;
  }

  /** The first byte that is here. */
  get from(): number {
    return this.size - this.#bytes.length;
  }

  /** Reads what is missing of the bytes from `offset` on. */
  async readFrom(offset: number): Promise<void> {
    const start = Math.max(0, offset);
    if (start >= this.from) return;
    const missing = await readRange(this.#source, { offset: start, length: this.from - start });
    this.#bytes = Buffer.concat([missing, this.#bytes]);
  }

  /** Bytes that have been read. */
  slice({ offset, length }: ByteRange): Buffer {
    const start = offset - this.from;
    if (start < 0) throw new TypeError(`${this.name} is not read from byte ${offset} on`);
    return this.#bytes.subarray(start, start + length);
  }

  async *read(range: ByteRange): AsyncGenerator<Uint8Array> {
    await this.readFrom(range.offset);
    yield this.slice(range);
  }
}

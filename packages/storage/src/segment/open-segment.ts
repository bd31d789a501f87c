// Opens a segment with one read of its tail: trailer, receipt, and the checks that tie them to the key.
import { hash } from 'node:crypto';
import { isStorageError, StorageError } from '../errors.ts';
import type { ObjectStore } from '../object-store.ts';
import { closingNames } from './entry-name.ts';
import { parseReceipt } from './parse-receipt.ts';
import { maximumReceiptBytes, type SegmentReceipt } from './receipt.ts';
import { objectBytes, readRange, type SegmentBytes } from './segment-bytes.ts';
import { hashStudy, parseSegmentKey } from './segment-key.ts';
import { placeEntry, segmentSize, smallestSegmentBytes } from './segment-layout.ts';
import { parseTrailer, type Trailer, trailerDistanceBytes } from './trailer.ts';

/** Read from the end at first; most receipts are in it. */
export const tailBytes = 64 * 1024;

/** A segment whose receipt is read and checked. */
export interface OpenedSegment {
  /** Bytes of the object. */
  readonly size: number;
  readonly receipt: SegmentReceipt;
  /** 64 lower-case hex digits. */
  readonly receiptSha256: string;
  /** Offset and length in bytes of `receipt.json` in the segment. */
  readonly receiptOffset: number;
  readonly receiptLength: number;
}

/** Options of {@link openSegment}. */
export interface OpenSegmentOptions {
  /** Size of the object where it is known, e.g. from a listing: spares one call. */
  readonly size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads and checks a segment's receipt: one read of {@link tailBytes}, a second only if the receipt is longer. What
 * it returns is certain by the key; the bytes of the entries are not read. Errors: `not-found`, `invalid-key`,
 * `unsupported-format`, `damaged` naming the key.
 */
export async function openSegment(
  store: ObjectStore,
  key: string,
  options: OpenSegmentOptions = {},
): Promise<OpenedSegment> {
  return openWith(key, async () => openBytes(await objectBytes(store, key, options)));
}

/** Checks what `open` finds against the key of the object. Errors: as {@link openSegment}. */
export async function openWith(key: string, open: () => Promise<OpenedSegment>): Promise<OpenedSegment> {
  const { studyHash, segmentId, receiptHash } = parseSegmentKey(key);
  const opened = await open().catch((error: unknown) => {
    // The key says version 1: another version inside it is damage. So is a size that the store doesn't keep to.
    if (!isStorageError(error, 'unsupported-format') && !isStorageError(error, 'short-read')) throw error;
    throw new StorageError('damaged', `${key}: ${error.message}`, { cause: error });
  });
  const { receipt, receiptSha256 } = opened;
  if (receiptSha256.slice(0, 16) !== receiptHash) throw damaged(key, 'the receipt is not the one of the key');
  if (receipt.segmentId !== segmentId) throw damaged(key, 'the receipt is of another segment');
  if (hashStudy(receipt.studyInstanceUid) !== studyHash)
    throw damaged(key, 'the receipt is of another study');
  return opened;
}

/** As {@link openSegment}, without a key to check against. `firstBytes`: read from the end at first. */
export async function openBytes(source: SegmentBytes, firstBytes = tailBytes): Promise<OpenedSegment> {
  if (source.size < smallestSegmentBytes) throw damaged(source.name, `${source.size} bytes are no segment`);
  const length = Math.min(firstBytes, source.size);
  const tail = await readRange(source, { offset: source.size - length, length });
  const trailer = parseTrailer(tail.subarray(length - trailerDistanceBytes), source.name);
  const { receiptOffset, receiptLength, receiptSha256 } = trailer;
  if (receiptLength > maximumReceiptBytes || segmentSize(receiptOffset, receiptLength) !== source.size) {
    throw damaged(source.name, `${source.size} bytes do not fit the trailer`);
  }
  const bytes = await readReceipt(source, tail, trailer);
  if (hash('sha256', bytes, 'hex') !== receiptSha256) {
    throw damaged(
      source.name,
      `the receipt at byte ${receiptOffset} has another SHA-256 than the trailer says`,
    );
  }
  const receipt = parseReceipt(bytes);
  const { metadata } = receipt;
  const metadataEnd = placeEntry(metadata.offset, closingNames.metadata, metadata.length).end;
  if (metadataEnd !== receiptOffset) throw damaged(source.name, 'the receipt does not follow the metadata');
  return { size: source.size, receipt, receiptSha256, receiptOffset, receiptLength };
}

async function readReceipt(source: SegmentBytes, tail: Buffer, trailer: Trailer): Promise<Buffer> {
  const { receiptOffset: offset, receiptLength: length } = trailer;
  const inTail = offset - (source.size - tail.length);
  if (inTail < 0) return readRange(source, { offset, length });
  return tail.subarray(inTail, inTail + length);
}

function damaged(name: string, what: string): StorageError {
  return new StorageError('damaged', `${name}: ${what}`);
}

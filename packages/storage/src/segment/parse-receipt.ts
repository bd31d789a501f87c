// Canonical JSON → receipt. Strict: what this reads is exactly what encode-receipt.ts writes, and all its numbers fit
// each other. Used after reading and, as the other half of the pair, before writing.
import { isStorageError, StorageError } from '../errors.ts';
import { visitBlocks } from './block-boundaries.ts';
import { encodeReceipt, encodeReceiptEntry, headerJson } from './encode-receipt.ts';
import { closingNames, entryName } from './entry-name.ts';
import { JsonReader } from './json-reader.ts';
import { readEntryFields, readHeaderFields, readReceiptFields } from './read-receipt-fields.ts';
import {
  maximumReceiptBytes,
  type ReceiptEntry,
  type SegmentHeader,
  type SegmentReceipt,
} from './receipt.ts';
import { placeEntry } from './segment-layout.ts';

/**
 * Reads `receipt.json`. Errors: `unsupported-format` for a receipt of another version; `damaged` for anything that
 * is not canonical JSON with exactly the fields of version 1 and consistent names, ordinals, offsets and CRC counts.
 */
export function parseReceipt(bytes: Uint8Array): SegmentReceipt {
  if (bytes.length > maximumReceiptBytes) {
    throw new StorageError(
      'damaged',
      `a receipt of ${bytes.length} bytes is longer than ${maximumReceiptBytes}`,
    );
  }
  const receipt = readReceiptFields(new JsonReader(parseJson(bytes), 'receipt'));
  assertConsistent(receipt);
  if (Buffer.compare(encodeReceipt(receipt), bytes) !== 0) {
    throw new StorageError(
      'damaged',
      'a receipt is not canonical JSON or has fields that version 1 does not know',
    );
  }
  return receipt;
}

/**
 * Throws `invalid-argument` unless the receipt could be read back with this entry in it, and returns the bytes that
 * the entry takes there. Asked before an entry is committed, so that a faulty one harms no other.
 */
export function assertReceiptEntry(entry: ReceiptEntry): number {
  const text = encodeReceiptEntry(entry);
  try {
    const read = readEntryFields(new JsonReader(JSON.parse(text), `entry ${entry.ordinal}`));
    assertEntryConsistent(read);
    if (encodeReceiptEntry(read) === text) return Buffer.byteLength(text);
  } catch (error) {
    if (!isStorageError(error, 'damaged')) throw error;
    throw new StorageError('invalid-argument', `an entry can't be certified: ${error.message}`, {
      cause: error,
    });
  }
  throw new StorageError('invalid-argument', `entry ${entry.ordinal} does not fit the receipt's version`);
}

/** Throws `invalid-argument` unless a receipt can say this of its segment. Asked before the segment is begun. */
export function assertSegmentHeader(header: SegmentHeader): void {
  try {
    readHeaderFields(new JsonReader(headerJson(header), 'header'));
  } catch (error) {
    if (!isStorageError(error, 'damaged')) throw error;
    throw new StorageError('invalid-argument', `a segment can't be begun: ${error.message}`, {
      cause: error,
    });
  }
}

/** Throws `damaged` unless names, ordinals, offsets, blocks and origins of the receipt fit each other. */
function assertConsistent(receipt: SegmentReceipt): void {
  if (receipt.entries.length === 0) throw inconsistent(receipt, 'it has no entries');
  let start = 0;
  for (const [index, entry] of receipt.entries.entries()) {
    if (entry.ordinal !== index + 1)
      throw inconsistent(receipt, `entry ${entry.ordinal} stands at ${index + 1}`);
    assertEntryConsistent(entry);
    const place = placeEntry(start, entry.name, entry.length);
    if (entry.offset !== place.offset) throw inconsistent(receipt, `the offset of entry ${entry.ordinal}`);
    start = place.end;
  }
  const metadata = placeEntry(start, closingNames.metadata, receipt.metadata.length);
  if (receipt.metadata.offset !== metadata.offset) throw inconsistent(receipt, 'the offset of the metadata');
  assertOrigins(receipt);
}

/** Throws `damaged` unless name, role and blocks of one entry fit each other. */
function assertEntryConsistent(entry: ReceiptEntry): void {
  const named = entry.name === orDamaged(() => entryName(entry.ordinal, entry.sopInstanceUid, entry.role));
  const labelled = (entry.role === 'received') === (entry.received !== undefined);
  if (named && labelled && crcCount(entry) === blockCount(entry)) return;
  throw new StorageError(
    'damaged',
    `the name, role or blocks of entry ${entry.ordinal} do not fit its other facts`,
  );
}

/** A rewrite says for every entry which original certifies it; what was received has neither. */
function assertOrigins(receipt: SegmentReceipt): void {
  const rewritten = receipt.source.kind === 'rewrite';
  if (rewritten !== receipt.originals.length > 0) throw inconsistent(receipt, 'source and originals');
  const originals = new Map(receipt.originals.map((original) => [original.segmentId, original]));
  if (originals.size !== receipt.originals.length) throw inconsistent(receipt, 'an original stands twice');
  for (const original of receipt.originals) {
    if (original.source.kind !== 'received')
      throw inconsistent(receipt, `${original.segmentId} is no original`);
    assertConsistent(original);
  }
  const certified = new Set(
    receipt.originals.flatMap((original) => original.entries.map(certificateOf(original.segmentId))),
  );
  for (const entry of receipt.entries) {
    const known = entry.origin !== undefined && certified.has(certificateOf(entry.origin)(entry));
    if (rewritten ? !known : entry.origin !== undefined) {
      throw inconsistent(receipt, `the origin of entry ${entry.ordinal}`);
    }
  }
}

function certificateOf(segmentId: string): (entry: ReceiptEntry) => string {
  return ({ role, sopInstanceUid, length, sha256 }) =>
    JSON.stringify([segmentId, role, sopInstanceUid, length, sha256]);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw new StorageError('damaged', 'a receipt is not JSON in UTF-8', { cause: error });
  }
}

function blockCount(entry: ReceiptEntry): number {
  let count = 0;
  orDamaged(() => visitBlocks(entry, (_start, _end, index) => (count = index + 1) > 0));
  return count;
}

function crcCount(entry: ReceiptEntry): number {
  const bytes = Buffer.from(entry.crc32, 'base64');
  return bytes.toString('base64') === entry.crc32 ? bytes.length / 4 : -1;
}

/** What is a wrong argument while writing is damage while reading. */
function orDamaged<Result>(compute: () => Result): Result {
  try {
    return compute();
  } catch (error) {
    if (!isStorageError(error, 'invalid-argument')) throw error;
    throw new StorageError('damaged', `a receipt is inconsistent: ${error.message}`, { cause: error });
  }
}

function inconsistent(receipt: SegmentReceipt, what: string): StorageError {
  return new StorageError('damaged', `the receipt of segment ${receipt.segmentId} is inconsistent: ${what}`);
}

// The DICOM JSON of a segment's instances, for rebuilding the index and for whole-series metadata.
import { hash } from 'node:crypto';
import { StorageError } from '../errors.ts';
import type { ObjectStore } from '../object-store.ts';
import { decompressLines } from './metadata-lines.ts';
import type { SegmentReceipt } from './receipt.ts';
import { objectBytes, readRange } from './segment-bytes.ts';

/**
 * UTF-8 DICOM JSON (PS3.18 Annex F) of each instance, by ordinal; received parts have none. Checked against the
 * receipt's SHA-256. Errors: `not-found`, `short-read`, `damaged`.
 */
export async function readSegmentMetadata(
  store: ObjectStore,
  key: string,
  receipt: SegmentReceipt,
  signal?: AbortSignal,
): Promise<Map<number, string>> {
  const { offset, length } = receipt.metadata;
  const source = await objectBytes(store, key, { size: offset + length, signal });
  const compressed = await readRange(source, { offset, length });
  return parseSegmentMetadata(compressed, receipt, key);
}

/** What the bytes of a `metadata` entry say, as {@link readSegmentMetadata} gives it. Errors: `damaged`. */
export async function parseSegmentMetadata(
  compressed: Buffer,
  { metadata, entries }: SegmentReceipt,
  key: string,
): Promise<Map<number, string>> {
  if (hash('sha256', compressed, 'hex') !== metadata.sha256) {
    throw new StorageError(
      'damaged',
      `${key}: the metadata at byte ${metadata.offset} have another SHA-256 than the receipt says`,
    );
  }
  const lines = await decompressLines(compressed, entries.length, key);
  const texts = entries.map((entry, index) => [entry.ordinal, entry.role, lines[index] ?? ''] as const);
  return new Map(texts.filter(([, role]) => role === 'part10').map(([ordinal, , text]) => [ordinal, text]));
}

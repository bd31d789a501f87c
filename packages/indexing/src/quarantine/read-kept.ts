/** Bytes that the archive keeps without having accepted them, verified on their way out. */
import { createHash } from 'node:crypto';
import type { QuarantinePlace } from '@sandyq/database';
import {
  entryReference,
  type ObjectStore,
  openSegment,
  type ReceiptEntry,
  readEntry,
  StorageError,
} from '@sandyq/storage';

/** Where bytes are kept, and what they were when they came. */
export interface KeptBytes extends Omit<QuarantinePlace, 'segmentId'> {
  readonly sha256: Buffer;
}

/**
 * The bytes in chunks. An entry of a segment is checked block by block, and all bytes by their SHA-256: the last chunk
 * leaves only when it is right, so that damaged bytes are never complete. Throws StorageError, `damaged` among others.
 */
export async function* readKept(
  store: ObjectStore,
  kept: KeptBytes,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let length = 0;
  let held: Buffer | undefined;
  for await (const chunk of await openKept(store, kept, signal)) {
    hash.update(chunk);
    length += chunk.length;
    if (held !== undefined) yield held;
    held = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  if (length !== kept.entryLength || !hash.digest().equals(kept.sha256)) {
    throw new StorageError('damaged', `${kept.objectKey}: the bytes are not those that were received`);
  }
  if (held !== undefined) yield held;
}

/** Reads everything once, for those who must know before the first byte leaves. Throws as {@link readKept}. */
export async function assertKeptWhole(
  store: ObjectStore,
  kept: KeptBytes,
  signal?: AbortSignal,
): Promise<void> {
  let length = 0;
  for await (const chunk of readKept(store, kept, signal)) length += chunk.length;
  if (length !== kept.entryLength) throw new TypeError('what is verified is whole');
}

/** The entry of a segment that lies at this offset, as the receipt certifies it. */
export function entryAt(
  entries: readonly ReceiptEntry[],
  { objectKey, entryOffset }: Pick<KeptBytes, 'objectKey' | 'entryOffset'>,
): ReceiptEntry {
  const entry = entries.find(({ offset }) => offset === entryOffset);
  if (entry !== undefined) return entry;
  throw new StorageError('damaged', `${objectKey} has no entry at byte ${entryOffset}`);
}

/** Blocks cannot be found without the receipt's layout of the pixel data. */
async function openKept(
  store: ObjectStore,
  kept: KeptBytes,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  if (kept.crc32 === undefined) return store.read(kept.objectKey, undefined, signal);
  const { receipt } = await openSegment(store, kept.objectKey, { signal });
  const entry = entryAt(receipt.entries, kept);
  return readEntry(store, entryReference(kept.objectKey, entry), undefined, signal);
}

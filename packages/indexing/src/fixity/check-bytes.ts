/** Reads an object that is certified by its SHA-256 as a whole: quarantined bytes, a journal object. */
import { createHash } from 'node:crypto';
import { isStorageError, type ObjectStore } from '@sandyq/storage';

/** What was found. */
export interface BytesCheck {
  readonly outcome: 'whole' | 'damaged' | 'missing';
  readonly bytesRead: number;
}

/** Throws StorageError only if the store cannot be read. */
export async function checkBytes(
  store: ObjectStore,
  {
    objectKey,
    sizeBytes,
    sha256,
  }: { readonly objectKey: string; readonly sizeBytes?: number | undefined; readonly sha256: Buffer },
  signal?: AbortSignal,
): Promise<BytesCheck> {
  const hash = createHash('sha256');
  let bytesRead = 0;
  try {
    for await (const chunk of (await store.read(objectKey, undefined, signal)) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytesRead += chunk.length;
    }
  } catch (error) {
    if (!isStorageError(error, 'not-found')) throw error;
    return { outcome: 'missing', bytesRead };
  }
  const isWhole = hash.digest().equals(sha256) && (sizeBytes ?? bytesRead) === bytesRead;
  return { outcome: isWhole ? 'whole' : 'damaged', bytesRead };
}

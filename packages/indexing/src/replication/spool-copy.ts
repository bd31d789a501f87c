/** A copy of an object in the spool, complete and fsynced, on its way to another store or key. */
import { type ObjectStore, type SealedLooseFile, type SegmentSpool, StorageError } from '@sandyq/storage';

/** Calls `use` with a copy of the object, and removes it. Throws StorageError: those of the store and of the spool. */
export async function withSpoolCopy<Result>(
  { store, spool }: { readonly store: ObjectStore; readonly spool: SegmentSpool },
  objectKey: string,
  use: (copy: SealedLooseFile) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const copy = await copyToSpool(store, spool, objectKey, signal);
  try {
    return await use(copy);
  } finally {
    await spool.remove(copy);
  }
}

async function copyToSpool(
  store: ObjectStore,
  spool: SegmentSpool,
  objectKey: string,
  signal: AbortSignal | undefined,
): Promise<SealedLooseFile> {
  const source = await store.read(objectKey, undefined, signal);
  const file = await spool.createLoose().catch((error: unknown) => {
    source.destroy();
    throw error;
  });
  try {
    for await (const chunk of source) await file.write(bytesOf(chunk));
    return await file.seal();
  } catch (error) {
    // What cannot be removed now is swept when this process is dead.
    await Promise.allSettled([file.discard()]);
    throw error;
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new StorageError('bad-answer', 'the store delivered something else than bytes');
}

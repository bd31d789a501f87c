// Puts a sealed segment into the object store.
import { isStorageError, StorageError } from '../errors.ts';
import type { ObjectStore, StoreMaintenance } from '../object-store.ts';
import type { SealedSegment } from './segment-writer.ts';
import { verifySegment } from './verify-segment.ts';

/**
 * Stores a segment that this process has just sealed; on return it is durable, and its spool file can be removed.
 * After an error the object may be there all the same: it is then found and replayed, and the sender repeats under
 * a new segment id. Errors: those of `ObjectStore.putFile`.
 */
export async function storeSegment(
  store: ObjectStore,
  sealed: SealedSegment,
  signal?: AbortSignal,
): Promise<void> {
  await store.putFile(sealed.key, { path: sealed.path, size: sealed.size }, signal);
}

/**
 * Stores a sealed segment that a dead process left (`SweepReport.sealed`). If its key is taken, that process had got
 * as far as putting it (id and receipt digest are in the key): the object is settled and every byte of it checked.
 * On return it is durable, and its spool file can be removed. Errors: as {@link storeSegment}; `damaged` if what is
 * stored there is not this segment.
 */
export async function recoverSegment(
  store: ObjectStore & StoreMaintenance,
  sealed: SealedSegment,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await storeSegment(store, sealed, signal);
  } catch (error) {
    if (!isStorageError(error, 'exists')) throw error;
    await store.settle(sealed.key, signal);
    await assertStored(store, sealed, signal);
  }
}

async function assertStored(store: ObjectStore, sealed: SealedSegment, signal?: AbortSignal): Promise<void> {
  const { segment, faults } = await verifySegment(store, sealed.key, { signal });
  if (faults.length === 0 && segment?.receiptSha256 === sealed.receiptSha256) return;
  throw new StorageError('damaged', `${sealed.key} is taken by an object that is not this segment`);
}

/** Deletes from the replica what is gone from the store for a recorded reason: never the other way round. */
import { type Database, recordReplicaDeleted, replicaDeletions } from '@sandyq/database';
import type { ObjectStore } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';

const DELETED_AT_ONCE = 100;

interface Ports {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly replica: ObjectStore;
  readonly logger: Logger;
}

/** Returns how many were deleted. Throws StorageError if a store is away: what is left is deleted later. */
export async function deleteFromReplica(
  { database, store, replica, logger }: Ports,
  signal: AbortSignal,
): Promise<number> {
  let deleted = 0;
  for (const objectKey of await replicaDeletions(database, DELETED_AT_ONCE)) {
    // Whoever put it back here had a reason: then the copy stays, too.
    if ((await store.stat(objectKey, signal)) === undefined) {
      await replica.delete(objectKey, signal);
      deleted += 1;
    } else logger.warn('replica-copy-kept', { objectKey });
    await recordReplicaDeleted(database, [objectKey]);
  }
  return deleted;
}

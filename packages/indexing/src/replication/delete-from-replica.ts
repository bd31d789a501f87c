/** Deletes from the replica what is gone from the store for a recorded reason: never the other way round. */
import {
  type Database,
  noteLockedObjects,
  postponeReplicaDeletion,
  recordReplicaDeleted,
  replicaDeletions,
} from '@sandyq/database';
import { isStorageError, type ObjectStore } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';

const DELETED_AT_ONCE = 100;

/** Seconds until the next attempt on what the replica keeps locked. */
const RETRY_LOCKED_SECONDS = 3_600;

interface Ports {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly replica: ObjectStore;
  readonly logger: Logger;
}

/** Returns how many were deleted. Throws StorageError if a store is away: what is left is deleted later. */
export async function deleteFromReplica(ports: Ports, signal: AbortSignal): Promise<number> {
  const { database, store, logger } = ports;
  let deleted = 0;
  for (const objectKey of await replicaDeletions(database, DELETED_AT_ONCE)) {
    // Whoever put it back here had a reason: then the copy stays, too.
    if ((await store.stat(objectKey, signal)) === undefined) {
      if (!(await deleteUnlessLocked(ports, objectKey, signal))) continue;
      deleted += 1;
    } else logger.warn('replica-copy-kept', { objectKey });
    await recordReplicaDeleted(database, [objectKey]);
  }
  return deleted;
}

/** False: the replica keeps it until a day, or until its legal hold is taken off. */
async function deleteUnlessLocked(
  { database, replica, logger }: Ports,
  objectKey: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await replica.delete(objectKey, signal);
    return true;
  } catch (error) {
    if (!isStorageError(error, 'locked')) throw error;
    logger.info('replica-copy-locked', { objectKey });
    await noteLockedObjects(database, [objectKey], ['replica']);
    await postponeReplicaDeletion(database, objectKey, RETRY_LOCKED_SECONDS);
    return false;
  }
}

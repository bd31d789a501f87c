/** Puts the replica's copy of a segment or quarantine object back, from verified bytes of the store. */
import { type ObjectToReplicate, recordNotReplicated, recordReplicated } from '@sandyq/database';
import { isStorageError } from '@sandyq/storage';
import { isCertified } from '../replication/replicate-object.ts';
import { withSpoolCopy } from '../replication/spool-copy.ts';
import { notRepairable, type Repair, type RepairPorts, repaired } from './repair-ports.ts';
import { restoreObject } from './restore-object.ts';

/** Throws DatabaseError, and StorageError if a store is away or does not let the damaged copy go. */
export async function repairReplica(
  ports: RepairPorts,
  object: ObjectToReplicate,
  signal?: AbortSignal,
): Promise<Repair> {
  const { store, replica, spool, fileSystem, database } = ports;
  if (replica === undefined) return notRepairable('there is no replica');
  try {
    return await withSpoolCopy(
      { store, spool },
      object.objectKey,
      async (copy) => {
        if (!(await isCertified(fileSystem, copy, object))) {
          return notRepairable('the object in the store is damaged, too');
        }
        // Should the process die in between, the object is copied as any that the replica lacks.
        await recordNotReplicated(database, object);
        await restoreObject(ports, {
          store: replica,
          storeName: 'replica',
          objectKey: object.objectKey,
          copy,
        });
        await recordReplicated(database, object);
        return repaired('copied to the replica again');
      },
      signal,
    );
  } catch (error) {
    if (isStorageError(error, 'not-found')) return notRepairable('the object in the store is missing, too');
    throw error;
  }
}

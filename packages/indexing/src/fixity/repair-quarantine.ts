/** Puts a quarantine object back: its key names the SHA-256 of its bytes, so they are certain (docs/decisions/0014). */
import type { QuarantineToVerify } from '@sandyq/database';
import { isStorageError } from '@sandyq/storage';
import { withSpoolCopy } from '../replication/spool-copy.ts';
import { notRepairable, type Repair, type RepairPorts, repaired } from './repair-ports.ts';
import { restoreObject } from './restore-object.ts';

/** Throws DatabaseError, and StorageError if a store is away or does not let the damaged object go. */
export async function repairQuarantine(
  ports: RepairPorts,
  { objectKey, sha256, sizeBytes }: QuarantineToVerify,
  signal?: AbortSignal,
): Promise<Repair> {
  const { store, replica, spool } = ports;
  if (replica === undefined) return notRepairable('there is no replica');
  try {
    return await withSpoolCopy(
      { store: replica, spool },
      objectKey,
      async (copy) => {
        const isRight = copy.sha256 === sha256.toString('hex') && copy.size === sizeBytes;
        if (!isRight) return notRepairable('the copy in the replica is damaged');
        await restoreObject(ports, { store, storeName: 'primary', objectKey, copy });
        return repaired('put back from the replica');
      },
      signal,
    );
  } catch (error) {
    if (isStorageError(error, 'not-found')) return notRepairable('the copy in the replica is missing');
    throw error;
  }
}

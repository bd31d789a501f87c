/** Deletes quarantine objects that a decision has made superfluous which stands in the journal of the store. */
import { clearQuarantineLeftover, type QuarantineLeftover, quarantineLeftovers } from '@sandyq/database';
import { isStorageError } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import type { ReadingPorts } from './quarantine-ports.ts';
import { assertKeptWhole } from './read-kept.ts';

const DELETED_AT_ONCE = 100;

export interface ClearLeftoversPorts extends ReadingPorts {
  readonly logger: Logger;
}

/**
 * Objects of discarded entries, and, after the grace, of accepted ones once their bytes were read back from where they
 * are now. A copy that is damaged keeps the object. Returns how many were deleted.
 */
export async function clearQuarantineLeftovers(
  ports: ClearLeftoversPorts,
  graceSeconds: number,
): Promise<number> {
  const { database, store, logger } = ports;
  let deleted = 0;
  for (const leftover of await quarantineLeftovers(database, graceSeconds, DELETED_AT_ONCE)) {
    const { quarantineId } = leftover.quarantined;
    if (!(await isSuperfluous(ports, leftover))) continue;
    await store.delete(leftover.objectKey);
    await clearQuarantineLeftover(database, quarantineId);
    logger.info('quarantine-object-deleted', { quarantineId });
    deleted += 1;
  }
  return deleted;
}

async function isSuperfluous(
  { store, logger }: ClearLeftoversPorts,
  { quarantined, objectKey }: QuarantineLeftover,
): Promise<boolean> {
  if (quarantined.state === 'discarded') return true;
  // The database does not know yet where the accepted bytes are now.
  if (quarantined.objectKey === objectKey) return false;
  try {
    await assertKeptWhole(store, quarantined);
    return true;
  } catch (error) {
    if (!isStorageError(error, 'damaged')) throw error;
    logger.error('accepted-copy-damaged', { error, quarantineId: quarantined.quarantineId });
    return false;
  }
}

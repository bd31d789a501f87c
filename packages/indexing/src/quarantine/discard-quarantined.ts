/** Discards what quarantine kept: recorded first, in the journal of the store too, then the bytes go (design §2.3). */
import { clearQuarantineLeftover, decideQuarantined, settleSegment } from '@sandyq/database';
import { exportDecision } from '../journal/export-journal.ts';
import type { JournalPorts } from '../journal/journal-ports.ts';
import { openEntryOf } from './quarantine-ports.ts';

export interface Discarded {
  readonly quarantineId: number;
  /** False for an entry of a segment: its bytes go when the segment is rewritten. */
  readonly isDeleted: boolean;
}

/**
 * Throws QuarantineError and DatabaseError: then nothing was discarded. Throws JournalError('not-exported') and
 * StorageError: it is discarded, and upkeep deletes later.
 */
export async function discardQuarantined(
  ports: JournalPorts,
  quarantineId: number,
  decidedBy: string,
): Promise<Discarded> {
  const { database, store } = ports;
  const { segmentId, objectKey } = await openEntryOf({ database }, quarantineId);
  const leftoverObjectKey = segmentId === undefined ? objectKey : undefined;
  await database.inTransaction(async (client) => {
    await decideQuarantined(client, { quarantineId, state: 'discarded', decidedBy, leftoverObjectKey });
    if (segmentId !== undefined) await settleSegment(client, segmentId);
  });
  await exportDecision(ports);
  if (leftoverObjectKey === undefined) return { quarantineId, isDeleted: false };
  await store.delete(leftoverObjectKey);
  await clearQuarantineLeftover(database, quarantineId);
  return { quarantineId, isDeleted: true };
}

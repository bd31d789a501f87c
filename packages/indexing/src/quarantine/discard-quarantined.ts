/** Discards what quarantine kept: recorded first, in the journal of the store too, then the bytes go (design §2.3). */
import {
  clearQuarantineLeftover,
  decideQuarantined,
  type Quarantined,
  type Queryable,
  settleSegment,
} from '@sandyq/database';
import { exportDecision } from '../journal/export-journal.ts';
import type { JournalPorts } from '../journal/journal-ports.ts';
import { openEntryOf } from './quarantine-ports.ts';

export interface Discarded {
  readonly quarantineId: number;
  /** False for an entry of a segment: its bytes go when the segment is rewritten. */
  readonly isDeleted: boolean;
}

/** What discarding works with. */
export interface DiscardPorts extends JournalPorts {
  /** Called in the transaction that decides; throws for bytes that must be kept. */
  readonly assertNotHeld: (client: Queryable, entry: Quarantined) => Promise<void>;
}

/**
 * Throws QuarantineError, DatabaseError and what `assertNotHeld` throws: then nothing was discarded. Throws JournalError('not-exported') and
 * StorageError: it is discarded, and upkeep deletes later.
 */
export async function discardQuarantined(
  ports: DiscardPorts,
  quarantineId: number,
  decidedBy: string,
): Promise<Discarded> {
  const { database, store } = ports;
  const entry = await openEntryOf({ database }, quarantineId);
  const { segmentId, objectKey } = entry;
  const leftoverObjectKey = segmentId === undefined ? objectKey : undefined;
  await database.inTransaction(async (client) => {
    await ports.assertNotHeld(client, entry);
    await decideQuarantined(client, { quarantineId, state: 'discarded', decidedBy, leftoverObjectKey });
    if (segmentId !== undefined) await settleSegment(client, segmentId);
  });
  await exportDecision(ports);
  if (leftoverObjectKey === undefined) return { quarantineId, isDeleted: false };
  await store.delete(leftoverObjectKey);
  await clearQuarantineLeftover(database, quarantineId);
  return { quarantineId, isDeleted: true };
}

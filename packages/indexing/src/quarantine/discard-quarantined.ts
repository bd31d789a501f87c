/** Discards what quarantine kept: recorded first, then the bytes go (design §2.3). */
import { clearQuarantineLeftover, decideQuarantined, settleSegment } from '@sandyq/database';
import { openEntryOf, type QuarantinePorts } from './quarantine-ports.ts';

export interface Discarded {
  readonly quarantineId: number;
  /** False for an entry of a segment: its bytes go when the segment is rewritten. */
  readonly isDeleted: boolean;
}

/** Throws QuarantineError and DatabaseError: then nothing was discarded. Throws StorageError: upkeep deletes later. */
export async function discardQuarantined(
  { database, store }: Pick<QuarantinePorts, 'database' | 'store'>,
  quarantineId: number,
  decidedBy: string,
): Promise<Discarded> {
  const { segmentId, objectKey } = await openEntryOf({ database }, quarantineId);
  const leftoverObjectKey = segmentId === undefined ? objectKey : undefined;
  await database.inTransaction(async (client) => {
    await decideQuarantined(client, { quarantineId, state: 'discarded', decidedBy, leftoverObjectKey });
    if (segmentId !== undefined) await settleSegment(client, segmentId);
  });
  if (leftoverObjectKey === undefined) return { quarantineId, isDeleted: false };
  await store.delete(leftoverObjectKey);
  await clearQuarantineLeftover(database, quarantineId);
  return { quarantineId, isDeleted: true };
}

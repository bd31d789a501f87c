/**
 * A line that says how far the database is, although nobody decided anything: a restored older database finds batches
 * that it does not know, and so learns that the store is ahead of it.
 */
import { lastChange, lastCheckpoint, writeJournalLine } from '@sandyq/database';
import type { JournalPorts } from './journal-ports.ts';

/** Writes a checkpoint; with `ifChanged` only where the change feed has moved since the last one. Returns whether it did. */
export function writeCheckpoint(
  { database }: Pick<JournalPorts, 'database'>,
  { ifChanged }: { readonly ifChanged: boolean },
): Promise<boolean> {
  return database.inTransaction(async (client) => {
    const now = await lastChange(client);
    const before = await lastCheckpoint(client);
    const isUnchanged =
      before !== undefined && before.changeEpoch === now?.epoch && before.changePosition === now?.position;
    if (ifChanged && isUnchanged) return false;
    await writeJournalLine(client, {
      kind: 'checkpoint',
      decidedBy: 'archive',
      fact: { changeEpoch: now?.epoch, changePosition: now?.position },
    });
    return true;
  });
}

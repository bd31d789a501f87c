/** Gives a proposed correction up, unless a hold binds its study. */
import { discardProposedCorrection, findProposedCorrection } from '@sandyq/database';
import { exportDecision } from '@sandyq/indexing';
import { assertNotHeld } from './assert-not-held.ts';
import type { HoldPorts } from './place-hold.ts';

/** Throws DispositionError('conflict') under a hold, DatabaseError, and JournalError where the store does not have it yet. */
export async function discardCorrection(
  ports: Omit<HoldPorts, 'newId'>,
  proposedCorrectionId: number,
  decidedBy: string,
): Promise<void> {
  await ports.database.inTransaction(async (client) => {
    const found = await findProposedCorrection(client, proposedCorrectionId);
    if (found !== undefined) {
      const { studyInstanceUid, facilityCode } = found;
      const what = `Proposed correction ${proposedCorrectionId}`;
      await assertNotHeld(client, { what, studyInstanceUid, facilityCode }, ports.now());
    }
    await discardProposedCorrection(client, proposedCorrectionId, decidedBy);
  });
  await exportDecision(ports);
}

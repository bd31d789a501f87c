/** What a rejection note does once it is stored: the same as a rejection by hand, asked for by a device (IHE RAD TF-3 §4.66). */
import { hasNoteTakenEffect, lockStudy, rejectInstances } from '@sandyq/database';
import { exportDecision } from '@sandyq/indexing';
import { rejectionReasons } from '@sandyq/retention';
import { endOfGrace } from './reject-by-hand.ts';
import type { NotedSeries, RejectionNote } from './rejection-note.ts';
import type { RejectionPorts } from './rejection-ports.ts';
import { inContendedTransaction } from './repeat-contended.ts';

/** Who has sent it. */
export interface NoteSender {
  readonly principalId: string;
  /** Studies of other facilities are not touched. */
  readonly facilityId: number;
}

/**
 * Hides the instances that the note refers to, one rejection a series; those that are not there, or belong to another
 * facility's study, are passed over. A note takes effect once: what was restored since stays. A retention that it speaks of
 * (113039) is not shortened by it: it hides, and the purge asks the schedule. Throws DatabaseError, and JournalError where
 * the store does not have it yet: the sender has to send it again.
 */
export async function applyRejectionNote(
  ports: Omit<RejectionPorts, 'directory'>,
  note: RejectionNote,
  sender: NoteSender,
): Promise<number> {
  const { noteUid, reasonCode } = note;
  const hidden = await inContendedTransaction(ports.database, async (client) => {
    if (await hasNoteTakenEffect(client, noteUid)) return 0;
    let instances = 0;
    for (const series of inLockOrder(note.series)) {
      const study = await lockStudy(client, series.studyInstanceUid);
      if (study === undefined || study.facilityId !== sender.facilityId) continue;
      instances += await rejectInstances(client, rejectionOf(ports, { note, series, sender }));
    }
    return instances;
  });
  await exportDecision(ports);
  ports.logger.info('rejection-note-applied', { reasonCode: Number(reasonCode), instances: hidden });
  return hidden;
}

/** Two notes about the same studies must not wait for each other. */
function inLockOrder(series: readonly NotedSeries[]): NotedSeries[] {
  return series.toSorted((a, b) => (a.studyInstanceUid < b.studyInstanceUid ? -1 : 1));
}

function rejectionOf(
  ports: Pick<RejectionPorts, 'newId' | 'now' | 'graceDays'>,
  { note, series, sender }: { note: RejectionNote; series: NotedSeries; sender: NoteSender },
) {
  const now = ports.now();
  return {
    ...series,
    rejectionId: ports.newId(),
    reasonCode: note.reasonCode,
    reasonText: rejectionReasons[note.reasonCode],
    noteUid: note.noteUid,
    rejectedBy: sender.principalId,
    now,
    restoreUntil: endOfGrace(now, ports.graceDays),
  };
}

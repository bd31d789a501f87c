/** What a rejection note does once it is stored: the same as a rejection by hand, asked for by a device (IHE RAD TF-3 §4.66). */
import {
  type Facility,
  hasNoteTakenEffect,
  keepUids,
  lockStudy,
  type NewRejection,
  type Queryable,
  rejectInstances,
  studiesOfOthers,
} from '@sandyq/database';
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
  readonly facility: Pick<Facility, 'facilityId' | 'code'>;
}

/**
 * Hides the instances that the note refers to, one rejection a series; those that are not there are hidden when they come,
 * those of another facility's study are passed over. A note takes effect once: what was restored since stays. A retention that it speaks of
 * (113039) is not shortened by it: it hides, and the purge asks the schedule. Throws DatabaseError, and JournalError where
 * the store does not have it yet: the sender has to send it again.
 */
export async function applyRejectionNote(
  ports: Omit<RejectionPorts, 'directory'>,
  note: RejectionNote,
  sender: NoteSender,
): Promise<number> {
  const { noteUid, reasonCode } = note;
  const hidden = await inContendedTransaction(ports.database, async (client) =>
    (await hasNoteTakenEffect(client, noteUid)) ? 0 : takeEffect(client, ports, { note, sender }),
  );
  await exportDecision(ports);
  ports.logger.info('rejection-note-applied', { reasonCode: Number(reasonCode), instances: hidden });
  return hidden;
}

/** What takes effect: a note, and who sent it. */
interface SentNote {
  readonly note: RejectionNote;
  readonly sender: NoteSender;
}

/** Returns how many instances were hidden. */
async function takeEffect(
  client: Queryable,
  ports: Pick<RejectionPorts, 'newId' | 'now' | 'graceDays'>,
  sent: SentNote,
): Promise<number> {
  const { facilityId, code } = sent.sender.facility;
  const all = inLockOrder(sent.note.series);
  const foreign = await studiesOfOthers(
    client,
    all.map(({ studyInstanceUid }) => studyInstanceUid),
    facilityId,
  );
  const own = all.filter(({ studyInstanceUid }) => !foreign.has(studyInstanceUid));
  // What is being committed just now is waited for: it is either here, when its study is locked, or awaited.
  const kept = await keepUids(
    client,
    own.flatMap(({ sopInstanceUids }) => sopInstanceUids),
    facilityId,
  );
  let instances = 0;
  for (const series of own) {
    const study = await lockStudy(client, series.studyInstanceUid);
    if (study !== undefined && study.facilityId !== facilityId) continue;
    // Each once, whatever the note repeats.
    const sopInstanceUids = series.sopInstanceUids.filter((uid) => kept.delete(uid));
    const awaited =
      sopInstanceUids.length === 0 ? undefined : { facilityId, facility: code, sopInstanceUids };
    instances += await rejectInstances(client, { ...rejectionOf(ports, sent, series), awaited });
  }
  return instances;
}

/** Two notes about the same studies must not wait for each other. */
function inLockOrder(series: readonly NotedSeries[]): NotedSeries[] {
  return series.toSorted((a, b) => (a.studyInstanceUid < b.studyInstanceUid ? -1 : 1));
}

function rejectionOf(
  ports: Pick<RejectionPorts, 'newId' | 'now' | 'graceDays'>,
  { note, sender }: SentNote,
  series: NotedSeries,
): NewRejection {
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

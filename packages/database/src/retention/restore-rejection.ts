/** The way back from rejections.ts: what was hidden is shown again. */
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { writeJournalLine } from '../journal.ts';
import { forgetAwaitedOf } from './awaited-instances.ts';
import { type ChangedInstance, noteDecision, setStates, showChange } from './changed-instances.ts';
import { type LockedStudy, lockStudy } from './lock-study.ts';

/** Which rejection is undone, why, and by whom. */
export interface Restoration {
  readonly rejectionId: string;
  readonly reason: string;
  readonly restoredBy: string;
  readonly now: Date;
}

/**
 * Shows everything again that the rejection hid: instances are active, or held out as they were; what its note names and is
 * not here yet will be shown too. Returns how many. Possible until a purge has begun. Throws DatabaseError('not-found') for one that does not exist, ('conflict') for one that was
 * restored or is being purged. Locks and reports as rejectInstances.
 */
export async function restoreRejection(client: Queryable, restoration: Restoration): Promise<number> {
  const { rejectionId, now } = restoration;
  const studyInstanceUid = await studyOfRejection(client, rejectionId);
  await forgetAwaitedOf(client, rejectionId);
  const study = await lockStudy(client, studyInstanceUid);
  await settleRestored(client, restoration);
  const shown = await showRejected(client, { rejectionId, studyInstanceUid, study, now });
  await writeJournalLine(client, {
    kind: 'instances-restored',
    decidedBy: restoration.restoredBy,
    occurredAt: now,
    fact: { rejectionId, reason: restoration.reason },
  });
  return shown;
}

/** A rejection that was settled as restored, and its study; undefined: the archive has nothing of it. */
export interface SettledRestoration {
  readonly rejectionId: string;
  readonly studyInstanceUid: string;
  readonly study: LockedStudy | undefined;
  readonly now: Date;
}

/** Shows what the rejection hid, and forgets that it was rejected. Returns how many instances. */
export async function showRejected(
  client: Queryable,
  { rejectionId, studyInstanceUid, study, now }: SettledRestoration,
): Promise<number> {
  const instances = study === undefined ? [] : await findRejected(client, study.studyKey, rejectionId);
  if (study !== undefined) {
    const { studyKey } = study;
    await setStates(client, { studyKey, rejectionId, state: STATE_OF_RESTORED });
    await showChange(client, { kind: 'restored', studyKey, studyInstanceUid, instances, now });
    if (instances.length === 0) await noteDecision(client, studyKey, now);
  }
  await client.query({
    name: 'forget-rejected',
    text: 'delete from rejected_instance where rejection_id = $1',
    values: [rejectionId],
  });
  return instances.length;
}

/** An identity conflict may have been resolved meanwhile. */
const STATE_OF_RESTORED = `case when exists (select from identity_conflict c
  where c.sop_instance_uid = r.sop_instance_uid and c.state = 'open') then 'identity-conflict' else 'active' end`;

async function studyOfRejection(client: Queryable, rejectionId: string): Promise<string> {
  const result = await client.query<{ study_instance_uid: string }>({
    name: 'study-of-rejection',
    text: 'select study_instance_uid from rejection where rejection_id = $1',
    values: [rejectionId],
  });
  const [row] = result.rows;
  if (row === undefined) throw new DatabaseError('not-found', 'there is no such rejection');
  return row.study_instance_uid;
}

async function settleRestored(
  client: Queryable,
  { rejectionId, restoredBy, now }: Restoration,
): Promise<void> {
  const settled = await client.query({
    name: 'settle-restored-rejection',
    text: `update rejection set state = 'restored', decided_by = $2, decided_at = $3
      where rejection_id = $1 and state = 'rejected'`,
    values: [rejectionId, restoredBy, now],
  });
  if (settled.rowCount === 0)
    throw new DatabaseError('conflict', 'the rejection was restored before, or is being purged');
}

async function findRejected(
  client: Queryable,
  studyKey: number,
  rejectionId: string,
): Promise<ChangedInstance[]> {
  const result = await client.query<ChangedInstance & Record<string, unknown>>({
    name: 'find-rejected',
    text: `select e.series_key, r.series_instance_uid, r.sop_instance_uid, r.sha256
      from rejected_instance r
      join instance i on i.study_key = $1 and i.sop_instance_uid = r.sop_instance_uid and i.state = 'rejected'
      join series e on e.study_key = i.study_key and e.series_key = i.series_key
      where r.rejection_id = $2 order by e.series_key, r.sop_instance_uid`,
    values: [studyKey, rejectionId],
  });
  return result.rows;
}

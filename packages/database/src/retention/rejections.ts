/**
 * Rejection: instances are hidden from search and retrieval and counted nowhere, until they are restored or purged. Their
 * bytes stay where they are. What holds them out is their state; `rejected_instance` says by which rejection.
 */
import type { RejectionReasonCode } from '@sandyq/retention';
import { maximumInstancesOfLine } from '@sandyq/storage';
import type { Queryable } from '../database.ts';
import { writeJournalLine } from '../journal.ts';
import { type ChangedInstance, setStates, showChange } from './changed-instances.ts';
import { lockStudy } from './lock-study.ts';

/** Which instances of a study. */
export interface RejectionScope {
  readonly studyInstanceUid: string;
  /** undefined: the whole study. */
  readonly seriesInstanceUid?: string | undefined;
  /** Those of the series; undefined: all that count. */
  readonly sopInstanceUids?: readonly string[] | undefined;
}

/** Which instances are rejected, why, and by whom. */
export interface NewRejection extends RejectionScope {
  /** UUID. */
  readonly rejectionId: string;
  readonly reasonCode: RejectionReasonCode;
  readonly reasonText: string;
  /** The plan that it carries out; undefined: by hand or by a rejection note. */
  readonly planId?: string | undefined;
  /** SOP Instance UID of the rejection note that asks for it. */
  readonly noteUid?: string | undefined;
  readonly rejectedBy: string;
  readonly now: Date;
  /** Before this it is not purged. */
  readonly restoreUntil: Date;
}

/**
 * Hides what of the scope counts (active, or held out by an identity conflict) and is not rejected yet; counts anew,
 * raises revisions, tells the change feed and the journal. Returns how many instances were hidden: where there are none
 * nothing is recorded, but for a plan, whose rejection then stands for what others have rejected. Locks the study and its
 * series (lock-study.ts). Call it within the transaction that decides it; report it when its lines are durable.
 */
export async function rejectInstances(client: Queryable, rejection: NewRejection): Promise<number> {
  if (rejection.sopInstanceUids !== undefined && rejection.seriesInstanceUid === undefined)
    throw new TypeError('instances are rejected within a series');
  const study = await lockStudy(client, rejection.studyInstanceUid);
  if (study === undefined) return 0;
  const found = await findRejectable(client, study.studyKey, rejection);
  if (found.length === 0 && rejection.planId === undefined) return 0;
  await insertRejection(client, rejection);
  await registerRejected(client, rejection, found);
  await setStates(client, {
    studyKey: study.studyKey,
    rejectionId: rejection.rejectionId,
    state: `'rejected'`,
  });
  await showChange(client, { ...rejection, kind: 'rejected', studyKey: study.studyKey, instances: found });
  await journalRejected(client, rejection, found);
  return found.length;
}

async function findRejectable(
  client: Queryable,
  studyKey: number,
  { seriesInstanceUid, sopInstanceUids }: RejectionScope,
): Promise<ChangedInstance[]> {
  const result = await client.query<ChangedInstance & Record<string, unknown>>({
    name: 'find-rejectable',
    text: `select e.series_key, e.series_instance_uid, i.sop_instance_uid, i.sha256
      from series e join instance i on i.study_key = e.study_key and i.series_key = e.series_key
      where e.study_key = $1 and i.study_key = $1 and i.state in ('active', 'identity-conflict')
        and ($2::text is null or e.series_instance_uid = $2)
        and ($3::text[] is null or i.sop_instance_uid = any ($3))
      order by e.series_key, i.sop_instance_uid`,
    values: [studyKey, seriesInstanceUid ?? null, sopInstanceUids ?? null],
  });
  return result.rows;
}

/** How many instances a rejection of this scope would hide; undefined where there is no such study. */
export async function countRejectable(client: Queryable, scope: RejectionScope): Promise<number | undefined> {
  const study = await client.query<{ study_key: number }>({
    name: 'study-to-reject',
    text: 'select study_key from study where study_instance_uid = $1',
    values: [scope.studyInstanceUid],
  });
  const [row] = study.rows;
  return row && (await findRejectable(client, row.study_key, scope)).length;
}

async function insertRejection(client: Queryable, rejection: NewRejection): Promise<void> {
  await client.query({
    name: 'insert-rejection',
    text: `insert into rejection (rejection_id, study_instance_uid, series_instance_uid, reason_code, reason_text, plan_id,
        note_uid, rejected_by, rejected_at, restore_until, state)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'rejected')`,
    values: [
      rejection.rejectionId,
      rejection.studyInstanceUid,
      rejection.seriesInstanceUid ?? null,
      rejection.reasonCode,
      rejection.reasonText,
      rejection.planId ?? null,
      rejection.noteUid ?? null,
      rejection.rejectedBy,
      rejection.now,
      rejection.restoreUntil,
    ],
  });
}

async function registerRejected(
  client: Queryable,
  { rejectionId, studyInstanceUid }: NewRejection,
  found: readonly ChangedInstance[],
): Promise<void> {
  await client.query({
    name: 'register-rejected',
    text: `insert into rejected_instance (rejection_id, study_instance_uid, sop_instance_uid, series_instance_uid, sha256)
      select $1, $2, * from unnest($3::text[], $4::text[], $5::bytea[])`,
    values: [
      rejectionId,
      studyInstanceUid,
      found.map((one) => one.sop_instance_uid),
      found.map((one) => one.series_instance_uid),
      found.map((one) => one.sha256),
    ],
  });
}

async function journalRejected(
  client: Queryable,
  rejection: NewRejection,
  found: readonly ChangedInstance[],
): Promise<void> {
  const { rejectionId, studyInstanceUid, seriesInstanceUid, reasonCode, reasonText, planId, noteUid } =
    rejection;
  for (let start = 0; start === 0 || start < found.length; start += maximumInstancesOfLine) {
    await writeJournalLine(client, {
      kind: 'instances-rejected',
      decidedBy: rejection.rejectedBy,
      occurredAt: rejection.now,
      fact: {
        rejectionId,
        studyInstanceUid,
        seriesInstanceUid,
        reasonCode,
        reasonText,
        planId,
        noteUid,
        restoreUntil: rejection.restoreUntil.toISOString(),
        instances: found.slice(start, start + maximumInstancesOfLine).map((one) => ({
          seriesInstanceUid: one.series_instance_uid,
          sopInstanceUid: one.sop_instance_uid,
          sha256: one.sha256.toString('hex'),
        })),
      },
    });
  }
}

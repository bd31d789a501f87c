/**
 * Rejection: instances are hidden from search and retrieval and counted nowhere, until they are restored or purged. Their
 * bytes stay where they are. What holds them out is their state; `rejected_instance` says by which rejection.
 */
import type { RejectionReasonCode } from '@sandyq/retention';
import { maximumInstancesOfLine } from '@sandyq/storage';
import type { Queryable } from '../database.ts';
import { writeJournalLine } from '../journal.ts';
import { pagesOf } from '../pages-of.ts';
import { registerAwaited } from './awaited-instances.ts';
import { type ChangedInstance, noteDecision, setStates, showChange } from './changed-instances.ts';
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
  /** Named by the note, and not here: hidden when they arrive in a study of its sender's facility. */
  readonly awaited?: AwaitedByNote | undefined;
}

/** Instances of one series that are not here, and for which `keepUids` has kept their UIDs. */
export interface AwaitedByNote {
  readonly facilityId: number;
  /** Code of the facility. */
  readonly facility: string;
  readonly sopInstanceUids: readonly string[];
}

/**
 * Hides what of the scope counts (active, or held out by an identity conflict) and is not rejected yet; counts anew,
 * raises revisions, tells the change feed and the journal. Returns how many instances were hidden: where there are none
 * nothing is recorded, but for a plan, whose rejection then stands for what others have rejected, and for what a note names
 * beforehand. Locks the study and its series (lock-study.ts). Call it within the transaction that decides it; report it
 * when its lines are durable.
 */
export async function rejectInstances(client: Queryable, rejection: NewRejection): Promise<number> {
  if (rejection.sopInstanceUids !== undefined && rejection.seriesInstanceUid === undefined)
    throw new TypeError('instances are rejected within a series');
  const { rejectionId, awaited } = rejection;
  const study = await lockStudy(client, rejection.studyInstanceUid);
  const found = study === undefined ? [] : await findRejectable(client, study.studyKey, rejection);
  const isOfPlan = study !== undefined && rejection.planId !== undefined;
  if (found.length === 0 && !isOfPlan && awaited === undefined) return 0;
  await insertRejection(client, rejection);
  if (awaited !== undefined) await registerAwaited(client, { rejectionId, ...awaited });
  if (study !== undefined && found.length > 0) {
    const { studyKey } = study;
    await registerRejected(client, rejection, found);
    await setStates(client, { studyKey, rejectionId, state: `'rejected'` });
    await showChange(client, { ...rejection, kind: 'rejected', studyKey, instances: found });
  } else if (study !== undefined) await noteDecision(client, study.studyKey, rejection.now);
  await journalRejected(client, rejection, found);
  return found.length;
}

async function findRejectable(
  client: Queryable,
  studyKey: number,
  { seriesInstanceUid, sopInstanceUids }: RejectionScope,
): Promise<ChangedInstance[]> {
  if (sopInstanceUids === undefined) return findOfSeries(client, studyKey, { seriesInstanceUid });
  const found: ChangedInstance[] = [];
  for (const page of pagesOf([...new Set(sopInstanceUids)].sort()))
    found.push(...(await findOfSeries(client, studyKey, { seriesInstanceUid, sopInstanceUids: page })));
  return found;
}

async function findOfSeries(
  client: Queryable,
  studyKey: number,
  { seriesInstanceUid, sopInstanceUids }: Omit<RejectionScope, 'studyInstanceUid'>,
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

/** Its row alone. */
export async function insertRejection(client: Queryable, rejection: NewRejection): Promise<void> {
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

/** Which bytes it hides. */
export async function registerRejected(
  client: Queryable,
  { rejectionId, studyInstanceUid }: Pick<NewRejection, 'rejectionId' | 'studyInstanceUid'>,
  found: readonly ChangedInstance[],
): Promise<void> {
  for (const page of pagesOf(found)) {
    await client.query({
      name: 'register-rejected',
      text: `insert into rejected_instance (rejection_id, study_instance_uid, sop_instance_uid, series_instance_uid, sha256)
        select $1, $2, * from unnest($3::text[], $4::text[], $5::bytea[])`,
      values: [
        rejectionId,
        studyInstanceUid,
        page.map((one) => one.sop_instance_uid),
        page.map((one) => one.series_instance_uid),
        page.map((one) => one.sha256),
      ],
    });
  }
}

/** Says in the journal what it hides, and what it waits for. `now` undefined: the time of the transaction. */
export async function journalRejected(
  client: Queryable,
  rejection: Omit<NewRejection, 'now'> & { readonly now: Date | undefined },
  found: readonly ChangedInstance[],
): Promise<void> {
  const {
    rejectionId,
    studyInstanceUid,
    seriesInstanceUid,
    reasonCode,
    reasonText,
    planId,
    noteUid,
    awaited,
  } = rejection;
  const uids = awaited?.sopInstanceUids ?? [];
  const most = Math.max(found.length, uids.length);
  for (let start = 0; start === 0 || start < most; start += maximumInstancesOfLine) {
    const end = start + maximumInstancesOfLine;
    await writeJournalLine(client, {
      kind: 'instances-rejected',
      decidedBy: rejection.rejectedBy,
      ...(rejection.now !== undefined && { occurredAt: rejection.now }),
      fact: {
        rejectionId,
        studyInstanceUid,
        seriesInstanceUid,
        reasonCode,
        reasonText,
        planId,
        noteUid,
        restoreUntil: rejection.restoreUntil.toISOString(),
        instances: found.slice(start, end).map((one) => ({
          seriesInstanceUid: one.series_instance_uid,
          sopInstanceUid: one.sop_instance_uid,
          sha256: one.sha256.toString('hex'),
        })),
        ...(start < uids.length && { awaited: uids.slice(start, end), facility: awaited?.facility }),
      },
    });
  }
}

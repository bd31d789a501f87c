/** Rejections that this database has forgotten: registered again, and what it shows of their instances is hidden or shown. */
import type { JournalLine, NamedInstance, RetentionFacts } from '@sandyq/storage';
import type { Queryable } from './database.ts';
import { facilityIdOf } from './journal-principals.ts';
import {
  type Awaiting,
  forgetAwaited,
  forgetAwaitedOf,
  keepUids,
  registerAwaited,
} from './retention/awaited-instances.ts';
import { type ChangedInstance, setStates, showChange } from './retention/changed-instances.ts';
import { lockStudy } from './retention/lock-study.ts';
import { showRejected } from './retention/restore-rejection.ts';

/** When, and by whom. */
type Decided = Pick<JournalLine, 'decidedBy' | 'occurredAt'>;

/** A rejection of many instances has several lines: each registers its own. */
export async function applyInstancesRejected(
  client: Queryable,
  fact: RetentionFacts['instances-rejected'],
  decided: Decided,
): Promise<void> {
  const { rejectionId, studyInstanceUid, planId } = fact;
  await forgetAwaited(
    client,
    fact.instances.map(({ sopInstanceUid }) => sopInstanceUid),
  );
  const awaiting = await keepAwaited(client, fact);
  const study = await lockStudy(client, studyInstanceUid);
  await insertRejection(client, fact, decided);
  if (awaiting !== undefined) await registerAwaited(client, awaiting);
  const shown = study === undefined ? [] : await shownInstances(client, study.studyKey, fact.instances);
  await register(client, fact);
  if (study !== undefined) {
    const now = new Date(decided.occurredAt);
    const change = { studyKey: study.studyKey, studyInstanceUid, instances: shown, now };
    await setStates(client, { studyKey: study.studyKey, rejectionId, state: `'rejected'` });
    await showChange(client, { ...change, kind: 'rejected' });
  }
  if (planId === undefined) return;
  await moveItem(
    client,
    { planId, studyInstanceUid, rejectionId, from: ['planned'], to: 'rejected' },
    decided,
  );
}

/** Instances that the note has named beforehand, and that have not come since; undefined: the line names none. */
async function keepAwaited(
  client: Queryable,
  { rejectionId, awaited, facility }: RetentionFacts['instances-rejected'],
): Promise<Awaiting | undefined> {
  if (awaited === undefined || facility === undefined) return undefined;
  const facilityId = await facilityIdOf(client, facility);
  const kept = await keepUids(client, awaited, facilityId);
  return { rejectionId, facilityId, sopInstanceUids: [...kept] };
}

async function insertRejection(
  client: Queryable,
  fact: RetentionFacts['instances-rejected'],
  { decidedBy, occurredAt }: Decided,
): Promise<void> {
  await client.query({
    text: `insert into rejection (rejection_id, study_instance_uid, series_instance_uid, reason_code, reason_text, plan_id,
        note_uid, rejected_by, rejected_at, restore_until, state)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'rejected') on conflict do nothing`,
    values: [
      fact.rejectionId,
      fact.studyInstanceUid,
      fact.seriesInstanceUid ?? null,
      fact.reasonCode,
      fact.reasonText,
      fact.planId ?? null,
      fact.noteUid ?? null,
      decidedBy,
      occurredAt,
      fact.restoreUntil,
    ],
  });
}

async function register(
  client: Queryable,
  { rejectionId, studyInstanceUid, instances }: RetentionFacts['instances-rejected'],
): Promise<void> {
  await client.query({
    text: `insert into rejected_instance (rejection_id, study_instance_uid, sop_instance_uid, series_instance_uid, sha256)
      select $1, $2, t.* from unnest($3::text[], $4::text[], $5::bytea[]) as t
      where exists (select from rejection where rejection_id = $1 and state = 'rejected')
      on conflict do nothing`,
    values: [rejectionId, studyInstanceUid, ...columnsOf(instances)],
  });
}

/** Those of them that count here. */
async function shownInstances(
  client: Queryable,
  studyKey: number,
  instances: readonly NamedInstance[],
): Promise<ChangedInstance[]> {
  const found = await client.query<ChangedInstance & Record<string, unknown>>({
    text: `select e.series_key, e.series_instance_uid, i.sop_instance_uid, i.sha256
      from unnest($2::text[], $3::text[], $4::bytea[]) as t (sop_instance_uid, series_instance_uid, sha256)
      join instance i on i.study_key = $1 and i.sop_instance_uid = t.sop_instance_uid and i.sha256 = t.sha256
      join series e on e.study_key = i.study_key and e.series_key = i.series_key
      where i.state in ('active', 'identity-conflict') order by e.series_key, i.sop_instance_uid`,
    values: [studyKey, ...columnsOf(instances)],
  });
  return found.rows;
}

export async function applyInstancesRestored(
  client: Queryable,
  { rejectionId, reason }: RetentionFacts['instances-restored'],
  decided: Decided,
): Promise<void> {
  const found = await client.query<{ study_instance_uid: string; plan_id: string | null }>({
    text: `select study_instance_uid, plan_id from rejection where rejection_id = $1 and state = 'rejected'`,
    values: [rejectionId],
  });
  const [row] = found.rows;
  if (row === undefined) return;
  const { study_instance_uid: studyInstanceUid, plan_id: planId } = row;
  await forgetAwaitedOf(client, rejectionId);
  const study = await lockStudy(client, studyInstanceUid);
  await client.query({
    text: `update rejection set state = 'restored', decided_by = $2, decided_at = $3 where rejection_id = $1`,
    values: [rejectionId, decided.decidedBy, decided.occurredAt],
  });
  const now = new Date(decided.occurredAt);
  await showRejected(client, { rejectionId, studyInstanceUid, study, now });
  if (planId === null) return;
  const item = { planId, studyInstanceUid, rejectionId, from: ['planned', 'rejected'], to: 'skipped' };
  await moveItem(client, { ...item, outcome: reason }, decided);
}

/** What becomes of the item of a plan, where this database has it. */
export interface MovedItem {
  readonly planId: string;
  readonly studyInstanceUid: string;
  readonly rejectionId: string;
  readonly from: readonly string[];
  readonly to: string;
  readonly outcome?: string | undefined;
}

/** Gives the item of a plan the state that it has had meanwhile. */
export async function moveItem(
  client: Queryable,
  { planId, studyInstanceUid, rejectionId, from, to, outcome }: MovedItem,
  { occurredAt }: Pick<JournalLine, 'occurredAt'>,
): Promise<void> {
  await client.query({
    text: `update disposition_plan_item set state = $5, outcome = $6, changed_at = $7
      where plan_id = $1 and study_instance_uid = $2 and (rejection_id is null or rejection_id = $3)
        and state = any ($4)`,
    values: [planId, studyInstanceUid, rejectionId, from, to, outcome ?? null, occurredAt],
  });
}

function columnsOf(instances: readonly NamedInstance[]) {
  return [
    instances.map(({ sopInstanceUid }) => sopInstanceUid),
    instances.map(({ seriesInstanceUid }) => seriesInstanceUid),
    instances.map(({ sha256 }) => Buffer.from(sha256, 'hex')),
  ];
}

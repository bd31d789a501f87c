/** The items of a disposition plan: immutable but for their state, which its execution records. */
import type { Queryable } from '../database.ts';
import { type InsertTarget, insertRows } from '../insert-rows.ts';
import { rows } from '../read-rows.ts';
import type { VersionName } from './bound-plans.ts';

/** `skipped`: something has changed since it was planned; the outcome says what. */
export type PlanItemState = 'planned' | 'rejected' | 'purging' | 'purged' | 'transferred' | 'skipped';

/** States in which something is left to do. */
export const OPEN_ITEM_STATES: readonly PlanItemState[] = ['planned', 'rejected', 'purging'];

/** What is planned of one study, or of one rejection. */
export interface NewPlanItem {
  /** From 1 on. */
  readonly ordinal: number;
  readonly studyInstanceUid: string;
  /** Code. */
  readonly facility: string;
  /** Of a plan of rejections: what was rejected; undefined: the whole study. */
  readonly rejectionId: string | undefined;
  /** Of its content (study-contents.ts): it has changed where this differs. */
  readonly contentSha256: Buffer;
  /** Id of the rule that decides. */
  readonly rule: string;
  readonly action: 'destroy' | 'transfer';
  /** `YYYY-MM-DD`. */
  readonly earliestDisposition: string;
  readonly instances: number;
  readonly bytes: number;
}

/** With what became of it. */
export interface PlanItem extends NewPlanItem {
  readonly planId: string;
  readonly state: PlanItemState;
  readonly outcome: string | undefined;
  readonly changedAt: Date | undefined;
}

const TARGET: InsertTarget = {
  table: 'disposition_plan_item',
  columns: [
    'plan_id',
    'ordinal',
    'study_instance_uid',
    'facility',
    'rejection_id',
    'content_sha256',
    'rule',
    'action',
    'earliest_disposition',
    'instances',
    'bytes',
  ],
};

const COLUMNS = `plan_id as "planId", ordinal, study_instance_uid as "studyInstanceUid", facility,
  rejection_id as "rejectionId", content_sha256 as "contentSha256", rule, action,
  earliest_disposition as "earliestDisposition", instances, bytes, state, outcome, changed_at as "changedAt"`;

/** Keeps items of a plan, in the transaction that makes it. */
export async function insertPlanItems(
  client: Queryable,
  planId: string,
  items: readonly NewPlanItem[],
): Promise<void> {
  await insertRows(
    client,
    TARGET,
    items.map((item) => [
      planId,
      item.ordinal,
      item.studyInstanceUid,
      item.facility,
      item.rejectionId ?? null,
      item.contentSha256,
      item.rule,
      item.action,
      item.earliestDisposition,
      item.instances,
      item.bytes,
    ]),
  );
}

/** Which items of a plan, in their order. */
export interface PlanItemPage {
  /** Ordinal of the last item of the page before; 0: from the first. */
  readonly after: number;
  readonly limit: number;
  /** Only these; default: all. */
  readonly states?: readonly PlanItemState[];
}

/** A page of a plan's items. */
export async function readPlanItems(
  client: Queryable,
  planId: string,
  { after, limit, states }: PlanItemPage,
): Promise<PlanItem[]> {
  return rows<PlanItem>(
    client,
    `select ${COLUMNS} from disposition_plan_item
      where plan_id = $1 and ordinal > $2 and ($3::text[] is null or state = any ($3)) order by ordinal limit $4`,
    [planId, after, states ?? null, limit],
  );
}

/** The next items that something is left to do for. */
export function nextItems(
  client: Queryable,
  planId: string,
  { after, limit }: Pick<PlanItemPage, 'after' | 'limit'>,
): Promise<PlanItem[]> {
  return readPlanItems(client, planId, { after, limit, states: OPEN_ITEM_STATES });
}

/** One item, locked until the transaction ends; undefined: there is none. Lock the study before it. */
export async function lockItem(
  client: Queryable,
  planId: string,
  ordinal: number,
): Promise<PlanItem | undefined> {
  const [item] = await rows<PlanItem>(
    client,
    `select ${COLUMNS} from disposition_plan_item where plan_id = $1 and ordinal = $2 for update`,
    [planId, ordinal],
  );
  return item;
}

/** What became of an item; `outcome` says why it was skipped or waits, without values of patients. */
export interface ItemRecord {
  readonly planId: string;
  readonly ordinal: number;
  readonly state: PlanItemState;
  readonly outcome?: string | undefined;
  readonly now: Date;
}

/** Records it, in the transaction that does it. */
export async function recordItem(client: Queryable, record: ItemRecord): Promise<void> {
  await client.query({
    name: 'record-plan-item',
    text: `update disposition_plan_item set state = $3, outcome = $4, changed_at = $5
      where plan_id = $1 and ordinal = $2`,
    values: [record.planId, record.ordinal, record.state, record.outcome ?? null, record.now],
  });
}

/** How many items of a plan are in which state, with their instances and bytes. */
export interface PlanProgress {
  readonly state: PlanItemState;
  readonly action: 'destroy' | 'transfer';
  readonly studies: number;
  readonly instances: number;
  readonly bytes: number;
}

/** How far a plan is. */
export async function planProgress(client: Queryable, planId: string): Promise<PlanProgress[]> {
  return rows<PlanProgress>(
    client,
    `select state, action, count(*) as studies, sum(instances)::bigint as instances, sum(bytes)::bigint as bytes
      from disposition_plan_item where plan_id = $1 group by state, action order by state, action`,
    [planId],
  );
}

/** When, and by which version of a schedule: plans that have expired, or were made by another one, do nothing. */
export interface PlansInForce {
  readonly now: Date;
  readonly rules: VersionName;
}

/** Of these studies, those that an open or approved plan in force still means to dispose of. */
export async function alreadyPlanned(
  client: Queryable,
  studyInstanceUids: readonly string[],
  { now, rules: { schedule, version } }: PlansInForce,
): Promise<ReadonlySet<string>> {
  const found = await rows<{ uid: string }>(
    client,
    `select distinct i.study_instance_uid as uid from disposition_plan_item i join disposition_plan p using (plan_id)
      where i.study_instance_uid = any ($1::text[]) and i.state in ('planned', 'rejected', 'purging')
        and p.state in ('open', 'approved') and p.expires_at > $2 and p.schedule = $3 and p.schedule_version = $4`,
    [studyInstanceUids, now, schedule, version],
  );
  return new Set(found.map(({ uid }) => uid));
}

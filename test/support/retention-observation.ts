/**
 * What has happened in an archive since it was looked at last, held against the model: purges that something spoke against,
 * bytes that are not what was sent, tombstones that are missing. The model learns what was purged.
 */
import type { Database } from '@sandyq/database';
import {
  type ModelInstance,
  type ModelStudy,
  presentIn,
  type RetentionModel,
  shownIn,
} from './retention-model.ts';
import { holdsOver, objectionsToPurge, objectionsToRejection } from './retention-objections.ts';
import type { StoredInstances } from './stored-instances.ts';

interface RejectionRow {
  readonly id: string;
  readonly study: string;
  readonly plan: string | null;
  readonly state: string;
}

interface DispositionRow {
  readonly id: string;
  readonly study: string;
  readonly plan: string;
  readonly rejection: string;
  readonly isEnded: boolean;
}

interface InstanceRow {
  readonly uid: string;
  readonly sha256: string;
  readonly state: string;
  readonly key: string | null;
  readonly ordinal: number | null;
}

/** What must not be; empty: all is well. `stored` is what is in the store, and was when it was looked at last. */
export async function observe(
  database: Database,
  model: RetentionModel,
  stored: { readonly before: StoredInstances; readonly now: StoredInstances },
): Promise<string[]> {
  const rejections = await read<RejectionRow>(
    database,
    'select rejection_id as id, study_instance_uid as study, plan_id as plan, state from rejection order by rejection_id',
  );
  const dispositions = await read<DispositionRow>(
    database,
    `select disposition_id as id, study_instance_uid as study, plan_id as plan, rejection_id as rejection,
      ended_at is not null as "isEnded" from disposition order by disposition_id`,
  );
  const instances = await read<InstanceRow>(
    database,
    `select p.sop_instance_uid as uid, encode(p.sha256, 'hex') as sha256, p.state, g.object_key as key, p.ordinal
      from sop_instance p left join segment g on g.segment_id = p.segment_id`,
  );
  const faults = [
    ...rejections.flatMap((row) => learnRejection(model, row)),
    // All that a run of a plan begins it begins before the first of it ends.
    ...dispositions.flatMap((row) => learnPurge(model, row)),
    ...learnTombstones(model, instances),
    ...dispositions.flatMap((row) => checkEnd(model, row)),
    ...checkInstances(model, { instances, stored }),
  ];
  for (const { id, state } of rejections) {
    const known = model.rejections.get(id);
    if (known !== undefined && state === 'restored') known.isRestored = true;
  }
  return faults;
}

async function read<Row extends object>(database: Database, text: string): Promise<Row[]> {
  return (await database.query<Row & Record<string, unknown>>({ text })).rows;
}

/** First phase of a plan. What people reject the model knows before. */
function learnRejection(model: RetentionModel, { id, study: uid, plan: planId }: RejectionRow): string[] {
  if (model.rejections.has(id)) return [];
  const study = model.studies.get(uid);
  const plan = planId === null ? undefined : model.plans.get(planId);
  const item = plan?.items.find((planned) => planned.study === uid);
  if (study === undefined || plan === undefined || item === undefined)
    return [`${uid} was rejected, and nobody planned it`];
  const objections = objectionsToRejection(model, plan, item);
  const instances = shownIn(model, study);
  const rejectedAtMs = model.nowMs;
  model.rejections.set(id, { id, study: uid, instances, rejectedAtMs, planId: plan.id, isRestored: false });
  return objections.map((objection) => `${uid} was rejected, although ${objection}`);
}

function learnPurge(
  model: RetentionModel,
  { id, study: uid, plan: planId, rejection }: DispositionRow,
): string[] {
  if (model.purges.has(id)) return [];
  const study = model.studies.get(uid);
  const plan = model.plans.get(planId);
  const item = plan?.items.find(
    (planned) => planned.study === uid && (plan.kind === 'schedule' || planned.rejectionId === rejection),
  );
  if (study === undefined || plan === undefined || item === undefined)
    return [`${uid} was purged, and is not in the plan`];
  const objections = objectionsToPurge(model, plan, item);
  model.purges.set(id, { id, study: uid, instances: item.instances });
  return objections.map((objection) => `${uid} was purged, although ${objection}`);
}

function learnTombstones(model: RetentionModel, rows: readonly InstanceRow[]): string[] {
  const allowed = new Set([...model.purges.values()].flatMap(({ instances }) => [...instances]));
  const found = new Map(
    rows.flatMap(({ uid, sha256, state }) => (state === 'disposed' ? [[uid, sha256]] : [])),
  );
  const faults: string[] = [];
  for (const { sopInstanceUid: uid, sha256, isGone } of instancesOf(model)) {
    const tombstone = found.get(uid);
    if (isGone && tombstone === undefined) faults.push(`the tombstone of ${uid} has gone`);
    if (tombstone !== undefined && tombstone !== sha256)
      faults.push(`the tombstone of ${uid} has another digest`);
    if (tombstone !== undefined && !allowed.has(uid))
      faults.push(`${uid} was disposed of, and nobody purged it`);
  }
  for (const instance of instancesOf(model)) instance.isGone ||= found.has(instance.sopInstanceUid);
  return faults;
}

function instancesOf(model: RetentionModel): ModelInstance[] {
  return [...model.studies.values()].flatMap((study) => [...study.instances.values()]);
}

function checkEnd(model: RetentionModel, { id, study: uid, isEnded }: DispositionRow): string[] {
  const study = model.studies.get(uid);
  const purge = model.purges.get(id);
  if (!isEnded || study === undefined || purge === undefined) return [];
  const present = presentIn(study);
  const left = [...purge.instances].filter((instance) => present.has(instance));
  return left.map((instance) => `the purge of ${instance} has ended without a tombstone`);
}

function checkInstances(
  model: RetentionModel,
  {
    instances: rows,
    stored,
  }: {
    readonly instances: readonly InstanceRow[];
    readonly stored: { readonly before: StoredInstances; readonly now: StoredInstances };
  },
): string[] {
  const byUid = new Map(rows.map((row) => [row.uid, row]));
  const going = new Set([...model.purges.values()].flatMap(({ instances }) => [...instances]));
  return [...model.studies.values()].flatMap((study) =>
    [...study.instances.values()].flatMap((instance) => {
      const { sopInstanceUid: uid } = instance;
      if (instance.isGone) return checkGone(instance, stored.now);
      if (going.has(uid)) return checkHeld(model, { study, uid, stored });
      return checkReadable(instance, byUid.get(uid), stored.now);
    }),
  );
}

function checkGone({ sopInstanceUid: uid, isSentAgain }: ModelInstance, stored: StoredInstances): string[] {
  return isSentAgain || !stored.has(uid) ? [] : [`${uid} was purged, and is in the store`];
}

/** Its purge has begun and not ended: under a hold nothing more of it goes. */
function checkHeld(
  model: RetentionModel,
  {
    study,
    uid,
    stored: { before, now },
  }: {
    readonly study: ModelStudy;
    readonly uid: string;
    readonly stored: { readonly before: StoredInstances; readonly now: StoredInstances };
  },
): string[] {
  const isKept = holdsOver(model, study).length === 0 || !before.has(uid) || now.has(uid);
  return isKept ? [] : [`the bytes of ${uid} were deleted under a hold`];
}

function checkReadable(
  { sopInstanceUid: uid, sha256 }: ModelInstance,
  row: InstanceRow | undefined,
  stored: StoredInstances,
): string[] {
  if (row === undefined || row.key === null || row.ordinal === null) return [`${uid} is not in the index`];
  const found = stored.at(row.key, row.ordinal);
  if (found?.sopInstanceUid !== uid) return [`${uid} is not where the index says`];
  return found.sha256 === sha256 && row.sha256 === sha256
    ? []
    : [`the bytes of ${uid} are not those that were sent`];
}

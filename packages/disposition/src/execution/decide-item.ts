/** One step of one item of a plan: decided in a transaction, under the lock of its study, after everything was checked anew. */
import {
  beginDisposition,
  hasVerdictsDue,
  isBeingCompacted,
  isWholeStudyRejected,
  type LockedStudy,
  lockItem,
  lockStudyContent,
  type OpenRejection,
  type Plan,
  type PlanItem,
  type Queryable,
  recordItem,
  rejectInstances,
  rejectionOfItem,
  restorableUntil,
  restoreRejection,
  unendedOfStudy,
} from '@sandyq/database';
import { endOfGrace } from '../rejection/reject-by-hand.ts';
import { inContendedTransaction } from '../rejection/repeat-contended.ts';
import { checkItem, readPlanToExecute } from './check-item.ts';
import type { ExecutionPorts } from './execution-ports.ts';

/** What was decided. Of `begun` bytes are to be deleted, once the journal has it; of `transfer` they are to be moved. */
export type ItemStep =
  | { readonly kind: 'rejected' | 'grace'; readonly restoreUntil: Date }
  | { readonly kind: 'begun'; readonly dispositionId: string }
  | { readonly kind: 'transfer' }
  | { readonly kind: 'over' }
  | { readonly kind: 'skipped' | 'held' | 'waiting'; readonly why: string };

/** Who carries a plan out, and which item of it. */
export interface ItemOrder {
  readonly item: Pick<PlanItem, 'planId' | 'ordinal' | 'studyInstanceUid'>;
  readonly executedBy: string;
  /** Nothing is changed; what would be done is said. */
  readonly isDryRun: boolean;
}

/**
 * Takes the next step of an item, or says why there is none. Its journal lines are durable later: nothing is reported, and
 * nothing deleted, before. Throws DispositionError if the plan cannot be carried out (any more).
 */
export async function decideItem(ports: ExecutionPorts, order: ItemOrder): Promise<ItemStep> {
  return inContendedTransaction(ports.database, async (client): Promise<ItemStep> => {
    const study = await lockStudyContent(client, order.item.studyInstanceUid);
    const now = ports.now();
    const plan = await readPlanToExecute(client, order.item.planId, now);
    const item = await lockItem(client, plan.planId, order.item.ordinal);
    if (item === undefined) return { kind: 'over' };
    return stepOf(client, ports, { ...order, plan, item, study, now });
  });
}

interface Decision extends Omit<ItemOrder, 'item'> {
  readonly plan: Plan;
  readonly item: PlanItem;
  readonly study: LockedStudy | undefined;
  readonly now: Date;
}

async function stepOf(client: Queryable, ports: ExecutionPorts, decision: Decision): Promise<ItemStep> {
  const { plan, item, study, now } = decision;
  if (item.state === 'purging') {
    const begun = await unendedOfStudy(client, item.studyInstanceUid);
    return begun === undefined ? { kind: 'over' } : { kind: 'begun', dispositionId: begun.dispositionId };
  }
  if (item.state !== 'planned' && item.state !== 'rejected') return { kind: 'over' };
  const check = await checkItem(client, { plan, item, now });
  if (check.kind === 'held') return note(client, decision, { kind: 'held', why: check.why });
  if (check.kind === 'changed') return skip(client, decision, check.why);
  if (study === undefined) return skip(client, decision, 'nothing of the study is left');
  if (item.action === 'transfer') return { kind: 'transfer' };
  if (item.state === 'planned' && plan.kind === 'schedule') return reject(client, ports, decision);
  return purge(client, ports, { ...decision, study });
}

/** The plan does nothing more with the item. What it has hidden is shown again. */
async function skip(client: Queryable, decision: Decision, why: string): Promise<ItemStep> {
  const { plan, item, executedBy, now, isDryRun } = decision;
  if (isDryRun) return { kind: 'skipped', why };
  const rejection = plan.kind === 'schedule' ? await rejectionOfItem(client, item) : undefined;
  if (rejection !== undefined) {
    const { rejectionId } = rejection;
    await restoreRejection(client, { rejectionId, reason: why, restoredBy: executedBy, now });
  }
  await recordItem(client, {
    planId: plan.planId,
    ordinal: item.ordinal,
    state: 'skipped',
    outcome: why,
    now,
  });
  return { kind: 'skipped', why };
}

/** The item stays as it is, and says why. */
async function note(
  client: Queryable,
  { plan, item, now, isDryRun }: Decision,
  step: { readonly kind: 'held' | 'waiting'; readonly why: string },
): Promise<ItemStep> {
  if (!isDryRun && item.outcome !== step.why)
    await recordItem(client, {
      planId: plan.planId,
      ordinal: item.ordinal,
      state: item.state,
      outcome: step.why,
      now,
    });
  return step;
}

/** First phase: the study is hidden. */
async function reject(client: Queryable, ports: ExecutionPorts, decision: Decision): Promise<ItemStep> {
  const { plan, item, executedBy, now, isDryRun } = decision;
  const restoreUntil = endOfGrace(now, ports.graceDays);
  if (isDryRun) return { kind: 'rejected', restoreUntil };
  await rejectInstances(client, {
    rejectionId: ports.newId(),
    studyInstanceUid: item.studyInstanceUid,
    reasonCode: '113039',
    reasonText: `Data retention period expired: rule ${item.rule} of ${plan.schedule}, version ${plan.scheduleVersion}`,
    planId: plan.planId,
    rejectedBy: executedBy,
    now,
    restoreUntil,
  });
  await recordItem(client, { planId: plan.planId, ordinal: item.ordinal, state: 'rejected', now });
  return { kind: 'rejected', restoreUntil };
}

/** Second phase: bytes are deleted from here on. */
async function purge(
  client: Queryable,
  ports: ExecutionPorts,
  decision: Decision & { readonly study: LockedStudy },
): Promise<ItemStep> {
  const { plan, item, study, now, isDryRun } = decision;
  const rejection = await rejectionOfItem(client, item);
  if (rejection === undefined) return skip(client, decision, 'what was rejected was restored');
  // A whole study goes with what others have rejected of it: their grace counts, too.
  const restoreUntil =
    item.rejectionId === undefined
      ? ((await restorableUntil(client, item.studyInstanceUid)) ?? rejection.restoreUntil)
      : rejection.restoreUntil;
  if (restoreUntil > now) return { kind: 'grace', restoreUntil };
  const obstacle = await obstacleTo(client, study.studyKey, item.studyInstanceUid);
  if (obstacle !== undefined) return note(client, decision, { kind: 'waiting', why: obstacle });
  const dispositionId = ports.newId();
  if (isDryRun) return { kind: 'begun', dispositionId };
  await begin(client, { ...decision, rejection, dispositionId });
  await recordItem(client, { planId: plan.planId, ordinal: item.ordinal, state: 'purging', now });
  return { kind: 'begun', dispositionId };
}

async function obstacleTo(
  client: Queryable,
  studyKey: number,
  studyInstanceUid: string,
): Promise<string | undefined> {
  if (await hasVerdictsDue(client, studyKey)) return 'entries of the study are being judged';
  if (await isBeingCompacted(client, studyInstanceUid)) return 'segments of the study are being joined';
  const other = await unendedOfStudy(client, studyInstanceUid);
  return other && `disposition ${other.dispositionId} of the study has not ended`;
}

async function begin(
  client: Queryable,
  {
    plan,
    item,
    study: { studyKey, facility },
    rejection: { rejectionId, reasonCode },
    dispositionId,
    executedBy,
    now,
  }: Decision & {
    readonly study: LockedStudy;
    readonly rejection: OpenRejection;
    readonly dispositionId: string;
  },
): Promise<void> {
  if (plan.approvedBy === undefined) throw new TypeError('a plan to execute is approved');
  const isWholeStudy =
    item.rejectionId === undefined || (await isWholeStudyRejected(client, { studyKey, rejectionId }));
  await beginDisposition(client, {
    studyKey,
    disposition: {
      dispositionId,
      studyInstanceUid: item.studyInstanceUid,
      facility,
      isWholeStudy,
      rejectionId,
      planId: plan.planId,
      planSha256: plan.sha256,
      schedule: plan.schedule,
      scheduleVersion: plan.scheduleVersion,
      rule: item.rule,
      reasonCode,
      contentSha256: item.contentSha256,
      instances: item.instances,
      bytes: item.bytes,
      plannedBy: plan.createdBy,
      approvedBy: plan.approvedBy,
      executedBy,
      begunAt: now,
    },
  });
}

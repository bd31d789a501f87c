/** Disposition plans: what is to be disposed of, as it stood when it was planned. One makes them, another approves. */
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { writeJournalLine } from '../journal.ts';
import { rows } from '../read-rows.ts';
import { isUuid } from '../uuid.ts';

/** `schedule`: studies by their rules; `rejections`: what was rejected by hand and may not be restored any more. */
export type PlanKind = 'schedule' | 'rejections';
/** `ended`: nothing is left to do by it. */
export type PlanState = 'open' | 'approved' | 'ended' | 'withdrawn';

/** A plan that is made. */
export interface NewPlan {
  /** UUID. */
  readonly planId: string;
  readonly kind: PlanKind;
  /** The version that was in force. */
  readonly schedule: string;
  readonly scheduleVersion: number;
  /** Over the canonical items. */
  readonly sha256: Buffer;
  readonly studies: number;
  readonly instances: number;
  readonly bytes: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  /** From then on nothing more is done by it. */
  readonly expiresAt: Date;
}

/** A plan with what became of it. */
export interface Plan extends NewPlan {
  readonly state: PlanState;
  readonly approvedBy: string | undefined;
  readonly approvedAt: Date | undefined;
  readonly withdrawnBy: string | undefined;
  readonly withdrawnAt: Date | undefined;
}

const COLUMNS = `plan_id as "planId", kind, schedule, schedule_version as "scheduleVersion", sha256, studies, instances,
  bytes, created_by as "createdBy", created_at as "createdAt", expires_at as "expiresAt", state,
  approved_by as "approvedBy", approved_at as "approvedAt", withdrawn_by as "withdrawnBy", withdrawn_at as "withdrawnAt"`;

/** Keeps a plan; its items follow in the same transaction (plan-items.ts). */
export async function insertPlan(client: Queryable, plan: NewPlan): Promise<void> {
  await client.query({
    name: 'insert-plan',
    text: `insert into disposition_plan (plan_id, kind, schedule, schedule_version, sha256, studies, instances, bytes,
        created_by, created_at, expires_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    values: [
      plan.planId,
      plan.kind,
      plan.schedule,
      plan.scheduleVersion,
      plan.sha256,
      plan.studies,
      plan.instances,
      plan.bytes,
      plan.createdBy,
      plan.createdAt,
      plan.expiresAt,
    ],
  });
}

/**
 * One plan. `for share`: until the transaction ends it is neither withdrawn nor ended. Throws DatabaseError('not-found').
 */
export async function readPlan(
  client: Queryable,
  planId: string,
  lock: 'for update' | 'for share' | '' = '',
): Promise<Plan> {
  const [plan] = isUuid(planId)
    ? await rows<Plan>(client, `select ${COLUMNS} from disposition_plan where plan_id = $1 ${lock}`, [planId])
    : [];
  if (plan !== undefined) return plan;
  throw new DatabaseError('not-found', `there is no plan ${planId}`);
}

/** Up to `limit` plans, newest first; those made before the plan `before`, if it is given. */
export async function listPlans(
  client: Queryable,
  { state, before }: { readonly state?: PlanState | undefined; readonly before?: string | undefined },
  limit: number,
): Promise<Plan[]> {
  return rows<Plan>(
    client,
    `select ${COLUMNS} from disposition_plan p where ($1::text is null or p.state = $1)
      and ($2::uuid is null or (p.created_at, p.plan_id) <
        (select b.created_at, b.plan_id from disposition_plan b where b.plan_id = $2))
      order by p.created_at desc, p.plan_id desc limit $3`,
    [state ?? null, before ?? null, limit],
  );
}

/**
 * Another principal than who made it approves, with the journal line; call it within a transaction, and report it when that
 * line is in the store. Throws DatabaseError('not-found'), or 'conflict' if it is not open, has expired at `now`, or was
 * made by the same principal.
 */
export async function approvePlan(
  client: Queryable,
  { planId, now }: { readonly planId: string; readonly now: Date },
  approvedBy: string,
): Promise<Plan> {
  const plan = await readPlan(client, planId, 'for update');
  if (plan.state !== 'open') throw new DatabaseError('conflict', `plan ${planId} is ${plan.state}, not open`);
  if (plan.expiresAt <= now)
    throw new DatabaseError('conflict', `plan ${planId} has expired: make a new one`);
  if (plan.createdBy === approvedBy)
    throw new DatabaseError('conflict', 'a plan must be approved by another person than the one who made it');
  await client.query({
    name: 'approve-plan',
    text: `update disposition_plan set state = 'approved', approved_by = $2, approved_at = $3 where plan_id = $1`,
    values: [planId, approvedBy, now],
  });
  await writeJournalLine(client, {
    kind: 'plan-approved',
    decidedBy: approvedBy,
    occurredAt: now,
    fact: {
      planId,
      planKind: plan.kind,
      schedule: plan.schedule,
      scheduleVersion: plan.scheduleVersion,
      sha256: plan.sha256.toString('hex'),
      studies: plan.studies,
      instances: plan.instances,
      bytes: plan.bytes,
      createdBy: plan.createdBy,
      createdAt: plan.createdAt.toISOString(),
      expiresAt: plan.expiresAt.toISOString(),
    },
  });
  return readPlan(client, planId);
}

/**
 * Nothing more is done by it; what it has rejected stays so until somebody restores it. An approved one is withdrawn with the
 * journal line: the journal knows no other plan. Call it within a transaction, and report it when that line is in the
 * store. Throws DatabaseError('not-found'), or 'conflict' if it is over already.
 */
export async function withdrawPlan(client: Queryable, planId: string, withdrawnBy: string): Promise<Plan> {
  const plan = await readPlan(client, planId, 'for update');
  if (plan.state === 'ended' || plan.state === 'withdrawn')
    throw new DatabaseError('conflict', `plan ${planId} is ${plan.state} already`);
  await client.query({
    name: 'withdraw-plan',
    text: `update disposition_plan set state = 'withdrawn', withdrawn_by = $2,
        withdrawn_at = date_trunc('milliseconds', now()) where plan_id = $1`,
    values: [plan.planId, withdrawnBy],
  });
  if (plan.state === 'approved')
    await writeJournalLine(client, {
      kind: 'plan-withdrawn',
      decidedBy: withdrawnBy,
      fact: { planId: plan.planId },
    });
  return readPlan(client, plan.planId);
}

/** Ends an approved plan none of whose items is open any more; whether it is over. Within a transaction. */
export async function endPlanIfDone(client: Queryable, planId: string): Promise<boolean> {
  const plan = await readPlan(client, planId, 'for update');
  if (plan.state !== 'approved') return plan.state !== 'open';
  const open = await client.query({
    name: 'plan-has-open-items',
    text: `select from disposition_plan_item
      where plan_id = $1 and state in ('planned', 'rejected', 'purging') limit 1`,
    values: [planId],
  });
  if (open.rowCount !== 0) return false;
  await client.query({
    name: 'end-plan',
    text: `update disposition_plan set state = 'ended' where plan_id = $1`,
    values: [planId],
  });
  return true;
}

/** Plans as people read them: one JSON shape for the API, the command line and reports. */
import type { Plan, PlanItem, PlanProgress, Queryable } from '@sandyq/database';
import { scheduleInForce } from '../schedules/schedule-in-force.ts';

/** What a plan is worth depends on more than itself. */
export interface PlanStanding {
  readonly now: Date;
  /** The version in force; undefined: none is. */
  readonly inForce: { readonly schedule: string; readonly version: number } | undefined;
}

/** As things stand at `now`. */
export async function planStanding(client: Queryable, now: Date): Promise<PlanStanding> {
  return { now, inForce: (await scheduleInForce(client, now))?.rules };
}

/**
 * - `expired`: nothing more is done by it, although it was not done;
 * - `superseded`: nothing is done by it while another version of a schedule is in force than the one it was made by.
 */
type DescribedState = Plan['state'] | 'expired' | 'superseded';

function stateOf(plan: Plan, { now, inForce }: PlanStanding): DescribedState {
  if (plan.state === 'ended' || plan.state === 'withdrawn') return plan.state;
  if (plan.expiresAt <= now) return 'expired';
  const isBound = plan.schedule === inForce?.schedule && plan.scheduleVersion === inForce.version;
  return isBound ? plan.state : 'superseded';
}

/** A plan, with how far it is, if that was read. */
export function describePlan(plan: Plan, standing: PlanStanding, progress?: readonly PlanProgress[]) {
  return {
    id: plan.planId,
    kind: plan.kind,
    state: stateOf(plan, standing),
    schedule: plan.schedule,
    scheduleVersion: plan.scheduleVersion,
    sha256: plan.sha256.toString('hex'),
    studies: plan.studies,
    instances: plan.instances,
    bytes: plan.bytes,
    createdBy: plan.createdBy,
    createdAt: plan.createdAt,
    expiresAt: plan.expiresAt,
    approvedBy: plan.approvedBy,
    approvedAt: plan.approvedAt,
    withdrawnBy: plan.withdrawnBy,
    withdrawnAt: plan.withdrawnAt,
    progress,
  };
}

/** See {@link describePlan}. */
export type DescribedPlan = ReturnType<typeof describePlan>;

/** An item of a plan. */
export function describePlanItem(item: PlanItem) {
  const { planId: _, contentSha256, ...rest } = item;
  return { ...rest, contentSha256: contentSha256.toString('hex') };
}

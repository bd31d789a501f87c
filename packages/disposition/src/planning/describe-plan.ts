/** Plans as people read them: one JSON shape for the API, the command line and reports. */
import type { Plan, PlanItem, PlanProgress } from '@sandyq/database';

/** A plan, with how far it is, if that was read. */
export function describePlan(plan: Plan, now: Date, progress?: readonly PlanProgress[]) {
  const isOver = plan.state === 'ended' || plan.state === 'withdrawn';
  return {
    id: plan.planId,
    kind: plan.kind,
    /** `expired`: nothing more is done by it, although it was not done. */
    state: !isOver && plan.expiresAt <= now ? ('expired' as const) : plan.state,
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

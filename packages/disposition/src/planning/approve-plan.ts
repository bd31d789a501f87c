/** The second person: approves a plan that another one made. And the end of a plan that nobody wants. */
import { approvePlan, withdrawPlan as endPlan, type Plan, type Queryable, readPlan } from '@sandyq/database';
import { exportDecision, type JournalPorts } from '@sandyq/indexing';
import { type Actor, assertOperator } from '../actor.ts';
import { decideOrTry } from '../decide-or-try.ts';
import { DispositionError } from '../errors.ts';
import { demandScheduleInForce } from '../schedules/find-schedule.ts';
import { assertPlanIntact } from './plan-digest.ts';

/** What is approved: the plan, and the digest of the list that the approver has read. */
export interface Approval {
  readonly planId: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Everything is checked, and nothing done. */
  readonly isDryRun?: boolean;
}

/**
 * Resolves when the journal has the approval. Throws DispositionError('same-person') for one who is no operator, ('conflict')
 * where the digest, the items or the schedule in force are others than those of the plan; DatabaseError as `approvePlan`.
 */
export async function approveDispositionPlan(
  ports: JournalPorts & { readonly now: () => Date },
  { planId, sha256, isDryRun = false }: Approval,
  actor: Actor,
): Promise<Plan> {
  assertOperator(actor, 'Approving a plan');
  const { database, now } = ports;
  const plan = await readPlan(database, planId);
  if (plan.sha256.toString('hex') !== sha256.toLowerCase())
    throw new DispositionError('conflict', `The digest of plan ${planId} is another one: read it again.`);
  await assertPlanIntact(database, plan);
  await assertSameSchedule(database, plan, now());
  const approved = await decideOrTry(database, isDryRun, (client) =>
    approvePlan(client, { planId, now: now() }, actor.principalId),
  );
  if (!isDryRun) await exportDecision(ports);
  return approved;
}

/** Throws DispositionError('conflict') unless the schedule by which the plan was made is still the one in force. */
export async function assertSameSchedule(client: Queryable, plan: Plan, now: Date): Promise<void> {
  const { schedule, version } = await demandScheduleInForce(client, now);
  if (schedule === plan.schedule && version === plan.scheduleVersion) return;
  throw new DispositionError(
    'conflict',
    `Plan ${plan.planId} was made by ${plan.schedule}@${plan.scheduleVersion}; ` +
      `${schedule}@${version} is in force now: make a new plan.`,
  );
}

/**
 * Ends a plan before it is done; resolves when the journal says so. Throws DatabaseError('not-found' or 'conflict') as
 * `withdrawPlan` of the database does.
 */
export async function withdrawDispositionPlan(
  ports: JournalPorts,
  planId: string,
  { principalId }: Actor,
): Promise<Plan> {
  const withdrawn = await ports.database.inTransaction((client) => endPlan(client, planId, principalId));
  await exportDecision(ports);
  return withdrawn;
}

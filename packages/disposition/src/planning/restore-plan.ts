/** What a plan has hidden is shown again: all of it, when nothing more is done by the plan. */
import { DatabaseError, readPlan, rejectionsByPlan, restoreRejection } from '@sandyq/database';
import { assertIndexCaughtUp, exportDecision, settleFounders } from '@sandyq/indexing';
import type { Actor } from '../actor.ts';
import { DispositionError } from '../errors.ts';
import { readText } from '../holds/hold-request.ts';
import type { RejectionPorts } from '../rejection/rejection-ports.ts';
import { inContendedTransaction } from '../rejection/repeat-contended.ts';
import { describePlan, planStanding } from './describe-plan.ts';

/** As a person asks for it. */
export interface PlanRestoration {
  readonly planId: string;
  /** Why. */
  readonly reason: string;
  /** Only says how many. */
  readonly isDryRun?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** How many rejections of the plan are shown again, and how many instances with them. */
export interface RestoredPlan {
  rejections: number;
  /** 0 of a dry run: they are counted as they are shown. */
  instances: number;
}

const REJECTIONS_AT_ONCE = 100;

/**
 * Shows everything again that the plan has hidden and that is not being purged. It may be stopped at any time, and repeated.
 * Throws DispositionError('conflict') for a plan that still hides and purges: it is withdrawn first; ('bad-input') without
 * a reason; DatabaseError('not-found'), and JournalError where the index is behind, or the store does not have it yet.
 */
export async function restorePlan(
  ports: RejectionPorts,
  { planId, isDryRun = false, signal, ...request }: PlanRestoration,
  { principalId: restoredBy }: Actor,
): Promise<RestoredPlan> {
  const { database, now } = ports;
  const reason = readText('reason', request.reason);
  const plan = await readPlan(database, planId);
  const { state } = describePlan(plan, await planStanding(database, now()));
  if (state === 'open' || state === 'approved')
    throw new DispositionError('conflict', `Plan ${planId} is ${state}: withdraw it first.`);
  if (!isDryRun) await assertIndexCaughtUp(ports);
  const restored: RestoredPlan = { rejections: 0, instances: 0 };
  for (let after: string | undefined; ; ) {
    const page = await rejectionsByPlan(database, planId, { after, limit: REJECTIONS_AT_ONCE });
    for (const rejectionId of page) {
      if (signal?.aborted === true) break;
      if (isDryRun) restored.rejections += 1;
      else await restoreOne(ports, restored, { rejectionId, reason, restoredBy, now: now() });
    }
    if (!isDryRun && page.length > 0) await exportDecision(ports);
    after = page.at(-1);
    if (page.length < REJECTIONS_AT_ONCE || signal?.aborted === true) break;
  }
  if (restored.instances > 0) await settleFounders(ports);
  return restored;
}

/** One that somebody has restored this moment, or that is purged by another plan, is left as it is. */
async function restoreOne(
  { database, logger }: RejectionPorts,
  restored: RestoredPlan,
  restoration: Parameters<typeof restoreRejection>[1],
): Promise<void> {
  const { rejectionId } = restoration;
  try {
    const instances = await inContendedTransaction(database, (client) =>
      restoreRejection(client, restoration),
    );
    restored.rejections += 1;
    restored.instances += instances;
    logger.info('rejection-restored', { rejectionId, instances });
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== 'conflict') throw error;
    logger.info('rejection-left', { rejectionId });
  }
}

/** Commits what was planned for segments, in one transaction, and gives the verdicts that it leaves open. */
import {
  type CommitOutcome,
  type Database,
  isVerdictDue,
  recordVerdictsGiven,
  rejectedAt,
  type SegmentCommit,
  settleSegment,
} from '@sandyq/database';
import type { ObjectStore } from '@sandyq/storage';
import { judge, type Newcomer, noteEqual } from '../judge.ts';
import type { IndexingPorts } from '../stored-segment.ts';
import type { ReplayPlan } from './plan-replay.ts';

export interface CommitPlansPorts extends Pick<IndexingPorts, 'pixels'> {
  readonly database: Database;
  readonly store: ObjectStore;
  /** One transaction; see GroupCommit.submitTogether. */
  readonly commit: (segments: readonly SegmentCommit[]) => Promise<CommitOutcome[][]>;
}

/**
 * Segments in the order in which they were received. Throws StorageError and DatabaseError: then nothing is known, and
 * the same call may be repeated. Returns how many instances are in the index by it.
 */
export async function commitPlans(ports: CommitPlansPorts, plans: readonly ReplayPlan[]): Promise<number> {
  const outcomes = await ports.commit(plans.flatMap(({ parts }) => parts.map(({ commit }) => commit)));
  let held = 0;
  for (const plan of plans) held += await conclude(ports, plan, outcomes.splice(0, plan.parts.length));
  return held;
}

async function conclude(
  ports: CommitPlansPorts,
  { segment, parts }: ReplayPlan,
  outcomes: readonly (readonly CommitOutcome[])[],
): Promise<number> {
  for (const [partIndex, { newcomers }] of parts.entries()) {
    for (const [index, newcomer] of newcomers.entries()) {
      const outcome = outcomes[partIndex]?.[index] ?? { kind: 'failed', sqlState: undefined };
      if (isVerdictDue(outcome)) await judgeReplayed(ports, newcomer, outcome);
    }
  }
  const all = outcomes.flat();
  const held = all.filter((outcome) => !isVerdictDue(outcome)).length;
  if (held === 0) await settleSegment(ports.database, segment.id);
  // Until here its verdicts were due if there were any, or if it took more than one transaction.
  if (held < all.length || parts.length > 1) await recordVerdictsGiven(ports.database, segment.id);
  return held;
}

/** Bytes that came again before the instance was rejected were no repeat of something rejected, and are none now. */
async function judgeReplayed(
  ports: CommitPlansPorts,
  newcomer: Newcomer,
  outcome: CommitOutcome,
): Promise<void> {
  const existing = outcome.kind === 'exists' ? outcome.existing : undefined;
  const isEqual = existing?.sha256.toString('hex') === newcomer.instance.entry.sha256;
  if (existing?.state === 'rejected' && isEqual) {
    const at = await rejectedAt(ports.database, existing.sopInstanceUid);
    if (at === undefined || new Date(newcomer.segment.receipt.receivedAt) <= at) {
      await noteEqual(ports, newcomer, { existing, isSameEncoding: true });
      return;
    }
  }
  await judge(ports, newcomer, outcome);
}

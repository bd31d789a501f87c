/**
 * What the commit leaves to be judged: contents are compared and recorded after it, outside of its transaction. Until
 * then the segment says so, and reconcile finds it if the process dies in between.
 */
import type { Queryable } from '../database.ts';
import type { CommitOutcome, InstanceCommit, SegmentCommit } from './facts.ts';

/** Whether somebody has yet to record what becomes of the instance. */
export function isVerdictDue(outcome: CommitOutcome): boolean {
  return outcome.kind !== 'stored' && outcome.kind !== 'identity-conflict' && outcome.kind !== 'rejected';
}

/** Marks the segments that have entries to be judged. */
export async function noteVerdictsDue(
  client: Queryable,
  segments: readonly SegmentCommit[],
  outcomes: ReadonlyMap<InstanceCommit, CommitOutcome>,
): Promise<void> {
  const due = segments.filter(({ instances }) =>
    instances.some((instance) => {
      const outcome = outcomes.get(instance);
      return outcome === undefined || isVerdictDue(outcome);
    }),
  );
  if (due.length === 0) return;
  await client.query({
    name: 'note-verdicts-due',
    text: 'update segment set verdicts_due = true where segment_id = any ($1)',
    values: [due.map(({ segmentId }) => segmentId)],
  });
}

/** Notes that every verdict on the segment's entries is recorded. */
export async function recordVerdictsGiven(client: Queryable, segmentId: string): Promise<void> {
  await client.query({
    name: 'record-verdicts-given',
    text: 'update segment set verdicts_due = false where segment_id = $1',
    values: [segmentId],
  });
}

/** One instance that a person has decided on: committed with that decision in one transaction, beside the group commit. */
import type { Database, Queryable } from '../database.ts';
import type { CommitOutcome, SegmentCommit } from './facts.ts';
import { commitOrBisect } from './group-commit.ts';

/** What else happens in the transaction. Called once an attempt. */
export interface DecidedCommitSteps {
  /** Before the instance is claimed. */
  readonly first?: (client: Queryable) => Promise<void>;
  /** Once it is known what becomes of the instance; what it throws undoes everything. */
  readonly decide: (client: Queryable, outcome: CommitOutcome) => Promise<void>;
}

/**
 * Commits the one submitted instance of a segment. Where PostgreSQL refuses a value the outcome is `failed`: then
 * nothing was decided. Throws DatabaseError and what the steps throw: nothing was kept.
 */
export async function commitDecided(
  database: Database,
  segment: SegmentCommit,
  { first, decide }: DecidedCommitSteps,
): Promise<CommitOutcome> {
  const [instance, ...others] = segment.instances;
  if (instance === undefined || others.length > 0) throw new TypeError('a decision is about one instance');
  const outcomeIn = (outcomes: ReadonlyMap<typeof instance, CommitOutcome>): CommitOutcome =>
    outcomes.get(instance) ?? { kind: 'failed', sqlState: undefined };
  const outcomes = await commitOrBisect(database, [segment], {
    ...(first !== undefined && { first }),
    last: async (client, found) => {
      await tieToSeries(client, segment.segmentId, instance.sopInstanceUid);
      await decide(client, outcomeIn(found));
    },
  });
  return outcomeIn(outcomes);
}

/** A segment of which everything had been refused knows no keys of its study and series yet. */
async function tieToSeries(client: Queryable, segmentId: string, sopInstanceUid: string): Promise<void> {
  await client.query({
    name: 'tie-segment-to-series',
    text: `update segment g set study_key = p.study_key, series_key = p.series_key
      from sop_instance p where g.segment_id = $1 and p.sop_instance_uid = $2 and p.segment_id = g.segment_id`,
    values: [segmentId, sopInstanceUid],
  });
}

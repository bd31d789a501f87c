/**
 * The index transaction of a batch (design §6): claim UIDs → read what existed → patients → studies → series →
 * instances → change feed → counters. Every table is entered in the same order and by sorted keys.
 */
import type { Database, Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { insertRows } from '../insert-rows.ts';
import { disposedInstances } from '../retention/gone.ts';
import { retiredSegments } from '../rewrite/retired-segments.ts';
import { assertKeysOfHeld } from './assert-keys.ts';
import type { Candidate, Standing } from './candidate.ts';
import { claimSopInstances, readExisting } from './claim-sop-instances.ts';
import { countNewcomers } from './count-newcomers.ts';
import type { CommitOutcome, ExistingInstance, InstanceCommit, SegmentCommit } from './facts.ts';
import { hideAwaited } from './hide-awaited.ts';
import { hideReplayed } from './hide-replayed.ts';
import { insertInstances, insertSegments } from './instances.ts';
import { insertKept } from './kept-entries.ts';
import { KeysChangedError } from './keys-changed-error.ts';
import type { KnownSeries } from './known-series.ts';
import { recordAbsences } from './record-absences.ts';
import { type KeysBySegment, resolveKeys } from './resolve-keys.ts';
import { ensureSeries } from './series.ts';
import { joinStudies } from './studies.ts';
import { takeOverAwaited } from './take-over-awaited.ts';
import { noteVerdictsDue } from './verdicts-due.ts';

/** Retries of a transaction that collided with another one. */
const MAX_ATTEMPTS = 8;

export type Outcomes = ReadonlyMap<InstanceCommit, CommitOutcome>;

/** What else happens in the transaction of a commit. Called once an attempt: a repeated transaction begins anew. */
export interface CommitSteps {
  /** Before anything is claimed. */
  readonly first?: (client: Queryable) => Promise<void>;
  /** After everything; what it throws undoes the commit. */
  readonly last?: (client: Queryable, outcomes: Outcomes) => Promise<void>;
}

/** What a process that commits again and again may do otherwise. */
export interface CommitOptions extends CommitSteps {
  readonly known?: KnownSeries | undefined;
  /** Resolves when the segments are objects of the store: not before is anything committed. What it rejects with undoes everything. */
  readonly stored?: Promise<unknown> | undefined;
}

/** A transaction waits so long for the store: its locks are in others' way. */
const STORED_WITHIN_MS = 250;

/** Commits the batch as one transaction. Throws DatabaseError('data') when a value does not fit and KeysChangedError where rows were lost: nothing was kept then. */
export async function commitInstances(
  database: Database,
  segments: readonly SegmentCommit[],
  { known, stored, ...steps }: CommitOptions = {},
): Promise<Outcomes> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (attempt > 1) await stored;
      const keys = await resolveKeys(database, segments, known);
      const commit = async (client: Queryable) => {
        await steps.first?.(client);
        const outcomes = await commitWithin(client, segments, keys);
        await steps.last?.(client, outcomes);
        await within(STORED_WITHIN_MS, stored);
        return outcomes;
      };
      return await database.inTransaction(commit, { keepsPlans: true });
    } catch (error) {
      for (const segment of segments) known?.forget(segment);
      if (attempt >= MAX_ATTEMPTS || !isWorthRepeating(error)) throw error;
    }
  }
}

/** After a COMMIT of unknown outcome the same segments are sent again: those that are known by id answer from their rows. */
function isWorthRepeating(error: unknown): boolean {
  if (error instanceof KeysChangedError || error instanceof NotStoredYetError) return true;
  if (!(error instanceof DatabaseError)) return false;
  // Its patient was disposed of with the last study that was theirs, between being read and being named.
  const isPatientGone = error.sqlState === FOREIGN_KEY_VIOLATION;
  return error.code === 'contention' || error.code === 'commit-unknown' || isPatientGone;
}

/** SQLSTATE (PostgreSQL, Appendix A). */
const FOREIGN_KEY_VIOLATION = '23503';

/** The store takes long: the transaction is given up, and done again when it is ready. */
class NotStoredYetError extends Error {}

async function within(milliseconds: number, stored: Promise<unknown> | undefined): Promise<void> {
  if (stored === undefined) return;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new NotStoredYetError()), milliseconds);
  try {
    await Promise.race([stored, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function commitWithin(
  client: Queryable,
  segments: readonly SegmentCommit[],
  keys: KeysBySegment,
): Promise<Outcomes> {
  const candidates = segments.flatMap((segment) => candidatesOf(segment, keys));
  const [inserted, fresh] = await Promise.all([
    insertSegments(client, segments, keys),
    claimSopInstances(client, candidates),
  ]);
  const unclaimed = candidates.filter((candidate) => !fresh.has(candidate));
  const taken = await takeOverAwaited(client, unclaimed);
  const claimed = fresh.union(taken);
  await assertNotRetired(client, segments, { inserted, claimed });
  const former = segments.flatMap((segment) => candidatesOf(segment, keys, segment.former ?? []));
  const standings = await joinStudies(client, [...claimed], former);
  await ensureSeries(client, standings);
  const rows = Promise.all([insertInstances(client, standings), recordAbsences(client, standings)]);
  const others = unclaimed.filter((candidate) => !taken.has(candidate));
  // Nothing else needs them to be there, unless there is more to the batch than new instances.
  if (others.length > 0 || segments.some(({ kept }) => kept !== undefined)) await rows;
  const outcomes = await outcomesOf(client, standings, others);
  await insertKept(client, segments, keys);
  await Promise.all([
    rows,
    markDuplicateSegments(client, segments, outcomes),
    noteVerdictsDue(client, segments, outcomes),
    announce(client, standings),
    countNewcomers(client, standings),
    assertKeysOfHeld(client, standings),
  ]);
  await hideReplayed(client, standings);
  for (const { instance } of await hideAwaited(client, taken, standings))
    outcomes.set(instance, { kind: 'rejected' });
  return outcomes;
}

function candidatesOf(
  segment: SegmentCommit,
  keys: KeysBySegment,
  instances: readonly InstanceCommit[] = segment.instances,
): Candidate[] {
  const own = keys.get(segment);
  if (own === undefined) throw new TypeError('every segment of a batch has its keys resolved');
  return instances.map((instance) => ({ segment, instance, keys: own }));
}

/** A repeat of a segment that was given up meanwhile: what nobody else holds must not be committed into it. */
async function assertNotRetired(
  client: Queryable,
  segments: readonly SegmentCommit[],
  { inserted, claimed }: { inserted: ReadonlySet<string>; claimed: ReadonlySet<Candidate> },
): Promise<void> {
  const known = segments.flatMap(({ segmentId }) => (inserted.has(segmentId) ? [] : [segmentId]));
  const retired = await retiredSegments(client, known);
  if ([...claimed].some(({ segment }) => retired.has(segment.segmentId)))
    throw new DatabaseError('contention', 'the segment was rewritten meanwhile: look for it again');
}

async function outcomesOf(
  client: Queryable,
  standings: ReadonlyMap<Candidate, Standing>,
  others: readonly Candidate[],
): Promise<Map<InstanceCommit, CommitOutcome>> {
  const outcomes = new Map<InstanceCommit, CommitOutcome>();
  for (const [candidate, standing] of standings)
    outcomes.set(candidate.instance, { kind: standing === 'active' ? 'stored' : standing });
  const uids = others.map((candidate) => candidate.instance.sopInstanceUid);
  const existing = await readExisting(client, uids);
  const disposed = await disposedInstances(
    client,
    uids.filter((uid) => !existing.has(uid)),
  );
  for (const { instance, segment } of others) {
    const disposedAt = disposed.get(instance.sopInstanceUid);
    const outcome =
      disposedAt === undefined
        ? knownOutcome({ instance, segment }, existing)
        : ({ kind: 'disposed', disposedAt } as const);
    outcomes.set(instance, outcome);
  }
  return outcomes;
}

/**
 * An instance that did not win its UID. If the winner is this very entry (a repeat after a COMMIT of unknown
 * outcome, or adopted by reconcile), it is stored; if the winner has gone meanwhile, everything starts over.
 */
function knownOutcome(
  { instance, segment }: Pick<Candidate, 'instance' | 'segment'>,
  existing: ReadonlyMap<string, ExistingInstance>,
): CommitOutcome {
  const holder = existing.get(instance.sopInstanceUid);
  if (holder === undefined) throw new KeysChangedError();
  const isOwn = holder.segmentId === segment.segmentId && holder.ordinal === instance.ordinal;
  if (!isOwn) return { kind: 'exists', existing: holder };
  return { kind: holder.state === 'active' || holder.state === 'disposed' ? 'stored' : holder.state };
}

/** A segment of which every entry is held elsewhere, byte for byte, may be superseded. */
async function markDuplicateSegments(
  client: Queryable,
  segments: readonly SegmentCommit[],
  outcomes: Outcomes,
): Promise<void> {
  const bySegment = Map.groupBy(segments, (segment) => segment.segmentId);
  const duplicates = [...bySegment].filter(([, parts]) =>
    parts.every(
      (part) =>
        part.isPart !== true &&
        part.kept === undefined &&
        part.instances.every((instance) => {
          const outcome = outcomes.get(instance);
          return outcome?.kind === 'exists' && outcome.existing.sha256.equals(instance.sha256);
        }),
    ),
  );
  if (duplicates.length === 0) return;
  await client.query({
    name: 'mark-duplicate-segments',
    text: `update segment set state = 'duplicate' where segment_id = any ($1) and state = 'live'`,
    values: [duplicates.map(([segmentId]) => segmentId)],
  });
}

const CHANGES = {
  table: 'change_outbox',
  columns: [
    'kind',
    'study_key',
    'study_instance_uid',
    'series_instance_uid',
    'sop_instance_uids',
    'occurred_at',
  ],
};

/** One line of the change feed for each segment that brought something. */
async function announce(client: Queryable, standings: ReadonlyMap<Candidate, Standing>): Promise<void> {
  const active = [...standings].flatMap(([candidate, standing]) =>
    standing === 'active' ? [candidate] : [],
  );
  const bySegment = Map.groupBy(active, ({ segment }) => segment);
  await insertRows(
    client,
    CHANGES,
    [...bySegment].map(([segment, members]) => [
      'stored',
      members[0]?.keys.studyKey,
      segment.studyInstanceUid,
      segment.seriesInstanceUid,
      members.map(({ instance }) => instance.sopInstanceUid),
      segment.receivedAt,
    ]),
  );
}

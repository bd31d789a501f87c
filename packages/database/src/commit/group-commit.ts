/**
 * Group commit: segments of concurrent requests share a transaction and its fsync. A batch is flushed when the
 * previous one returned, never by a timer: alone, a request waits for nobody. A statement costs PostgreSQL more than its rows,
 * so fewer and larger batches are cheaper than two at a time.
 */
import type { Database } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { type CommitOptions, commitInstances, type Outcomes } from './commit-instances.ts';
import type { CommitOutcome, InstanceCommit, SegmentCommit } from './facts.ts';
import { insertSegments, ownOf } from './instances.ts';
import { KeysChangedError } from './keys-changed-error.ts';
import { KnownSeries } from './known-series.ts';
import { resolveKeys } from './resolve-keys.ts';
import { noteVerdictsDue } from './verdicts-due.ts';

/** Bounds of a batch; a single larger segment goes alone. */
const MAX_BATCH_INSTANCES = 256;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

interface Submission {
  readonly segments: readonly SegmentCommit[];
  /** Resolves when they are objects of the store; absent: they are. */
  readonly stored?: Promise<unknown> | undefined;
  readonly resolve: (outcomes: CommitOutcome[][]) => void;
  readonly reject: (error: unknown) => void;
}

interface Transaction {
  /** Then it is in nobody's way. */
  awaitsStore: boolean;
}

export class GroupCommit {
  readonly #database: Database;
  readonly #waiting: Submission[] = [];
  readonly #known = new KnownSeries();
  readonly #maxConcurrent: number;
  readonly #underWay = new Set<Transaction>();

  constructor(database: Database, options: { maxConcurrentTransactions?: number } = {}) {
    this.#database = database;
    this.#maxConcurrent = options.maxConcurrentTransactions ?? 1;
  }

  /**
   * What became of each instance, index-aligned, once the commit is durable. `stored` resolves when the segment is an object of
   * the store: nothing is committed before, but where nobody else commits, all statements run meanwhile. Throws
   * DatabaseError when nothing is known, and what `stored` rejects with.
   */
  async submit(segment: SegmentCommit, stored?: Promise<unknown>): Promise<CommitOutcome[]> {
    // Thrown when it is waited for, which may be later.
    stored?.catch(() => undefined);
    // A transaction that waits for the store must not keep others waiting.
    const isAlone = this.#underWay.size === 0;
    if (!isAlone) await stored;
    const [outcomes = []] = await this.#submit([segment], isAlone ? stored : undefined);
    return outcomes;
  }

  /** As {@link submit}, for what is to be known together, in this order: what was received first comes first. */
  submitTogether(segments: readonly SegmentCommit[]): Promise<CommitOutcome[][]> {
    return this.#submit(segments);
  }

  #submit(segments: readonly SegmentCommit[], stored?: Promise<unknown>): Promise<CommitOutcome[][]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ segments, stored, resolve, reject });
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#busy < this.#maxConcurrent)
      void this.#commit(takeBatch(this.#waiting));
  }

  get #busy(): number {
    return [...this.#underWay].filter(({ awaitsStore }) => !awaitsStore).length;
  }

  async #commit(batch: readonly Submission[]): Promise<void> {
    // What is not stored yet came when nobody else was there.
    const stored = batch.find((submission) => submission.stored !== undefined)?.stored;
    const transaction = { awaitsStore: stored !== undefined };
    this.#underWay.add(transaction);
    void Promise.allSettled([stored]).then(() => {
      transaction.awaitsStore = false;
    });
    await settle(this.#database, batch, { known: this.#known, stored });
    this.#underWay.delete(transaction);
    this.#flush();
  }
}

function takeBatch(waiting: Submission[]): Submission[] {
  let instances = 0;
  let bytes = 0;
  let count = 0;
  for (const { segments } of waiting) {
    for (const segment of segments) {
      instances += segment.instances.length;
      bytes += segment.instances.reduce((sum, instance) => sum + instance.metadataGzip.length, 0);
    }
    if (count > 0 && (instances > MAX_BATCH_INSTANCES || bytes > MAX_BATCH_BYTES)) break;
    count += 1;
  }
  return waiting.splice(0, count);
}

/** What {@link GroupCommit.submitTogether} does, at once and in a transaction of its own. */
export async function commitTogether(
  database: Database,
  segments: readonly SegmentCommit[],
): Promise<CommitOutcome[][]> {
  return byInstance(segments, await commitOrBisect(database, segments));
}

function byInstance(segments: readonly SegmentCommit[], outcomes: Outcomes): CommitOutcome[][] {
  const failed: CommitOutcome = { kind: 'failed', sqlState: undefined };
  return segments.map(({ instances }) => instances.map((instance) => outcomes.get(instance) ?? failed));
}

/** Never rejects: what fails is told to whoever submitted it. */
async function settle(
  database: Database,
  batch: readonly Submission[],
  options: Pick<CommitOptions, 'known' | 'stored'>,
): Promise<void> {
  try {
    const segments = batch.flatMap((submission) => submission.segments);
    const outcomes = await commitOrBisect(database, segments, options);
    for (const submission of batch) submission.resolve(byInstance(submission.segments, outcomes));
  } catch (error) {
    if (error instanceof KeysChangedError && batch.length > 1) await settleEach(database, batch, options);
    else for (const { reject } of batch) reject(error);
  }
}

/**
 * A batch that founds many studies may lose one of them to another transaction at every attempt, and one that lacks rows
 * would fail its neighbours: alone, each knows all that it depends on after the first attempt.
 */
async function settleEach(
  database: Database,
  batch: readonly Submission[],
  options: Pick<CommitOptions, 'known' | 'stored'>,
): Promise<void> {
  for (const submission of batch) await settle(database, [submission], options);
}

/**
 * A value PostgreSQL refuses fails its own instance only: the batch is halved until the faulty one stands alone. The
 * steps of the options happen in each transaction.
 */
export async function commitOrBisect(
  database: Database,
  segments: readonly SegmentCommit[],
  options: CommitOptions = {},
): Promise<Outcomes> {
  try {
    return await commitInstances(database, segments, options);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== 'data') throw error;
    const halves = halve(segments);
    if (halves === undefined) {
      await options.stored;
      return failAll(database, segments, error);
    }
    const first = await commitOrBisect(database, halves[0], options);
    const second = await commitOrBisect(database, halves[1], options);
    return new Map([...first, ...second]);
  }
}

/** The segment is known all the same: its object is in the store, and must not be taken for one that was forgotten. */
async function failAll(
  database: Database,
  segments: readonly SegmentCommit[],
  error: DatabaseError,
): Promise<Outcomes> {
  const failed: CommitOutcome = { kind: 'failed', sqlState: error.sqlState };
  const instances = segments.flatMap((segment) => segment.instances);
  const outcomes = new Map(instances.map((instance): [InstanceCommit, CommitOutcome] => [instance, failed]));
  const keys = await resolveKeys(database, segments);
  await database.inTransaction(async (client) => {
    await insertSegments(client, segments, keys);
    await noteVerdictsDue(client, segments, outcomes);
  });
  return outcomes;
}

/** Halves a batch between segments, else within the only segment; undefined when one instance is left. */
function halve(segments: readonly SegmentCommit[]): [SegmentCommit[], SegmentCommit[]] | undefined {
  const middle = Math.ceil(segments.length / 2);
  if (segments.length > 1) {
    const [first, second] = [segments.slice(0, middle), segments.slice(middle)];
    const torn = new Set(first.map(({ segmentId }) => segmentId)).intersection(
      new Set(second.map(({ segmentId }) => segmentId)),
    );
    return [first.map((one) => partOf(one, torn)), second.map((one) => partOf(one, torn))];
  }
  const [segment] = segments;
  if (segment === undefined || segment.instances.length < 2) return undefined;
  const cut = Math.ceil(segment.instances.length / 2);
  const part = { ...segment, own: ownOf(segment), isPart: true };
  return [
    [{ ...part, instances: segment.instances.slice(0, cut) }],
    [{ ...part, instances: segment.instances.slice(cut) }],
  ];
}

/** Of a segment in two transactions neither knows all: its verdicts are due until both are over. */
function partOf(segment: SegmentCommit, torn: ReadonlySet<string>): SegmentCommit {
  return torn.has(segment.segmentId) ? { ...segment, isPart: true } : segment;
}

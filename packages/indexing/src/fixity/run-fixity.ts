/** A run of `npm run fixity`: everything that was not read since a time, once, at a rate; it can go on after an interruption. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  beginFixityRun,
  databaseTime,
  type FixityRun,
  fixityState,
  lastFixityRun,
  saveFixityRun,
} from '@sandyq/database';
import { checkJournal } from './check-journal.ts';
import { journalDamage } from './findings.ts';
import type { FixityRequest, FixityWork } from './fixity-work.ts';
import { withRate } from './rated-store.ts';
import { readKnownDamage, readQuarantine, readSegments } from './read-primary.ts';
import { readReplicaCopies } from './read-replica.ts';
import type { RepairPorts } from './repair-ports.ts';
import { addFinding, emptyReport, type FixityReport } from './report.ts';
import { TokenBucket } from './token-bucket.ts';

/** What the run was told to do, as it is kept for one that goes on. */
export interface FixityOptions extends Omit<FixityRequest, 'before'> {
  /** Only what was neither received nor read for so many days; undefined: everything. */
  readonly olderThanDays?: number | undefined;
}

/** A run of which everything is known but the reading. */
export interface BegunRun {
  readonly fixityRunId: number;
  readonly startedAt: Date;
  readonly options: FixityOptions;
  readonly before: Date;
  readonly report: FixityReport;
}

/** Whom it tells, and how fast it reads. */
export interface RunOptions {
  /** Infinity: as fast as it goes. */
  readonly bytesPerSecond: number;
  readonly signal?: AbortSignal | undefined;
  /** Objects and bytes that are to be read from now on; the journal and the replica come on top. */
  readonly onTotal?: (objects: number, bytes: number) => void;
  /** Told after each object. */
  readonly onRead?: (bytes: number) => void;
}

const SAVE_EVERY_MS = 5_000;
const DAY_MS = 86_400_000;

/** Begins a run; what is received from now on is not part of it. */
export async function beginRun(
  { database }: Pick<RepairPorts, 'database'>,
  options: FixityOptions,
): Promise<BegunRun> {
  const now = await databaseTime(database);
  const before = new Date(now.getTime() - (options.olderThanDays ?? 0) * DAY_MS);
  const report = emptyReport();
  return { ...(await beginFixityRun(database, { before, options, report })), options, before, report };
}

/** The last run that did not come to its end; undefined if there is none. */
export async function interruptedRun({
  database,
}: Pick<RepairPorts, 'database'>): Promise<BegunRun | undefined> {
  const run: FixityRun<FixityOptions, FixityReport> | undefined = await lastFixityRun(database, {
    unfinished: true,
  });
  return run;
}

/**
 * Reads what the run has not read yet; `run.report` grows, and is kept. Throws StorageError and DatabaseError where the
 * store or the database cannot be used, or the signal ends it: the run can go on later.
 */
export async function continueRun(ports: RepairPorts, run: BegunRun, options: RunOptions): Promise<void> {
  const request: FixityRequest = { ...run.options, before: run.before };
  const { objects, bytes } = await due(ports, request);
  options.onTotal?.(objects, bytes);
  const keeper = new ReportKeeper(ports, run);
  const work = workOf(ports, { run, request, keeper, options });
  try {
    if (request.repair && request.studyInstanceUid === undefined) await readKnownDamage(work);
    await readSegments(work);
    if (request.studyInstanceUid === undefined) {
      await readQuarantine(work);
      await readJournal(work);
    }
    if (request.replica) await readReplicaCopies(work);
  } catch (error) {
    await keeper.save(false);
    throw error;
  }
  await keeper.save(true);
}

async function due({ database }: RepairPorts, request: FixityRequest) {
  const { dueObjects, dueBytes } = await fixityState(database, request);
  return { objects: dueObjects, bytes: dueBytes };
}

async function readJournal(work: FixityWork): Promise<void> {
  const { ports, request, signal } = work;
  const batches = await checkJournal(ports, work.store, {
    repair: request.repair,
    signal,
    onFinding: (finding) => work.found(journalDamage(finding)),
  });
  work.count('journalBatches', 0, batches);
}

interface WorkParts {
  readonly run: BegunRun;
  readonly request: FixityRequest;
  readonly keeper: ReportKeeper;
  readonly options: RunOptions;
}

function workOf(ports: RepairPorts, { run, request, keeper, options }: WorkParts): FixityWork {
  const { bytesPerSecond, signal, onRead } = options;
  const bucket = new TokenBucket({ bytesPerSecond, now: () => performance.now(), sleep: pause });
  const { report } = run;
  return {
    ports,
    request,
    store: withRate(ports.store, bucket),
    replica: request.replica && ports.replica !== undefined ? withRate(ports.replica, bucket) : undefined,
    signal,
    count: (what, bytes, objects = 1) => {
      report.read[what] += objects;
      report.read.bytes += bytes;
      onRead?.(bytes);
      keeper.saveSoon();
    },
    found: async (finding) => {
      addFinding(report, finding);
      await keeper.save(false);
    },
  };
}

/** Rejects when the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal });
}

/** Keeps the report in the database: at once when something was found, else now and then. */
class ReportKeeper {
  readonly #ports: RepairPorts;
  readonly #run: BegunRun;
  #saving: Promise<void> = Promise.resolve();
  #savedAt = performance.now();
  #failure: unknown;

  constructor(ports: RepairPorts, run: BegunRun) {
    this.#ports = ports;
    this.#run = run;
  }

  /** A failure comes up at the next {@link save}. */
  saveSoon(): void {
    if (performance.now() - this.#savedAt < SAVE_EVERY_MS) return;
    this.#start(false);
  }

  async save(isFinished: boolean): Promise<void> {
    this.#start(isFinished);
    await this.#saving;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** One after the other, so that an older report never follows a newer one. */
  #start(isFinished: boolean): void {
    this.#savedAt = performance.now();
    const { database } = this.#ports;
    const { fixityRunId, report } = this.#run;
    this.#saving = this.#saving
      .then(() => saveFixityRun(database, { fixityRunId, report, isFinished }))
      .catch((error: unknown) => {
        this.#failure = error;
      });
  }
}

/**
 * Brings index and store together (design §2.3, §2.4): what the database does not know is verified and replayed, what
 * the store has lost is reported and marked, rows that were lost are made again. Nothing is deleted from the store.
 * Here the whole comparison in one call; continuous-reconcile.ts does it bit by bit in the background.
 */
import { countUnsettledSegments, type IndexState, markIndexCaughtUp, readIndexState } from '@sandyq/database';
import { catchUpJournal } from '../journal/catch-up-journal.ts';
import { compareStore } from './compare-store.ts';
import type { Examination, ReconcilePorts } from './examination.ts';
import { emptyReport, type ReconcileReport } from './report.ts';

export interface ReconcileOptions {
  /** Say what would be done, change nothing. */
  readonly dryRun: boolean;
  /** Segments younger than this may be on their way through a living ingest process; milliseconds. */
  readonly minimumAgeMs: number;
  readonly now: () => Date;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (report: ReconcileReport) => void;
}

/**
 * Compares everything. Throws StorageError and DatabaseError where either is away: then the same call may be repeated;
 * JournalError where the journal is damaged.
 */
export async function reconcile(ports: ReconcilePorts, options: ReconcileOptions): Promise<ReconcileReport> {
  const { dryRun, minimumAgeMs, now, signal, onProgress } = options;
  const before = dryRun ? undefined : await catchUp(ports, signal);
  const report = emptyReport();
  const examination: Examination = {
    ports,
    options: { dryRun, minimumAgeMs, now, signal, isDeep: true },
    report,
    young: [],
  };
  await compareStore(examination, '', () => {
    onProgress?.(report);
    return Promise.resolve(true);
  });
  if (before !== undefined) await settle(ports, before, report);
  report.duplicates = (await countUnsettledSegments(ports.database)).duplicates;
  return report;
}

/**
 * Decisions of the store's journal that the database does not know come first: they say how segments are to be judged.
 * Returns how the index stands before the comparison. Throws JournalError where the journal is damaged.
 */
export async function catchUp(ports: ReconcilePorts, signal?: AbortSignal): Promise<IndexState> {
  await catchUpJournal(ports, { signal });
  return readIndexState(ports.database);
}

/**
 * After everything was compared: the index knows what the store holds, unless something was too young to be looked at,
 * or a rebuild is under way, which says so itself. True: it is caught up.
 */
export async function settle(
  { database, logger }: ReconcilePorts,
  before: IndexState,
  { young }: ReconcileReport,
): Promise<boolean> {
  if (before.isCaughtUp) return true;
  if (young > 0 || before.reason === 'rebuild') return false;
  const isCaughtUp = await markIndexCaughtUp(database, before);
  if (isCaughtUp) logger.info('index-caught-up', { reason: before.reason });
  return isCaughtUp;
}

/** One rebuild of the index: journal, segments, then everything that is decided when all is known. */
import {
  advanceKeptNumbers,
  analyzeIndex,
  type Database,
  endRebuild,
  GroupCommit,
  markIndexCaughtUp,
  readIndexState,
  settleConflicts,
} from '@sandyq/database';
import type { Settings } from '@sandyq/http';
import {
  catchUpJournal,
  Directory,
  emptyRebuildReport,
  PixelValueComparison,
  type RebuildReport,
  rebuildIndex,
  replayBygone,
  resumedReport,
  settleFounders,
} from '@sandyq/indexing';
import type { Logger } from '@sandyq/telemetry';
import { type CountedStore, openCountedStore } from './counted-store.ts';
import { type IndexDatabase, openIndexDatabase } from './index-database.ts';
import type { RebuildResult } from './report.ts';

export interface RebuildRequest {
  readonly settings: Settings;
  /** Studies at the same time. */
  readonly parallel: number;
  readonly resume: boolean;
  /** Go on where batches of the journal are missing or damaged. */
  readonly acceptsGaps: boolean;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly onProgress: (share: number, report: RebuildReport) => void;
}

/** Transactions at the same time: while one waits, others are worked on. */
const TRANSACTIONS = 4;

/** Throws RebuildError, JournalError, StorageError, DatabaseError, and what the signal says: all of it can be resumed. */
export async function runRebuild(request: RebuildRequest): Promise<RebuildResult> {
  const startedAt = performance.now();
  const counted = await openCountedStore(request.settings);
  await counted.store.check(request.signal);
  const index = await openIndexDatabase(request.settings, request);
  try {
    const result = await rebuildInto(index, counted, request);
    return { ...result, ...counted.counts, seconds: (performance.now() - startedAt) / 1_000 };
  } finally {
    await index.close();
  }
}

async function rebuildInto(
  { database, durable, resumed }: IndexDatabase,
  { store, maintenance }: CountedStore,
  { acceptsGaps, parallel, signal, logger, onProgress }: RebuildRequest,
): Promise<Omit<RebuildResult, 'seconds' | 'gets' | 'bytesRead'>> {
  const stores = { store, maintenance, logger };
  const { batches, unknownLines, gaps } = await catchUpJournal(
    { ...stores, database: durable },
    { signal, acceptsGaps },
  );
  const before = await readIndexState(durable);
  const report = resumed === undefined ? emptyRebuildReport() : resumedReport(resumed.report);
  const instancesBefore = report.instances;
  const groupCommit = new GroupCommit(database, { maxConcurrentTransactions: TRANSACTIONS });
  const directory = new Directory(database, () => performance.now());
  // Only for what nobody has judged yet; ends with the process.
  const pixels = new PixelValueComparison({ threads: 1, isLast: true });
  const ports = { ...stores, database, groupCommit, directory, pixels };
  await rebuildIndex(
    { ...ports, commit: (segments) => groupCommit.submitTogether(segments) },
    {
      parallel,
      after: resumed?.afterKey ?? '',
      isResumed: resumed !== undefined,
      report,
      signal,
      onProgress: (share) => onProgress(share, report),
    },
  );
  await replayBygone(ports, signal);
  await settleAllConflicts(database);
  while ((await settleFounders(ports)) > 0);
  await durable.inTransaction(advanceKeptNumbers);
  await analyzeIndex(durable);
  const isCaughtUp = await durable.inTransaction(async (client) => {
    await endRebuild(client);
    return markIndexCaughtUp(client, before);
  });
  return {
    dryRun: false,
    resumed: resumed !== undefined,
    isCaughtUp,
    journal: { batches, lines: unknownLines, gaps: gaps.length },
    rebuild: report,
    instancesOfRun: report.instances - instancesBefore,
  };
}

/** What the journal says was held out is held out now, and links may explain it. */
async function settleAllConflicts(database: Database): Promise<void> {
  for (;;) {
    const { shown, heldAgain } = await settleConflicts(database, { now: () => new Date() });
    if (shown + heldAgain === 0) return;
  }
}

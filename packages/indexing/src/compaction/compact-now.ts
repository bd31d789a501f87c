/** Compaction on demand: of every series, or of those of one study, that lies in more than one segment. */
import {
  claimSeries,
  type ListedSeries,
  listFragmentedSeries,
  readCompactableSegments,
  type SeriesKey,
} from '@sandyq/database';
import { CLAIM_SECONDS, type CompactionOptions, compactSeries } from './compact-series.ts';
import type { CompactionPorts } from './compaction-ports.ts';
import { defaultCompactionLimits, planCompaction } from './plan-compaction.ts';

export interface CompactNowOptions extends CompactionOptions {
  /** Only this study. */
  readonly studyInstanceUid?: string | undefined;
  /** Say what would be done, change nothing. */
  readonly dryRun: boolean;
  readonly onProgress?: (report: CompactionReport) => void;
}

/** What was done, or would be. */
export interface CompactionReport {
  /** Series in more than one segment. */
  series: number;
  /** Of these, joined into fewer. */
  joined: number;
  /** Left, because another process is at them or something in them is in use; they come up again by themselves. */
  later: number;
  /** Segments that were rewritten, and what they became. */
  rewritten: number;
  made: number;
  /** Bytes written; of a dry run those that would be read. */
  bytes: number;
  /** Keys of segments that can't be read: their series are left as they are. */
  damaged: string[];
}

const SERIES_A_PAGE = 200;

/** Series by series, whenever something came to them last. Ends early at the signal; what was joined stays joined. */
export async function compactNow(
  ports: CompactionPorts,
  options: CompactNowOptions,
): Promise<CompactionReport> {
  const report: CompactionReport = {
    series: 0,
    joined: 0,
    later: 0,
    rewritten: 0,
    made: 0,
    bytes: 0,
    damaged: [],
  };
  for await (const series of fragmentedSeries(ports, options)) {
    report.series += 1;
    if (options.dryRun) await planOne(ports, series, options, report);
    else await compactOne(ports, series, options, report);
    options.onProgress?.(report);
  }
  return report;
}

async function* fragmentedSeries(
  { database }: CompactionPorts,
  { studyInstanceUid, signal }: CompactNowOptions,
): AsyncGenerator<ListedSeries> {
  let after: SeriesKey | undefined;
  for (;;) {
    const page = await listFragmentedSeries(database, { studyInstanceUid, after }, SERIES_A_PAGE);
    for (const series of page) {
      if (signal?.aborted === true) return;
      yield series;
    }
    after = page.at(-1);
    if (after === undefined || page.length < SERIES_A_PAGE) return;
  }
}

async function compactOne(
  ports: CompactionPorts,
  series: SeriesKey,
  options: CompactNowOptions,
  report: CompactionReport,
): Promise<void> {
  const claim = await claimSeries(ports.database, series, { quietSeconds: 0, leaseSeconds: CLAIM_SECONDS });
  if (claim === undefined) {
    report.later += 1;
    return;
  }
  const { state, rewritten, made, bytes, damaged } = await compactSeries(ports, claim, options);
  report.joined += made > 0 ? 1 : 0;
  report.later += state === 'later' ? 1 : 0;
  report.rewritten += rewritten;
  report.made += made;
  report.bytes += bytes;
  report.damaged.push(...damaged);
}

/** The receipts are not read for it: where they are long, more segments stay than it says. */
async function planOne(
  { database }: CompactionPorts,
  series: SeriesKey,
  { limits = defaultCompactionLimits }: CompactNowOptions,
  report: CompactionReport,
): Promise<void> {
  const { segments, isVerdictDue } = await readCompactableSegments(database, series, {
    maximumBytes: limits.fullBytes,
    limit: SEGMENTS,
  });
  const plan = isVerdictDue ? [] : planCompaction(segments, limits);
  report.joined += plan.length > 0 ? 1 : 0;
  report.later += isVerdictDue ? 1 : 0;
  report.made += plan.length;
  for (const { sources } of plan) {
    report.rewritten += sources.length;
    report.bytes += sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }
}

/** Looked at in one series. */
const SEGMENTS = 4_096;

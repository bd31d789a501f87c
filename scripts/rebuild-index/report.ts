/** What a rebuild has done, for people and for programs. */
import type { RebuildReport } from '@sandyq/indexing';
import { formatBytes, formatCount, formatSeconds } from '../terminal/format.ts';
import type { StoreCounts } from './counted-store.ts';

const BILLION = 1_000_000_000;
const SECONDS_PER_HOUR = 3_600;

/** Everything that is known at the end. */
export interface RebuildResult extends StoreCounts {
  readonly dryRun: boolean;
  readonly resumed: boolean;
  /** False: something came into the store meanwhile, which an archive on this database finds by itself. */
  readonly isCaughtUp: boolean;
  /** Batches and lines of the journal that were taken over. */
  readonly journal: { readonly batches: number; readonly lines: number; readonly gaps: number };
  readonly rebuild: RebuildReport;
  /** Instances in the index by this run: without those of before an interruption. */
  readonly instancesOfRun: number;
  readonly seconds: number;
}

/** The report as JSON: counts, bytes, seconds, and what follows from them. */
export function reportJson(result: RebuildResult): object {
  const { rebuild, ...rest } = result;
  return { ...rest, ...rebuild, ...rates(result) };
}

/** Lines for a terminal. */
export function reportWords(result: RebuildResult): string {
  const { dryRun, rebuild, journal, gets, bytesRead, seconds } = result;
  const { instancesPerSecond, hoursPerBillion, shareOfBytes } = rates(result);
  const lines = [
    `${formatCount(rebuild.segments)} segments of ${formatCount(rebuild.studies)} studies, ${formatBytes(rebuild.bytes)}; ` +
      `${formatCount(rebuild.instances)} instances ${dryRun ? 'would be indexed' : 'indexed'}.`,
    ...(dryRun
      ? []
      : [`Journal: ${formatCount(journal.lines)} lines in ${formatCount(journal.batches)} batches.`]),
    ...(rebuild.known > 0 ? [`${formatCount(rebuild.known)} segments were known from before.`] : []),
    ...(rebuild.superseded > 0 ? [`${formatCount(rebuild.superseded)} segments are superseded.`] : []),
    ...(rebuild.disposed > 0
      ? [`${formatCount(rebuild.disposed)} segments were disposed of before, and are deleted once more.`]
      : []),
    `Read: ${formatCount(gets)} GETs, ${formatBytes(bytesRead)} (${(shareOfBytes * 100).toFixed(2)} % of the store's segments).`,
    `${formatSeconds(seconds)}: ${instancesPerSecond.toFixed(0)} instances/s` +
      `${hoursPerBillion === undefined ? '' : `, ${hoursPerBillion.toFixed(0)} h for a billion`}.`,
  ];
  if (!result.isCaughtUp) {
    lines.push(
      'Something came into the store meanwhile: start the archive, it catches up before it takes anything in.',
    );
  }
  if (journal.gaps > 0) {
    lines.push(
      `${formatCount(journal.gaps)} batches of the journal are missing or damaged: what they said is lost.`,
    );
  }
  if (rebuild.damaged.length > 0) {
    lines.push('', 'Damaged, kept and not indexed:', ...rebuild.damaged.map((key) => `  ${key}`));
  }
  return lines.join('\n');
}

function rates({ instancesOfRun, rebuild, seconds, bytesRead }: RebuildResult) {
  const instancesPerSecond = seconds > 0 ? instancesOfRun / seconds : 0;
  const hoursPerBillion =
    instancesPerSecond > 0 ? BILLION / instancesPerSecond / SECONDS_PER_HOUR : undefined;
  return {
    instancesPerSecond,
    hoursPerBillion,
    shareOfBytes: rebuild.bytes > 0 ? bytesRead / rebuild.bytes : 0,
  };
}

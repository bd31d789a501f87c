/** Store and index compared in one go: for the command line, and for whoever asks the admin API. */
import {
  type PixelValueComparison,
  type ReconcileReport,
  reconcile,
  removeUnfinishedPuts,
  sweepDeadSpool,
} from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { reconcilePorts } from './admin/ports.ts';

/** Younger segments may be between store and commit of a living ingest process. */
export const RECONCILE_MINIMUM_AGE_MS = 60_000;

/** How store and index are compared. */
export interface ReconcileArchiveOptions {
  readonly dryRun: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (report: ReconcileReport) => void;
  /** Default: one of its own. */
  readonly pixels?: PixelValueComparison;
}

/**
 * Everything at once: what dead processes of this machine left in the spool, then store and index, then unfinished puts
 * (which a dry run does not look for). It ends early if the signal says so; what was done stays done.
 */
export async function reconcileArchive(
  archive: Archive,
  { dryRun, signal, onProgress, pixels }: ReconcileArchiveOptions,
): Promise<ReconcileReport> {
  const ports = { ...reconcilePorts(archive, pixels), fileSystem: archive.fileSystem };
  const place = { directory: archive.settings.spoolFolder, ownOwner: archive.spool.owner };
  const swept = await sweepDeadSpool(ports, place, dryRun);
  const report = await reconcile(ports, {
    dryRun,
    minimumAgeMs: RECONCILE_MINIMUM_AGE_MS,
    now: () => new Date(),
    signal,
    ...(onProgress !== undefined && { onProgress }),
  });
  report.spoolFilesRemoved = swept.removedFiles;
  report.spoolSegmentsRecovered = swept.recovered;
  if (!dryRun) report.unfinishedRemoved = await removeUnfinishedPuts(ports, new Date(), signal);
  return report;
}

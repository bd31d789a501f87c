/**
 * `POST /admin/reconcile`: store and index are compared; what would be done is said, and done with `dryRun=false`.
 * `GET /admin/reconcile`: how far the comparison in the background is, and what the last whole one found.
 */
import { lastPasses, readIndexState } from '@sandyq/database';
import { type GuardedRoute, HttpError, jsonAnswer, type RequestContext } from '@sandyq/http';
import {
  type PixelValueComparison,
  type ReconcileReport,
  reconcile,
  removeUnfinishedPuts,
  sweepDeadSpool,
} from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { reconcilePorts } from './ports.ts';
import { adminRoute } from './refusal.ts';

/** Younger segments may be between store and commit of a living ingest process. */
export const RECONCILE_MINIMUM_AGE_MS = 60_000;

/** How an administrator has store and index compared. */
export interface ReconcileRequest {
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
  { dryRun, signal, onProgress, pixels }: ReconcileRequest,
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

export function reconcileRoutes(archive: Archive, pixels: PixelValueComparison): GuardedRoute[] {
  const common = { path: '/admin/reconcile', action: 'administer', patientData: false } as const;
  return [
    adminRoute({
      ...common,
      method: 'POST',
      handler: async (context) => {
        const dryRun = isDryRun(context);
        const report = await reconcileArchive(archive, { dryRun, signal: context.signal, pixels });
        return jsonAnswer(200, { dryRun, ...report });
      },
    }),
    adminRoute({ ...common, method: 'GET', handler: async () => jsonAnswer(200, await progress(archive)) }),
  ];
}

async function progress({ database }: Archive): Promise<object> {
  const { open, complete } = await lastPasses(database);
  const state = await readIndexState(database);
  return {
    index: state.isCaughtUp ? { isCaughtUp: true } : { isCaughtUp: false, reason: state.reason },
    ...(open !== undefined && { underWay: open }),
    ...(complete !== undefined && { complete }),
  };
}

/** Nothing is changed unless the request says so. */
function isDryRun({ query }: RequestContext): boolean {
  const text = query.get('dryRun') ?? 'true';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new HttpError('bad-request', '"dryRun" must be true or false.');
}

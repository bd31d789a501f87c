/** The comparisons that administrators ask for, worked off in the background: no request waits for a whole store. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  advanceReconcileRequest,
  endReconcileRequest,
  type ReconcileRequestRow,
  releaseReconcileRequest,
  takeReconcileRequest,
} from '@sandyq/database';
import type { PixelValueComparison, ReconcileReport } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { explain } from './admin/refusal.ts';
import { reconcileArchive } from './reconcile-archive.ts';

/** A process that shows no sign of life for so long has lost the request. */
const HOLD_SECONDS = 60;
const SIGN_OF_LIFE_MS = 5_000;

/** Works off the request that waits, if there is one; returns how many it ended. One process at a time has it. */
export function createRequestedReconcile(
  archive: Archive,
  pixels: PixelValueComparison,
): (signal: AbortSignal) => Promise<number> {
  const held = { holder: archive.newId(), holdSeconds: HOLD_SECONDS };
  return async (signal) => {
    const request = await takeReconcileRequest(archive.database, held);
    if (request === undefined) return 0;
    const ended = new AbortController();
    const lost = new AbortController();
    const progress: { report: object } = { report: {} };
    const alive = showLife(archive, { request, held, progress, lost, until: ended.signal });
    try {
      await workOff(archive, { request, pixels, progress, ...held }, AbortSignal.any([signal, lost.signal]));
    } finally {
      ended.abort();
      await alive;
    }
    return 1;
  };
}

interface Work {
  readonly request: ReconcileRequestRow;
  readonly pixels: PixelValueComparison;
  readonly holder: string;
  readonly progress: { report: object };
}

async function workOff(
  archive: Archive,
  { request, pixels, holder, progress }: Work,
  signal: AbortSignal,
): Promise<void> {
  const { database, logger } = archive;
  const { requestId, dryRun } = request;
  const onProgress = (report: ReconcileReport): void => {
    progress.report = report;
  };
  try {
    const report = await reconcileArchive(archive, { dryRun, signal, onProgress, pixels });
    await endReconcileRequest(database, requestId, { holder, report });
  } catch (error) {
    if (signal.aborted) return releaseReconcileRequest(database, requestId, holder);
    logger.warn('reconcile-request-failed', { error });
    const failure = explain(error) ?? 'It ended early: database or store were away, see the log. Ask again.';
    await endReconcileRequest(database, requestId, { holder, report: progress.report, failure });
  }
}

interface Life {
  readonly request: ReconcileRequestRow;
  readonly held: { readonly holder: string; readonly holdSeconds: number };
  readonly progress: { readonly report: object };
  /** Aborted when another process has taken the request. */
  readonly lost: AbortController;
  readonly until: AbortSignal;
}

async function showLife(
  { database, logger }: Archive,
  { request, held, progress, lost, until }: Life,
): Promise<void> {
  while (!until.aborted) {
    // The only way this sleep ends early is the signal.
    await sleep(SIGN_OF_LIFE_MS, undefined, { signal: until, ref: false }).catch(() => undefined);
    if (until.aborted) return;
    try {
      const isHeld = await advanceReconcileRequest(database, request.requestId, {
        ...held,
        report: progress.report,
      });
      if (!isHeld) lost.abort();
    } catch (error) {
      logger.warn('reconcile-request-not-noted', { error });
    }
  }
}

/** The comparison of store and index in the background, and what it measures. */
import { countDamagedSegments } from '@sandyq/database';
import {
  ContinuousReconcile,
  type PixelValueComparison,
  recoverSpool,
  removeUnfinishedPuts,
} from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { reconcilePorts } from './admin/ports.ts';
import type { BackgroundTask } from './background.ts';
import { RECONCILE_MINIMUM_AGE_MS } from './reconcile-archive.ts';
import { requestedReconcile } from './reconcile-requested.ts';
import { createRequestedWork } from './requests/work-off-requests.ts';

/** From the beginning of a pass to that of the next; entries are compared with rows once a day. */
const PASS_INTERVAL_MS = 3_600_000;
const DEEP_INTERVAL_MS = 24 * 3_600_000;
/** How often is looked whether anything is due. */
const LOOK_IDLE_MS = 30_000;
/** Somebody waits for what was asked for. */
const REQUESTED_IDLE_MS = 500;
const GAUGE_IDLE_MS = 30_000;
const UNFINISHED_IDLE_MS = 3_600_000;
const SPOOL_IDLE_MS = 600_000;

/**
 * Tasks of every index process; the database sees to it that one of them compares at a time. `afterJoining` holds the
 * comparison back until the journal is known, by which segments are judged.
 */
export function reconcileTasks(
  archive: Archive,
  pixels: PixelValueComparison,
  afterJoining: (task: BackgroundTask) => BackgroundTask,
): BackgroundTask[] {
  const { settings, newId } = archive;
  const continuous = new ContinuousReconcile(reconcilePorts(archive, pixels), {
    holder: newId(),
    minimumAgeMs: RECONCILE_MINIMUM_AGE_MS,
    now: () => new Date(),
    intervalMs: PASS_INTERVAL_MS,
    deepIntervalMs: DEEP_INTERVAL_MS,
    itemsPerSecond: settings.reconcileObjectsPerSecond,
  });
  return [
    afterJoining({ name: 'reconcile', idleMs: LOOK_IDLE_MS, run: (signal) => continuous.run(signal) }),
    afterJoining({
      name: 'reconcile-requested',
      idleMs: REQUESTED_IDLE_MS,
      run: createRequestedWork(archive, requestedReconcile(archive, pixels)),
    }),
    // Rewrites and accepted instances of index processes that died: on their machine there may be no ingest.
    afterJoining({ name: 'sweep-spool', idleMs: SPOOL_IDLE_MS, run: () => sweepSpoolOf(archive, pixels) }),
    { name: 'damage-gauge', idleMs: GAUGE_IDLE_MS, run: damageGauge(archive) },
    {
      name: 'remove-unfinished-puts',
      idleMs: UNFINISHED_IDLE_MS,
      // What it removed is no reason to look again at once.
      run: (signal) => removeUnfinishedPuts(archive, new Date(), signal).then(() => 0),
    },
  ];
}

function damageGauge({ metrics, database }: Archive): () => Promise<number> {
  const gauge = metrics.gauge({
    name: 'damaged_segments',
    help: 'Segments on record as missing from the object store, or as damaged.',
    labels: { kind: ['missing', 'damaged'] },
  });
  return async () => {
    const counts = await countDamagedSegments(database);
    gauge.set(counts.missing, { kind: 'missing' });
    gauge.set(counts.damaged, { kind: 'damaged' });
    return 0;
  };
}

async function sweepSpoolOf(archive: Archive, pixels: PixelValueComparison): Promise<number> {
  const { fileSystem, settings, spool } = archive;
  await recoverSpool(
    { ...reconcilePorts(archive, pixels), fileSystem },
    { directory: settings.spoolFolder, ownOwner: spool.owner },
  );
  return 0;
}

/** The routes and the background work of the index on an archive. */
import { publishChanges } from '@sandyq/database';
import { clearQuarantineLeftovers, reconcile } from '@sandyq/indexing';
import type { Archive, Mounted } from '@sandyq/service';
import { reconcilePorts } from './admin/ports.ts';
import { RECONCILE_MINIMUM_AGE_MS } from './admin/reconcile-route.ts';
import { adminRoutes } from './admin-routes.ts';
import { startBackground } from './background.ts';
import { changesRoute } from './changes-route.ts';
import { searchRoutes } from './search-route.ts';
import { startPage } from './start-page.ts';
import { supersedeSegments } from './supersede-segments.ts';

/** How often idle tasks look for work, in milliseconds. */
const PUBLISH_IDLE_MS = 250;
const SUPERSEDE_IDLE_MS = 5_000;
const CLEAR_QUARANTINE_IDLE_MS = 60_000;
const RECONCILE_IDLE_MS = 3_600_000;

export function mountIndex(archive: Archive): Mounted {
  const stop = startBackground(
    [
      { name: 'publish-changes', idleMs: PUBLISH_IDLE_MS, run: () => publishChanges(archive.database) },
      { name: 'supersede-segments', idleMs: SUPERSEDE_IDLE_MS, run: () => supersedeSegments(archive) },
      {
        name: 'clear-quarantine',
        idleMs: CLEAR_QUARANTINE_IDLE_MS,
        run: () => clearQuarantineLeftovers(archive, archive.settings.supersedeGraceSeconds),
      },
      { name: 'reconcile', idleMs: RECONCILE_IDLE_MS, run: (signal) => reconcileOnce(archive, signal) },
    ],
    archive.logger,
  );
  return {
    routes: [
      ...searchRoutes(archive.database),
      changesRoute(archive.database),
      ...adminRoutes(archive),
      startPage(),
    ],
    stop,
  };
}

/** Segments that the database does not know, at start and every hour. Reports none done, so that it rests in between. */
async function reconcileOnce(archive: Archive, signal: AbortSignal): Promise<number> {
  const { listed, unknown, replayed, damaged } = await reconcile(reconcilePorts(archive), {
    dryRun: false,
    minimumAgeMs: RECONCILE_MINIMUM_AGE_MS,
    now: () => new Date(),
    signal,
  });
  if (unknown > 0) {
    archive.logger.warn('reconciled', { listed, unknown, replayed, damaged: damaged.length });
  }
  return 0;
}

/** The routes and the background work of the index on an archive. */
import { publishChanges } from '@sandyq/database';
import { clearQuarantineLeftovers, type PixelValueComparison, settleFounders } from '@sandyq/indexing';
import type { Archive, Mounted } from '@sandyq/service';
import { patientComparison, reconcilePorts } from './admin/ports.ts';
import { adminRoutes } from './admin-routes.ts';
import { type BackgroundTask, startBackground } from './background.ts';
import { capabilitiesRoutes } from './capabilities/capabilities-route.ts';
import { changesRoute } from './changes-route.ts';
import { createFixityCheck, createFixityGauges } from './check-fixity.ts';
import { createCompaction, createCompactionGauge } from './compact-segments.ts';
import { JournalUpkeep } from './journal-upkeep.ts';
import { createColdTierGauges, createColdTierUpkeep } from './keep-cold-tier.ts';
import { createObjectLocking } from './lock-objects.ts';
import { createNameKeys } from './name-keys.ts';
import { EncodedBodies } from './pages/encoded-bodies.ts';
import { pageRoutes } from './pages/page-routes.ts';
import { pathPrefixOf } from './pages/path-prefix.ts';
import { reconcileTasks } from './reconcile-continuously.ts';
import { createReplication, createReplicationGauges } from './replicate-objects.ts';
import { requestTasks } from './requests/request-tasks.ts';
import { createDispositionUpkeep } from './resume-dispositions.ts';
import { searchRoutes } from './search-route.ts';
import { createConflictSettling } from './settle-conflicts.ts';
import { startPage } from './start-page.ts';
import { supersedeSegments } from './supersede-segments.ts';
import { createSeriesMetadataTrim } from './trim-series-metadata.ts';
import { viewerRoutes } from './viewer/viewer-routes.ts';

/** How often idle tasks look for work, in milliseconds. */
const PUBLISH_IDLE_MS = 250;
const SUPERSEDE_IDLE_MS = 5_000;
const CLEAR_QUARANTINE_IDLE_MS = 60_000;
const COMPACT_IDLE_MS = 2_000;
const COMPACTION_GAUGE_IDLE_MS = 30_000;
const COLD_TIER_IDLE_MS = 2_000;
const REPLICATE_IDLE_MS = 2_000;
const FIXITY_IDLE_MS = 10_000;
const GAUGES_IDLE_MS = 30_000;
const SETTLE_CONFLICTS_IDLE_MS = 60_000;
const SETTLE_FOUNDERS_IDLE_MS = 60_000;
const NAME_KEYS_IDLE_MS = 60_000;
const RESUME_DISPOSITIONS_IDLE_MS = 60_000;
const LOCK_OBJECTS_IDLE_MS = 10_000;
const TRIM_METADATA_IDLE_MS = 300_000;

export function mountIndex(archive: Archive): Mounted {
  const pixels = patientComparison();
  const stopBackground = archive.peers.isFirst
    ? startBackground(backgroundTasks(archive, pixels), archive.logger)
    : () => Promise.resolve();
  const root = pathPrefixOf(archive.settings.publicUrl);
  const bodies = new EncodedBodies();
  return {
    routes: [
      ...searchRoutes(archive),
      changesRoute(archive.database),
      ...capabilitiesRoutes(),
      ...adminRoutes(archive, pixels),
      ...pageRoutes({ database: archive.database, bodies }),
      ...viewerRoutes({ root, bodies }),
      startPage(root),
    ],
    stop: async () => {
      // A comparison under way fails, and what it was for is looked at again.
      await Promise.all([stopBackground(), pixels.close()]);
    },
  };
}

/** What one process of an archive does on its own. */
function backgroundTasks(archive: Archive, pixels: PixelValueComparison): BackgroundTask[] {
  const journal = new JournalUpkeep(archive);
  return [
    ...journal.tasks(),
    { name: 'publish-changes', idleMs: PUBLISH_IDLE_MS, run: () => publishChanges(archive.database) },
    journal.afterJoining({
      name: 'supersede-segments',
      idleMs: SUPERSEDE_IDLE_MS,
      run: () => supersedeSegments(archive, pixels),
    }),
    journal.afterJoining({
      name: 'clear-quarantine',
      idleMs: CLEAR_QUARANTINE_IDLE_MS,
      run: () => clearQuarantineLeftovers(archive, archive.settings.supersedeGraceSeconds),
    }),
    journal.afterJoining({
      name: 'compact-segments',
      idleMs: COMPACT_IDLE_MS,
      run: createCompaction(archive),
    }),
    { name: 'compaction-gauge', idleMs: COMPACTION_GAUGE_IDLE_MS, run: createCompactionGauge(archive) },
    { name: 'cold-tier', idleMs: COLD_TIER_IDLE_MS, run: createColdTierUpkeep(archive) },
    { name: 'cold-tier-gauges', idleMs: GAUGES_IDLE_MS, run: createColdTierGauges(archive) },
    { name: 'replicate', idleMs: REPLICATE_IDLE_MS, run: createReplication(archive) },
    {
      name: 'replication-gauges',
      idleMs: GAUGES_IDLE_MS,
      run: createReplicationGauges(archive),
    },
    { name: 'fixity', idleMs: FIXITY_IDLE_MS, run: createFixityCheck(archive) },
    { name: 'fixity-gauges', idleMs: GAUGES_IDLE_MS, run: createFixityGauges(archive) },
    {
      name: 'settle-founders',
      idleMs: SETTLE_FOUNDERS_IDLE_MS,
      run: () => settleFounders(reconcilePorts(archive, pixels)),
    },
    journal.afterJoining({
      name: 'resume-dispositions',
      idleMs: RESUME_DISPOSITIONS_IDLE_MS,
      run: createDispositionUpkeep(archive),
    }),
    journal.afterJoining({
      name: 'lock-objects',
      idleMs: LOCK_OBJECTS_IDLE_MS,
      run: createObjectLocking(archive),
    }),
    journal.afterJoining({
      name: 'settle-conflicts',
      idleMs: SETTLE_CONFLICTS_IDLE_MS,
      run: createConflictSettling(archive),
    }),
    { name: 'name-keys', idleMs: NAME_KEYS_IDLE_MS, run: createNameKeys(archive) },
    { name: 'trim-series-metadata', idleMs: TRIM_METADATA_IDLE_MS, run: createSeriesMetadataTrim(archive) },
    ...requestTasks(archive).map((task) => journal.afterJoining(task)),
    ...reconcileTasks(archive, pixels, (task) => journal.afterJoining(task)),
  ];
}

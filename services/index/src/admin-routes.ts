/** The admin API: JSON under `/admin`, for the console and for scripts that run elsewhere. See README.md. */
import type { GuardedRoute } from '@sandyq/http';
import type { PixelValueComparison } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { apiKeyRoutes } from './admin/api-key-routes.ts';
import { compactionRoute } from './admin/compaction-route.ts';
import { damageRoute } from './admin/damage-route.ts';
import { directoryRoutes } from './admin/directory-routes.ts';
import { fixityRoute } from './admin/fixity-route.ts';
import { heldBackRoutes } from './admin/held-back-routes.ts';
import { journalRoute } from './admin/journal-route.ts';
import { quarantineRoutes } from './admin/quarantine-routes.ts';
import { reconcileRoutes } from './admin/reconcile-route.ts';
import { replicationRoute } from './admin/replication-route.ts';
import { retentionRoutes } from './admin/retention/retention-routes.ts';

export function adminRoutes(archive: Archive, pixels: PixelValueComparison): GuardedRoute[] {
  return [
    ...quarantineRoutes(archive, pixels),
    ...heldBackRoutes(archive),
    ...directoryRoutes(archive),
    ...apiKeyRoutes(archive),
    journalRoute(archive),
    compactionRoute(archive),
    ...reconcileRoutes(archive),
    damageRoute(archive),
    replicationRoute(archive),
    fixityRoute(archive),
    ...retentionRoutes(archive),
  ];
}

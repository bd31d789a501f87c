/** The admin API: JSON under `/admin`, for the console and for scripts that run elsewhere. See README.md. */
import type { GuardedRoute } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { apiKeyRoutes } from './admin/api-key-routes.ts';
import { directoryRoutes } from './admin/directory-routes.ts';
import { heldBackRoutes } from './admin/held-back-routes.ts';
import { quarantineRoutes } from './admin/quarantine-routes.ts';
import { reconcileRoute } from './admin/reconcile-route.ts';

export function adminRoutes(archive: Archive): GuardedRoute[] {
  return [
    ...quarantineRoutes(archive),
    ...heldBackRoutes(archive),
    ...directoryRoutes(archive),
    ...apiKeyRoutes(archive),
    reconcileRoute(archive),
  ];
}

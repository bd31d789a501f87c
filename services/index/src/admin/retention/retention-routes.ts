/** `/admin/retention`: schedules, holds, plans and what becomes of studies. A list of lists; each has its file here. */
import type { GuardedRoute } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { coldTierRoutes } from './cold-tier-routes.ts';
import { executionRoutes } from './execution-routes.ts';
import { holdRoutes } from './hold-routes.ts';
import { judgementRoutes } from './judgement-routes.ts';
import { linkRoutes } from './link-routes.ts';
import { planRoutes } from './plan-routes.ts';
import { registerRoutes } from './register-routes.ts';
import { rejectionRoutes } from './rejection-routes.ts';
import { requestRoutes } from './request-routes.ts';
import { restorePlanRoutes } from './restore-plan-route.ts';
import { scheduleRoutes } from './schedule-routes.ts';

/** All need the permission `manage-retention`, and none is for a principal that is confined to a facility. */
export function retentionRoutes(archive: Archive): GuardedRoute[] {
  return [
    ...scheduleRoutes(archive),
    ...judgementRoutes(archive),
    ...planRoutes(archive),
    ...executionRoutes(archive),
    ...restorePlanRoutes(archive),
    ...requestRoutes(archive),
    ...holdRoutes(archive),
    ...registerRoutes(archive),
    ...linkRoutes(archive),
    ...rejectionRoutes(archive),
    ...coldTierRoutes(archive),
  ];
}

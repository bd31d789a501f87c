/** `/admin/retention/plans/…/restore`: what a plan has hidden is shown again, all of it. */
import { restorePlan } from '@sandyq/disposition';
import { type Answer, type GuardedRoute, jsonAnswer, type RequestContext } from '@sandyq/http';
import { z } from 'zod';
import { rejectionPorts } from './rejection-routes.ts';
import { actorOf, readInput, retentionRoute } from './retention-route.ts';

type Ports = Parameters<typeof rejectionPorts>[0];

/** Its only route. */
export function restorePlanRoutes(archive: Ports): GuardedRoute[] {
  return [retentionRoute('POST', '/plans/:plan/restore', (context) => restore(archive, context))];
}

const restorationSchema = z.strictObject({
  reason: z.string(),
  /** Say how much would be shown; nothing is, unless this is false. */
  dryRun: z.boolean().default(true),
});

/** A client that goes away stops it between two studies; it can be repeated. */
async function restore(archive: Ports, context: RequestContext): Promise<Answer> {
  const { reason, dryRun } = await readInput(context, restorationSchema);
  const { params, signal } = context;
  const request = { planId: params['plan'] ?? '', reason, isDryRun: dryRun, signal };
  const restored = await restorePlan(rejectionPorts(archive), request, await actorOf(archive, context));
  return jsonAnswer(200, { dryRun, ...restored });
}

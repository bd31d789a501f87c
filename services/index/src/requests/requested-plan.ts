/** Plans that are made for whoever asked the admin API. */
import type { Queryable } from '@sandyq/database';
import {
  describePlan,
  type MadePlan,
  MOST_PLAN_ITEMS,
  makePlan,
  type PlanRequest,
  planStanding,
} from '@sandyq/disposition';
import type { Archive } from '@sandyq/service';
import { z } from 'zod';
import { actorOfRequest } from './acting-principal.ts';
import { studiesThere } from './requested-what-if.ts';
import type { RequestedWork } from './work-off-requests.ts';

/** Which plan. */
export const planInput = z.strictObject({
  kind: z.enum(['schedule', 'rejections']).default('schedule'),
  facility: z.string().optional(),
  limit: z.int().min(1).max(MOST_PLAN_ITEMS).optional(),
  validDays: z.int().min(1).max(3_650).optional(),
});

/** Looks at every study, or at every rejection. The plan and the end of the request are one transaction: it is made once. */
export function requestedPlan(archive: Archive): RequestedWork {
  const ports = { ...archive, now: () => new Date() };
  return {
    kind: 'plan',
    run: async (request, { signal, onProgress, endWithin }) => {
      const actor = await actorOfRequest(archive, request);
      const input = planInput.parse(request.input);
      const of = input.kind === 'schedule' ? await studiesThere(archive.database, input.facility) : undefined;
      const told = (studies: number) => onProgress({ studies, of });
      told(0);
      const onKept: PlanRequest['onKept'] = async (client, made) =>
        endWithin(client, await describeMade(client, made));
      const made = await makePlan(ports, { ...input, signal, onProgress: told, onKept }, actor);
      return { result: await describeMade(archive.database, made), isWhole: true };
    },
  };
}

/** Without a plan: there is nothing to dispose of. */
async function describeMade(client: Queryable, { plan, ...made }: MadePlan): Promise<object> {
  if (plan === undefined) return made;
  return { plan: describePlan(plan, await planStanding(client, new Date())), ...made };
}

/** `/admin/retention/cold-tier`: how much lies where, what would be moved, and what is to come back. */
import { moveDueStudies, recallStudy } from '@sandyq/disposition';
import { type Answer, type GuardedRoute, jsonAnswer, type RequestContext, readJson } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { z } from 'zod';
import { parseInput } from '../new-principals.ts';
import { describeColdTier } from './describe-cold-tier.ts';
import { retentionRoute } from './retention-route.ts';

type Ports = Pick<Archive, 'database' | 'coldTier' | 'settings'>;

/** Routes of the cold tier. Moving is the command line's: it takes as long as it takes. */
export function coldTierRoutes(archive: Ports): GuardedRoute[] {
  const { database, settings } = archive;
  const hasReplica = settings.replica !== undefined;
  return [
    retentionRoute('GET', '/cold-tier', async () => jsonAnswer(200, await describeColdTier(archive))),
    retentionRoute('GET', '/cold-tier/due', async ({ signal }) =>
      jsonAnswer(
        200,
        await moveDueStudies(database, { ports: undefined, hasReplica, now: new Date(), signal }),
      ),
    ),
    retentionRoute('POST', '/cold-tier/recall', (context) => recall(archive, context)),
  ];
}

const recallSchema = z.strictObject({ study: z.string() });

async function recall({ database }: Ports, context: RequestContext): Promise<Answer> {
  const { study } = parseInput(recallSchema, await readJson(context));
  return jsonAnswer(202, { segments: await recallStudy(database, study) });
}

/** `/admin/retention/studies/…` and `/what-if`: what schedules and holds say of a study, and what a schedule would mean for all. */
import { facilityByCode } from '@sandyq/database';
import { explainStudy } from '@sandyq/disposition';
import { type Answer, type GuardedRoute, jsonAnswer, type RequestContext } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { rulesAskedAbout, whatIfInput } from '../../requests/requested-what-if.ts';
import { askFor } from './request-routes.ts';
import { readInput, retentionRoute } from './retention-route.ts';
import { MAX_SCHEDULE_BODY_BYTES } from './schedule-routes.ts';

type Ports = Pick<Archive, 'database' | 'newId' | 'settings'>;

/** Routes that judge and change nothing. */
export function judgementRoutes(archive: Ports): GuardedRoute[] {
  return [
    retentionRoute('GET', '/studies/:study', (context) => explain(archive, context)),
    retentionRoute('POST', '/what-if', (context) => reckon(archive, context)),
  ];
}

/** `schedule`: `NAME` or `NAME@VERSION`; default: the one in force. */
async function explain({ database }: Ports, { params, query }: RequestContext): Promise<Answer> {
  const schedule = query.get('schedule') ?? undefined;
  const request = { studyInstanceUid: params['study'] ?? '', schedule, now: new Date() };
  return jsonAnswer(200, await explainStudy(database, request));
}

/** Every study is judged: a minute for a million of them. */
async function reckon(archive: Ports, context: RequestContext): Promise<Answer> {
  const input = await readInput(context, whatIfInput, MAX_SCHEDULE_BODY_BYTES);
  await rulesAskedAbout(archive.database, input, new Date());
  if (input.facility !== undefined) await facilityByCode(archive.database, input.facility);
  return askFor(archive, context, { kind: 'what-if', input });
}

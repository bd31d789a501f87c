/** `/admin/retention/studies/…` and `/what-if`: what schedules and holds say of a study, and what a schedule would mean for all. */
import { explainStudy, findSchedule, whatIf } from '@sandyq/disposition';
import { type Answer, type GuardedRoute, jsonAnswer, type RequestContext, readJson } from '@sandyq/http';
import { parseSchedule } from '@sandyq/retention';
import type { Archive } from '@sandyq/service';
import { z } from 'zod';
import { parseInput } from '../new-principals.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { retentionRoute } from './retention-route.ts';
import { MAX_SCHEDULE_BODY_BYTES } from './schedule-routes.ts';

type Ports = Pick<Archive, 'database'>;

/** Routes that judge and change nothing. */
export function judgementRoutes(archive: Ports): GuardedRoute[] {
  return [
    retentionRoute('GET', '/studies/:study', (context) => explain(archive, context)),
    retentionRoute(
      'POST',
      '/what-if',
      oneAtATime((context) => reckon(archive, context)),
    ),
  ];
}

/** `schedule`: `NAME` or `NAME@VERSION`; default: the one in force. */
async function explain({ database }: Ports, { params, query }: RequestContext): Promise<Answer> {
  const schedule = query.get('schedule') ?? undefined;
  const request = { studyInstanceUid: params['study'] ?? '', schedule, now: new Date() };
  return jsonAnswer(200, await explainStudy(database, request));
}

const whatIfSchema = z
  .strictObject({
    schedule: z.string().optional(),
    /** YAML or JSON, instead of a name. */
    text: z.string().optional(),
    facility: z.string().optional(),
  })
  .refine(({ schedule, text }) => schedule === undefined || text === undefined, {
    message: 'schedule and text exclude each other',
  });

/** Answers when every study was judged: a minute for a million of them. */
async function reckon({ database }: Ports, context: RequestContext): Promise<Answer> {
  const input = parseInput(whatIfSchema, await readJson(context, MAX_SCHEDULE_BODY_BYTES));
  const now = new Date();
  const rules =
    input.text === undefined
      ? (await findSchedule(database, input.schedule, now)).rules
      : parseSchedule(input.text);
  const { signal } = context;
  const result = await whatIf(database, { rules, facility: input.facility, now, signal });
  return jsonAnswer(200, { schedule: rules.schedule, scheduleVersion: rules.version, ...result });
}

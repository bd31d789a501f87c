/** `/admin/retention/schedules`: versions of schedules, proposed by one person and adopted by another. */
import { listSchedules, readSchedule } from '@sandyq/database';
import {
  adoptProposed,
  describeAdoption,
  describeSchedule,
  proposeSchedule,
  readySchedules,
  scheduleInForce,
  surveyAdoption,
} from '@sandyq/disposition';
import { type Answer, type GuardedRoute, HttpError, jsonAnswer, type RequestContext } from '@sandyq/http';
import { longestScheduleText, parseSchedule } from '@sandyq/retention';
import type { Archive } from '@sandyq/service';
import { z } from 'zod';
import { flagOf } from '../parameters.ts';
import { actorOf, readInput, retentionRoute } from './retention-route.ts';

type Ports = Pick<Archive, 'database' | 'store' | 'maintenance' | 'logger'>;

/** Routes of schedules. */
export function scheduleRoutes(archive: Ports): GuardedRoute[] {
  return [
    retentionRoute('GET', '/schedules', () => list(archive)),
    retentionRoute('GET', '/ready-schedules', ready),
    retentionRoute('POST', '/schedules', (context) => propose(archive, context)),
    retentionRoute('POST', '/schedules/check', check),
    retentionRoute('GET', '/schedules/:schedule/:version', (context) => showOne(archive, context)),
    retentionRoute('POST', '/schedules/:schedule/:version/adopt', (context) => adopt(archive, context)),
  ];
}

async function list({ database }: Ports): Promise<Answer> {
  const inForce = (await scheduleInForce(database, new Date()))?.written;
  const schedules = (await listSchedules(database)).map((one) => ({
    ...describeSchedule(one),
    isInForce: one.schedule === inForce?.schedule && one.version === inForce.version,
  }));
  return jsonAnswer(200, { schedules });
}

async function ready(): Promise<Answer> {
  const schedules = (await readySchedules()).map(({ text, rules }) => {
    const { schedule, version, title, source, effective } = rules;
    return { schedule, version, title, source, effectiveFrom: effective.from, text };
  });
  return jsonAnswer(200, { schedules });
}

const textSchema = z.strictObject({
  /** YAML or JSON. */
  text: z.string(),
});

/** A character takes at most 6 bytes in JSON (`\u0000`), and something stands around the text. */
export const MAX_SCHEDULE_BODY_BYTES = longestScheduleText * 6 + 1_000;

async function textOf(context: RequestContext): Promise<string> {
  return (await readInput(context, textSchema, MAX_SCHEDULE_BODY_BYTES)).text;
}

/** Reads a schedule and answers it as it was understood. */
async function check(context: RequestContext): Promise<Answer> {
  return jsonAnswer(200, parseSchedule(await textOf(context)));
}

async function propose(archive: Ports, context: RequestContext): Promise<Answer> {
  const proposed = await proposeSchedule(archive, await textOf(context), await actorOf(archive, context));
  return jsonAnswer(201, describeSchedule(proposed));
}

function named({ params }: RequestContext): { schedule: string; version: number } {
  const { schedule = '', version = '' } = params;
  if (/^[1-9]\d{0,8}$/.test(version)) return { schedule, version: Number(version) };
  throw new HttpError('not-found', 'There is no such version.');
}

async function showOne({ database }: Ports, context: RequestContext): Promise<Answer> {
  const { schedule, version } = named(context);
  const written = await readSchedule(database, schedule, version);
  return jsonAnswer(200, { ...describeSchedule(written), text: written.text });
}

/** `dryRun=true`: only says what it would mean for plans that were made by the schedule in force. */
async function adopt(archive: Ports, context: RequestContext): Promise<Answer> {
  const { database } = archive;
  const dryRun = flagOf(context, 'dryRun');
  const version = named(context);
  const actor = await actorOf(archive, context);
  await adoptProposed(archive, { ...version, isDryRun: true }, actor);
  const { signal } = context;
  const adoption = describeAdoption(await surveyAdoption(database, { ...version, now: new Date(), signal }));
  const now = dryRun
    ? await readSchedule(database, version.schedule, version.version)
    : await adoptProposed(archive, version, actor);
  return jsonAnswer(200, { ...describeSchedule(now), dryRun, adoption });
}

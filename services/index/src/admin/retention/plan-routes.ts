/** `/admin/retention/plans`: what may be disposed of, listed by one person and approved by another. */
import { Readable } from 'node:stream';
import { listPlans, type PlanState, planProgress, readPlan, readPlanItems } from '@sandyq/database';
import {
  approveDispositionPlan,
  describePlan,
  describePlanItem,
  MOST_PLAN_ITEMS,
  makePlan,
  PLAN_REPORT_FORMATS,
  type PlanReportFormat,
  planReport,
  withdrawDispositionPlan,
} from '@sandyq/disposition';
import {
  type Answer,
  type GuardedRoute,
  HttpError,
  jsonAnswer,
  type RequestContext,
  readJson,
} from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { z } from 'zod';
import { parseInput } from '../new-principals.ts';
import { limitOf } from '../parameters.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { actorOf, retentionRoute } from './retention-route.ts';

type Ports = Pick<Archive, 'database' | 'store' | 'maintenance' | 'logger' | 'newId'>;

/** Routes of plans. */
export function planRoutes(archive: Ports): GuardedRoute[] {
  return [
    retentionRoute('GET', '/plans', (context) => list(archive, context)),
    retentionRoute(
      'POST',
      '/plans',
      oneAtATime((context) => make(archive, context)),
    ),
    retentionRoute('GET', '/plans/:plan', (context) => showOne(archive, context)),
    retentionRoute('GET', '/plans/:plan/items', (context) => items(archive, context)),
    retentionRoute('GET', '/plans/:plan/report', (context) => report(archive, context)),
    retentionRoute('POST', '/plans/:plan/approve', (context) => approve(archive, context)),
    retentionRoute('POST', '/plans/:plan/withdraw', (context) => withdraw(archive, context)),
  ];
}

const STATES: readonly PlanState[] = ['open', 'approved', 'ended', 'withdrawn'];

async function list({ database }: Ports, context: RequestContext): Promise<Answer> {
  const limit = limitOf(context);
  const asked = context.query.get('state') ?? undefined;
  const state = STATES.find((known) => known === asked);
  if (asked !== state) throw new HttpError('bad-request', `"state" must be one of ${STATES.join(', ')}.`);
  const before = context.query.get('before') ?? undefined;
  if (before !== undefined) await readPlan(database, before);
  const plans = await listPlans(database, { state, before }, limit);
  const next = plans.length < limit ? undefined : plans.at(-1)?.planId;
  return jsonAnswer(200, { plans: plans.map((plan) => describePlan(plan, new Date())), next });
}

const planSchema = z.strictObject({
  kind: z.enum(['schedule', 'rejections']).default('schedule'),
  facility: z.string().optional(),
  limit: z.int().min(1).max(MOST_PLAN_ITEMS).optional(),
  validDays: z.int().min(1).max(3_650).optional(),
});

/** Answers when every study was judged. 201 with a plan; 200 without one: there is nothing to dispose of. */
async function make(archive: Ports, context: RequestContext): Promise<Answer> {
  const request = parseInput(planSchema, await readJson(context));
  const actor = await actorOf(archive, context);
  const ports = { ...archive, now: () => new Date() };
  const { plan, ...made } = await makePlan(ports, { ...request, signal: context.signal }, actor);
  if (plan === undefined) return jsonAnswer(200, made);
  return jsonAnswer(201, { plan: describePlan(plan, new Date()), ...made });
}

function planOf({ params }: RequestContext): string {
  return params['plan'] ?? '';
}

async function showOne({ database }: Ports, context: RequestContext): Promise<Answer> {
  const plan = await readPlan(database, planOf(context));
  const progress = await planProgress(database, plan.planId);
  return jsonAnswer(200, describePlan(plan, new Date(), progress));
}

/** `after`: ordinal of the last item of the page before. */
async function items({ database }: Ports, context: RequestContext): Promise<Answer> {
  const limit = limitOf(context);
  const text = context.query.get('after') ?? '0';
  if (!/^\d{1,9}$/.test(text)) throw new HttpError('bad-request', '"after" must be a number from 0 on.');
  const { planId } = await readPlan(database, planOf(context));
  const found = await readPlanItems(database, planId, { after: Number(text), limit });
  const next = found.length < limit ? undefined : found.at(-1)?.ordinal;
  return jsonAnswer(200, { items: found.map(describePlanItem), next });
}

const MEDIA_TYPES: Readonly<Record<PlanReportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json',
  html: 'text/html; charset=utf-8',
};

/** `format`: csv, json or html. */
async function report({ database }: Ports, context: RequestContext): Promise<Answer> {
  const asked = context.query.get('format') ?? 'csv';
  const format = PLAN_REPORT_FORMATS.find((known) => known === asked);
  if (format === undefined)
    throw new HttpError('bad-request', `"format" must be one of ${PLAN_REPORT_FORMATS.join(', ')}.`);
  const pieces = await planReport(database, { planId: planOf(context), format, now: new Date() });
  const body = Readable.from(encoded(pieces), { signal: context.signal });
  return { status: 200, headers: { 'Content-Type': MEDIA_TYPES[format] }, body };
}

async function* encoded(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) yield Buffer.from(piece, 'utf8');
}

const approvalSchema = z.strictObject({
  /** The digest of the list that was read, in hex. */
  sha256: z.string().regex(/^[0-9a-fA-F]{64}$/, 'must be a SHA-256 in hex'),
});

async function approve(archive: Ports, context: RequestContext): Promise<Answer> {
  const { sha256 } = parseInput(approvalSchema, await readJson(context));
  const actor = await actorOf(archive, context);
  const ports = { ...archive, now: () => new Date() };
  const plan = await approveDispositionPlan(ports, { planId: planOf(context), sha256 }, actor);
  return jsonAnswer(200, describePlan(plan, new Date()));
}

async function withdraw(archive: Ports, context: RequestContext): Promise<Answer> {
  const actor = await actorOf(archive, context);
  const plan = await withdrawDispositionPlan(archive, planOf(context), actor);
  return jsonAnswer(200, describePlan(plan, new Date()));
}

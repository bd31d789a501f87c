/** `/admin/retention/plans`: what may be disposed of, listed by one person and approved by another. */
import { Readable } from 'node:stream';
import {
  facilityByCode,
  listPlans,
  type PlanState,
  planProgress,
  readPlan,
  readPlanItems,
} from '@sandyq/database';
import {
  approveDispositionPlan,
  demandScheduleInForce,
  describePlan,
  describePlanItem,
  MOST_PLAN_ITEMS,
  PLAN_REPORT_FORMATS,
  type PlanReportFormat,
  planReport,
  planStanding,
  withdrawDispositionPlan,
} from '@sandyq/disposition';
import { type Answer, type GuardedRoute, jsonAnswer, type RequestContext } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { z } from 'zod';
import { planInput } from '../../requests/requested-plan.ts';
import { limitOf, nextOf, parameterOf } from '../parameters.ts';
import { askFor } from './request-routes.ts';
import { actorOf, type DecisionPorts, readInput, retentionRoute, withClock } from './retention-route.ts';

type Ports = DecisionPorts & Pick<Archive, 'settings'>;

/** Routes of plans. */
export function planRoutes(archive: Ports): GuardedRoute[] {
  return [
    retentionRoute('GET', '/plans', (context) => list(archive, context)),
    retentionRoute('POST', '/plans', (context) => make(archive, context)),
    retentionRoute('GET', '/plans/:plan', (context) => showOne(archive, context)),
    retentionRoute('GET', '/plans/:plan/items', (context) => items(archive, context)),
    retentionRoute('GET', '/plans/:plan/report', (context) => report(archive, context)),
    retentionRoute('POST', '/plans/:plan/approve', (context) => approve(archive, context)),
    retentionRoute('POST', '/plans/:plan/withdraw', (context) => withdraw(archive, context)),
  ];
}

const stateSchema = z.enum(['open', 'approved', 'ended', 'withdrawn'] satisfies PlanState[]);

async function list({ database }: Ports, context: RequestContext): Promise<Answer> {
  const limit = limitOf(context);
  const state = parameterOf(context, 'state', stateSchema);
  const before = context.query.get('before') ?? undefined;
  if (before !== undefined) await readPlan(database, before);
  const plans = await listPlans(database, { state, before }, limit);
  const next = nextOf(plans, limit, ({ planId }) => planId);
  const standing = await planStanding(database, new Date());
  return jsonAnswer(200, { plans: plans.map((plan) => describePlan(plan, standing)), next });
}

/** Every study is judged, as of then. */
async function make(archive: Ports, context: RequestContext): Promise<Answer> {
  const input = await readInput(context, planInput);
  await demandScheduleInForce(archive.database, new Date());
  if (input.facility !== undefined) await facilityByCode(archive.database, input.facility);
  return askFor(archive, context, { kind: 'plan', input });
}

function planOf({ params }: RequestContext): string {
  return params['plan'] ?? '';
}

async function showOne({ database }: Ports, context: RequestContext): Promise<Answer> {
  const plan = await readPlan(database, planOf(context));
  const progress = await planProgress(database, plan.planId);
  return jsonAnswer(200, describePlan(plan, await planStanding(database, new Date()), progress));
}

/** `after`: ordinal of the last item of the page before. */
async function items({ database }: Ports, context: RequestContext): Promise<Answer> {
  const limit = limitOf(context);
  const after =
    parameterOf(context, 'after', z.coerce.number().int().nonnegative().max(MOST_PLAN_ITEMS)) ?? 0;
  const { planId } = await readPlan(database, planOf(context));
  const found = await readPlanItems(database, planId, { after, limit });
  const next = nextOf(found, limit, ({ ordinal }) => ordinal);
  return jsonAnswer(200, { items: found.map(describePlanItem), next });
}

const MEDIA_TYPES: Readonly<Record<PlanReportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json',
  html: 'text/html; charset=utf-8',
};

/** `format`: csv, json or html. */
async function report({ database }: Ports, context: RequestContext): Promise<Answer> {
  const format = parameterOf(context, 'format', z.enum(PLAN_REPORT_FORMATS)) ?? 'csv';
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
  const { sha256 } = await readInput(context, approvalSchema);
  const actor = await actorOf(archive, context);
  const approval = { planId: planOf(context), sha256 };
  const plan = await approveDispositionPlan(withClock(archive), approval, actor);
  return jsonAnswer(200, describePlan(plan, await planStanding(archive.database, new Date())));
}

async function withdraw(archive: Ports, context: RequestContext): Promise<Answer> {
  const actor = await actorOf(archive, context);
  const plan = await withdrawDispositionPlan(archive, planOf(context), actor);
  return jsonAnswer(200, describePlan(plan, await planStanding(archive.database, new Date())));
}

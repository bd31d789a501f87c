/** Makes a plan: an immutable list, with a digest, of what may be disposed of as of now. Nothing is done by it before another principal approves. */
import {
  activeHolds,
  type Database,
  facilityByCode,
  insertPlan,
  insertPlanItems,
  type NewPlan,
  type NewPlanItem,
  type Plan,
  type PlanKind,
  type Queryable,
  readPlan,
} from '@sandyq/database';
import type { Actor } from '../actor.ts';
import { demandScheduleInForce } from '../schedules/find-schedule.ts';
import { dueRejections } from './due-rejections.ts';
import { type DueRequest, dueStudies } from './due-studies.ts';
import { type LeftOut, noneLeftOut } from './left-out.ts';
import { type PlanBasis, PlanDigest } from './plan-digest.ts';

/** Most items of a plan: what two people can answer for, and what is held in memory. */
export const MOST_PLAN_ITEMS = 100_000;
/** How long a plan may be carried out, both phases, unless it is told otherwise. */
export const DEFAULT_PLAN_DAYS = 90;
const DAY_MS = 86_400_000;

/** What plans are made with. */
export interface PlanPorts {
  readonly database: Database;
  readonly newId: () => string;
  readonly now: () => Date;
}

/** Which plan. */
export interface PlanRequest {
  readonly kind: PlanKind;
  /** Code: only studies of this facility. */
  readonly facility?: string | undefined;
  /** At most so many items; what is more is left for the next plan. Default: {@link MOST_PLAN_ITEMS}. */
  readonly limit?: number | undefined;
  /** Days from now on which it expires. Default: {@link DEFAULT_PLAN_DAYS}. */
  readonly validDays?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the studies, or rejections, that were looked at, and the items found. */
  readonly onProgress?: ((looked: number, items: number) => void) | undefined;
  /** Called in the transaction that keeps the plan, which is not kept if it throws. */
  readonly onKept?: ((client: Queryable, made: MadePlan) => Promise<void>) | undefined;
}

/** What came of it. */
export interface MadePlan {
  /** Undefined: there is nothing to dispose of, and no plan was made. */
  readonly plan: Plan | undefined;
  readonly looked: number;
  readonly leftOut: LeftOut;
  /** The plan is full, and not everything was looked at. */
  readonly isFull: boolean;
}

/**
 * Throws DispositionError('conflict') where no schedule is in force, DatabaseError('not-found') for an unknown facility.
 * The plan is there as a whole or not at all.
 */
export async function makePlan(ports: PlanPorts, request: PlanRequest, actor: Actor): Promise<MadePlan> {
  const { database } = ports;
  const now = ports.now();
  const rules = await demandScheduleInForce(database, now);
  const { items, ...collected } = await collectItems(database, request, { rules, now });
  if (items.length === 0) return { plan: undefined, ...collected };
  const basis: PlanBasis = {
    planId: ports.newId(),
    kind: request.kind,
    schedule: rules.schedule,
    scheduleVersion: rules.version,
  };
  const kept: NewPlan = {
    ...basis,
    sha256: items.reduce((digest, item) => digest.add(item), new PlanDigest(basis)).digest(),
    studies: new Set(items.map(({ studyInstanceUid }) => studyInstanceUid)).size,
    instances: items.reduce((sum, { instances }) => sum + instances, 0),
    bytes: items.reduce((sum, { bytes }) => sum + bytes, 0),
    createdBy: actor.principalId,
    createdAt: now,
    expiresAt: new Date(now.getTime() + (request.validDays ?? DEFAULT_PLAN_DAYS) * DAY_MS),
  };
  return database.inTransaction(async (client) => {
    const made = { plan: await keepPlan(client, items, kept), ...collected };
    await request.onKept?.(client, made);
    return made;
  });
}

interface Collected extends Omit<MadePlan, 'plan'> {
  readonly items: readonly NewPlanItem[];
}

async function collectItems(
  database: Database,
  { kind, facility, limit = MOST_PLAN_ITEMS, signal, onProgress }: PlanRequest,
  { rules, now }: Pick<DueRequest, 'rules' | 'now'>,
): Promise<Collected> {
  const items: NewPlanItem[] = [];
  const leftOut = noneLeftOut();
  let looked = 0;
  const onLooked = (studies: number) => {
    looked += studies;
    onProgress?.(looked, items.length);
  };
  const facilityId =
    facility === undefined ? undefined : (await facilityByCode(database, facility)).facilityId;
  const holds = await activeHolds(database);
  const due: DueRequest = { rules, holds, now, facilityId, leftOut, signal, onLooked };
  const found = kind === 'schedule' ? dueStudies(database, due) : dueRejections(database, due);
  for await (const item of found) {
    if (items.length === Math.min(limit, MOST_PLAN_ITEMS)) return { items, looked, leftOut, isFull: true };
    items.push({ ordinal: items.length + 1, ...item });
  }
  return { items, looked, leftOut, isFull: false };
}

const ITEMS_AT_ONCE = 1_000;

async function keepPlan(client: Queryable, items: readonly NewPlanItem[], plan: NewPlan): Promise<Plan> {
  await insertPlan(client, plan);
  for (let start = 0; start < items.length; start += ITEMS_AT_ONCE)
    await insertPlanItems(client, plan.planId, items.slice(start, start + ITEMS_AT_ONCE));
  return readPlan(client, plan.planId);
}

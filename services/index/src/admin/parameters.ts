/** Parameters that the lists of the admin API have in common. */
import { type Database, deviceByCode, facilityByCode } from '@sandyq/database';
import { HttpError, type RequestContext } from '@sandyq/http';
import type { z } from 'zod';

/** Entries of one page at most. */
const MAX_LIMIT = 1_000;
const DEFAULT_LIMIT = 100;

/** What narrows a list: `facility` and `device` are codes, `before` is the id of the last entry of the page before. */
export interface ListParameters {
  readonly facilityId: number | undefined;
  readonly deviceId: number | undefined;
  readonly before: number | undefined;
  readonly limit: number;
}

/** Reads `facility`, `device`, `before` and `limit`; a confined principal sees its own facility only. */
export async function listParameters(database: Database, context: RequestContext): Promise<ListParameters> {
  const { query } = context;
  const facility = query.get('facility');
  const device = query.get('device');
  const confinedTo = confinementOf(context);
  const asked = facility === null ? undefined : (await facilityByCode(database, facility)).facilityId;
  if (confinedTo !== undefined && asked !== undefined && asked !== confinedTo) {
    throw new HttpError('forbidden', 'This credential is confined to another facility.');
  }
  return {
    facilityId: asked ?? confinedTo,
    deviceId: device === null ? undefined : (await deviceByCode(database, device)).deviceId,
    before: query.has('before') ? numberOf(query.get('before'), 'before') : undefined,
    limit: limitOf(context),
  };
}

/** `limit`: entries of a page. */
export function limitOf({ query }: RequestContext): number {
  return Math.min(query.has('limit') ? numberOf(query.get('limit'), 'limit') : DEFAULT_LIMIT, MAX_LIMIT);
}

/** The only facility that the principal may see; undefined: all. */
export function confinementOf({ decision }: RequestContext): number | undefined {
  return decision.confinedTo === undefined ? undefined : Number(decision.confinedTo);
}

/** Throws `not-found` for what belongs to another facility than the principal is confined to: it does not learn of it. */
export function assertWithin(
  context: RequestContext,
  found: { readonly facilityId: number | undefined } | undefined,
  what: string,
): asserts found {
  const confinedTo = confinementOf(context);
  if (found !== undefined && (confinedTo === undefined || found.facilityId === confinedTo)) return;
  throw new HttpError('not-found', `There is no ${what}.`);
}

/** The number in the path. */
export function idOf({ params }: RequestContext): number {
  return numberOf(params['id'] ?? null, 'id');
}

/** What the parameter says; undefined where it is absent. Throws `bad-request`. */
export function parameterOf<Value>(
  { query }: RequestContext,
  name: string,
  schema: z.ZodType<Value>,
): Value | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new HttpError('bad-request', `"${name}" cannot be used: ${issue?.message ?? ''}.`);
}

/** `true` or `false`; absent is false. */
export function flagOf({ query }: RequestContext, name: string): boolean {
  const text = query.get(name) ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new HttpError('bad-request', `"${name}" must be true or false.`);
}

function numberOf(text: string | null, name: string): number {
  const value = text !== null && /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value >= 1) return value;
  throw new HttpError('bad-request', `"${name}" must be a number from 1 on.`);
}

/** A page of a list; `next` is the path's `before` for the next page, absent on the last one. */
export function pageOf<Row>(rows: readonly Row[], limit: number, idOfRow: (row: Row) => number) {
  return { next: nextOf(rows, limit, idOfRow) };
}

/** What the next page begins behind; undefined: this is the last one. */
export function nextOf<Row, Id>(
  rows: readonly Row[],
  limit: number,
  idOfRow: (row: Row) => Id,
): Id | undefined {
  const last = rows.length < limit ? undefined : rows.at(-1);
  return last === undefined ? undefined : idOfRow(last);
}

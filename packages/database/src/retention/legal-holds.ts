/** Legal holds in the database: placed and released with their journal lines, and read by whoever decides on a study. */
import { type HoldScope, type LegalHold, parseCalendarDate, parseCondition } from '@sandyq/retention';
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { writeJournalLine } from '../journal.ts';
import { rows } from '../read-rows.ts';
import { isUuid } from '../uuid.ts';

/** Most studies that one hold lists: so many fit into a line of the journal. */
export const mostListedStudies = 10_000;

/** The scope as it is written down: the condition of a query as its YAML. */
export type WrittenScope =
  | { readonly kind: 'studies'; readonly studyInstanceUids: readonly string[] }
  | { readonly kind: 'query'; readonly condition: string };

/** A hold that is to be placed. The scope is one that reads: see `parseCondition`. */
export interface NewHold {
  readonly legalHoldId: string;
  readonly reason: string;
  readonly authority: string;
  readonly owner: string;
  readonly scope: WrittenScope;
  /** `YYYY-MM-DD`. */
  readonly reviewOn: string;
}

/** A hold with what became of it. */
export interface HoldRecord extends LegalHold {
  readonly writtenScope: WrittenScope;
  readonly releasedBy: string | undefined;
  readonly releasedAt: Date | undefined;
  readonly releaseReason: string | undefined;
}

/** Any constant: decisions on studies share it, placing a hold has it alone. */
const HOLDS_LOCK = 7_214_017;

/**
 * The holds in force. In a transaction that decides: until it ends no hold is placed, so that what it did not see was
 * placed after it. Call it after the study is locked.
 */
export async function activeHolds(client: Queryable): Promise<LegalHold[]> {
  await client.query({
    name: 'share-holds',
    text: 'select pg_advisory_xact_lock_shared($1)',
    values: [HOLDS_LOCK],
  });
  const found = await rows<Omit<HoldRow, 'scope'>>(
    client,
    `select ${COLUMNS} from legal_hold where released_at is null order by placed_at, legal_hold_id`,
  );
  const scopes = await readScopes(
    client,
    found.map(({ legalHoldId }) => legalHoldId),
  );
  return found.map((row) => {
    const scope = scopes.get(row.legalHoldId);
    if (scope === undefined) throw new TypeError('no hold is ever removed');
    return { ...row, reviewOn: parseCalendarDate(row.reviewOn), scope };
  });
}

/** A scope never changes, and may be long: it is not read again for every study. */
const knownScopes = new Map<string, HoldScope>();
const MOST_KNOWN = 100;

async function readScopes(
  client: Queryable,
  legalHoldIds: readonly string[],
): Promise<ReadonlyMap<string, HoldScope>> {
  const unknown = legalHoldIds.filter((id) => !knownScopes.has(id));
  const read = unknown.length === 0 ? [] : await readWritten(client, unknown);
  const scopes = new Map([...knownScopes, ...read]);
  if (knownScopes.size + read.length > MOST_KNOWN) knownScopes.clear();
  for (const [id, scope] of read.slice(0, MOST_KNOWN)) knownScopes.set(id, scope);
  return scopes;
}

async function readWritten(
  client: Queryable,
  legalHoldIds: readonly string[],
): Promise<[legalHoldId: string, scope: HoldScope][]> {
  const found = await rows<Pick<HoldRow, 'legalHoldId' | 'scope'>>(
    client,
    'select legal_hold_id as "legalHoldId", scope from legal_hold where legal_hold_id = any ($1)',
    [legalHoldIds],
  );
  return found.map(({ legalHoldId, scope }) => [legalHoldId, readScope(scope)]);
}

/**
 * Places a hold, with its journal line; call it within a transaction, and report it only when that line is in the store.
 * It waits for the decisions that do not see it. Throws DatabaseError('conflict') for an id that there is.
 */
export async function placeHold(client: Queryable, hold: NewHold, placedBy: string): Promise<HoldRecord> {
  await client.query({
    name: 'lock-holds',
    text: 'select pg_advisory_xact_lock($1)',
    values: [HOLDS_LOCK],
  });
  const { legalHoldId, reason, authority, owner, scope, reviewOn } = hold;
  await client.query({
    name: 'place-hold',
    text: `insert into legal_hold (legal_hold_id, reason, authority, owner, scope, review_on, placed_by, placed_at)
      values ($1, $2, $3, $4, $5, $6, $7, date_trunc('milliseconds', now()))`,
    values: [legalHoldId, reason, authority, owner, JSON.stringify(scope), reviewOn, placedBy],
  });
  await writeJournalLine(client, {
    kind: 'hold-placed',
    decidedBy: placedBy,
    fact: { legalHoldId, reason, authority, owner, reviewOn, ...scopeFact(scope) },
  });
  return holdById(client, legalHoldId);
}

/** How the journal says it. */
function scopeFact(scope: WrittenScope) {
  return scope.kind === 'studies'
    ? { studyInstanceUids: scope.studyInstanceUids }
    : { condition: scope.condition };
}

/**
 * Releases a hold, with its journal line; call it within a transaction. Throws DatabaseError('not-found'), or 'conflict'
 * if it is released already or was placed by the same person.
 */
export async function releaseHold(
  client: Queryable,
  { legalHoldId, reason }: { readonly legalHoldId: string; readonly reason: string },
  releasedBy: string,
): Promise<HoldRecord> {
  const hold = await holdById(client, legalHoldId, 'for update');
  if (hold.releasedAt !== undefined)
    throw new DatabaseError('conflict', `hold ${legalHoldId} is released already`);
  if (hold.placedBy === releasedBy)
    throw new DatabaseError('conflict', `hold ${legalHoldId} is released by another person than placed it`);
  await client.query({
    name: 'release-hold',
    text: `update legal_hold set released_by = $2, released_at = date_trunc('milliseconds', now()), release_reason = $3
      where legal_hold_id = $1`,
    values: [legalHoldId, releasedBy, reason],
  });
  const fact = { legalHoldId, reason };
  await writeJournalLine(client, { kind: 'hold-released', decidedBy: releasedBy, fact });
  return holdById(client, legalHoldId);
}

/** One hold, in force or not. Throws DatabaseError('not-found'). */
export async function holdById(
  client: Queryable,
  legalHoldId: string,
  lock: 'for update' | '' = '',
): Promise<HoldRecord> {
  const found = isUuid(legalHoldId)
    ? await rows<HoldRow>(client, `${SELECT} where legal_hold_id = $1 ${lock}`, [legalHoldId])
    : [];
  const [row] = found;
  if (row === undefined) throw new DatabaseError('not-found', `there is no hold ${legalHoldId}`);
  return toHold(row);
}

/** Which holds; what is absent does not narrow. */
export interface HoldFilter {
  /** Also those that are released. */
  readonly includeReleased?: boolean | undefined;
  /** Only those in force whose review date is this day or earlier (`YYYY-MM-DD`). */
  readonly reviewDueOn?: string | undefined;
  /** Only those placed after this one. */
  readonly after?: string | undefined;
}

/** Up to `limit` holds in the order of their placing. */
export async function listHolds(
  client: Queryable,
  { includeReleased = false, reviewDueOn, after }: HoldFilter,
  limit: number,
): Promise<HoldRecord[]> {
  const found = await rows<HoldRow>(
    client,
    `${SELECT} where (released_at is null or $1) and ($2::date is null or (review_on <= $2 and released_at is null))
      and ($3::uuid is null
        or (placed_at, legal_hold_id) > (select h.placed_at, h.legal_hold_id from legal_hold h where h.legal_hold_id = $3))
      order by placed_at, legal_hold_id limit $4`,
    [includeReleased, reviewDueOn ?? null, after ?? null, limit],
  );
  return found.map(toHold);
}

const COLUMNS = `legal_hold_id as "legalHoldId", reason, authority, owner, review_on as "reviewOn",
  placed_by as "placedBy", placed_at as "placedAt", released_by as "releasedBy", released_at as "releasedAt",
  release_reason as "releaseReason"`;
const SELECT = `select ${COLUMNS}, scope from legal_hold`;

interface HoldRow extends Omit<HoldRecord, 'scope' | 'writtenScope' | 'reviewOn'> {
  readonly scope: WrittenScope;
  readonly reviewOn: string;
}

function toHold({ scope, reviewOn, ...row }: HoldRow): HoldRecord {
  return { ...row, reviewOn: parseCalendarDate(reviewOn), scope: readScope(scope), writtenScope: scope };
}

function readScope(scope: WrittenScope): HoldScope {
  return scope.kind === 'studies' ? scope : { kind: 'query', condition: parseCondition(scope.condition) };
}

/** Searches of the index (PS3.18 §10.6), newest studies first, in a stable order. */
import type { Filter, SearchRequest } from '@sandyq/dicomweb';
import type { Queryable, Statement } from '../database.ts';
import { damagedRows } from './damaged-rows.ts';
import { filterCondition } from './filter-condition.ts';
import { keyConditions, type NarrowedSearch, narrowSearch } from './narrow-search.ts';
import { nearlineRows } from './nearline-rows.ts';
import { Parameters } from './parameters.ts';
import { type HitRow, type SearchHit, SHAPES, toHit } from './search-hit.ts';
import { afterCondition, type OrderKey, orderOf } from './search-order.ts';

/** What a search may see. */
export interface SearchVisibility {
  /** undefined: every facility. */
  readonly facilityId: number | undefined;
}

/** The matches of a page. */
export interface SearchResult {
  readonly hits: readonly SearchHit[];
  /** Matches beyond this page; 'many': more than anybody counted. */
  readonly remaining: number | 'many';
}

/** What a search is told beside the request. */
export interface SearchOptions {
  /** Results of the page, already bounded by the caller. */
  readonly limit: number;
  readonly visibility: SearchVisibility;
  /** Whether names in other scripts match too. */
  readonly crossScriptNames: boolean;
  /** The page begins after this result, instead of at the offset of the request. */
  readonly after?: OrderKey | undefined;
  /** Asks what names no key, and may take PostgreSQL long: when there is room for it, until the signal aborts. Default: at once. */
  readonly whenRoom?: WhenRoom;
}

/** Calls back when there is room, and is done when that is. */
export type WhenRoom = <Result>(ask: (signal?: AbortSignal) => Promise<Result>) => Promise<Result>;

/** Runs a search. */
export async function search(
  client: Queryable,
  request: SearchRequest,
  options: SearchOptions,
): Promise<SearchResult> {
  const narrowed = await narrowSearch(client, request);
  if (narrowed === undefined) return { hits: [], remaining: 0 };
  const wanted = { request, options, narrowed };
  const { rows, found } = await readPage(client, wanted);
  const damaged = await damagedRows(client, request.level, rows);
  const nearline = await nearlineRows(client, request.level, rows);
  const hits = rows.map((row) =>
    toHit(row, request.level, { isDamaged: damaged.has(row), isNearline: nearline.has(row) }),
  );
  const remaining = found - hits.length;
  return { hits, remaining: remaining > MOST_COUNTED ? 'many' : remaining };
}

interface Wanted {
  readonly request: SearchRequest;
  readonly options: SearchOptions;
  readonly narrowed: NarrowedSearch;
}

interface Page {
  readonly rows: readonly HitRow[];
  /** Matches of the page and after it, as far as they were counted. */
  readonly found: number;
}

/** So many after a page are counted at most: to count all takes longer than the page itself. */
const MOST_COUNTED = 100;

function readPage(client: Queryable, wanted: Wanted): Promise<Page> {
  const { request, options, narrowed } = wanted;
  // Without a row there is none to say how many were found.
  const isList = request.level === 'study' && !narrowed.isExact && options.limit > 0;
  const read = isList ? readStudies : readRows;
  if (narrowed.isExact || options.whenRoom === undefined) return read(client, wanted);
  return options.whenRoom((signal) => read(client, wanted, signal));
}

/** Matches are found first, some more than the page has, and those of the page are read then. */
async function readStudies(
  client: Queryable,
  { request, options, narrowed }: Wanted,
  signal?: AbortSignal,
): Promise<Page> {
  const parameters = new Parameters();
  const { columns, from } = SHAPES.study;
  const conditions = conditionsOf({ request, options, narrowed }, parameters);
  const found = pageOf({ request, options }, options.limit + MOST_COUNTED + 1, parameters);
  const result = await client.query<HitRow & { found: number }>({
    signal,
    text: `with found as materialized (
        select s.listed_on, s.study_key ${from} where ${conditions} order by ${orderOf('study')} ${found}
      )
      select ${columns}, (select count(*)::int from found) as found
      from (select * from found order by listed_on desc, study_key desc limit ${parameters.place(options.limit)}) page
      join study s on s.study_key = page.study_key order by page.listed_on desc, page.study_key desc`,
    values: parameters.values,
  });
  return { rows: result.rows, found: result.rows[0]?.found ?? 0 };
}

/** Matches are read as they are found, some more than the page has. */
async function readRows(client: Queryable, wanted: Wanted, signal?: AbortSignal): Promise<Page> {
  const { request, options } = wanted;
  const parameters = new Parameters();
  const { columns, from } = SHAPES[request.level];
  const conditions = conditionsOf(wanted, parameters);
  const page = pageOf(wanted, options.limit + MOST_COUNTED + 1, parameters);
  const text = `select ${columns} ${from} where ${conditions} order by ${orderOf(request.level)} ${page}`;
  const { values } = parameters;
  const result = await client.query<HitRow>({ ...planOf(wanted, text), text, values, signal });
  return {
    rows: result.rows.slice(0, options.limit),
    found: result.rows.length,
  };
}

function pageOf(
  { request, options }: Pick<Wanted, 'request' | 'options'>,
  limit: number,
  parameters: Parameters,
): string {
  const offset = options.after === undefined ? request.offset : 0;
  return `limit ${parameters.place(limit)} offset ${parameters.place(offset)}`;
}

const names = new Map<string, string>();

/**
 * The plan of an exact question does not depend on its values: it is kept. There are some dozens of such texts. What asks for the
 * studies of one value is short enough for others to wait for it.
 */
function planOf(
  { request, narrowed }: Wanted,
  text: string,
): Pick<Statement, 'name' | 'keepsPlan' | 'inTurn'> {
  if (!narrowed.isExact || narrowed.filters.length > 1) return {};
  const name = names.get(text) ?? `search-${names.size}`;
  names.set(text, name);
  const isShort = request.level === 'study' && narrowed.filters.every(namesOne);
  return isShort ? { name, inTurn: 'ahead' } : { name, keepsPlan: true };
}

function namesOne({ match }: Filter): boolean {
  return (match.kind === 'exact' || match.kind === 'uid-list') && match.values.length === 1;
}

function conditionsOf({ request, options, narrowed }: Wanted, parameters: Parameters): string {
  const { after, visibility } = options;
  const { facilityId } = visibility;
  const conditions = ['s.listed_on is not null'];
  if (request.level === 'series') conditions.push('e.number_of_instances > 0');
  if (request.level === 'instance') conditions.push(`i.state = 'active'`);
  if (facilityId !== undefined) conditions.push(`s.facility_id = ${parameters.place(facilityId)}`);
  conditions.push(...keyConditions(narrowed, parameters));
  if (request.seriesInstanceUid !== undefined)
    conditions.push(`e.series_instance_uid = ${parameters.place(request.seriesInstanceUid)}`);
  if (after !== undefined) conditions.push(afterCondition(request.level, after, parameters));
  const matching = {
    fuzzy: request.fuzzy,
    acrossScripts: options.crossScriptNames,
    offsetMinutes: request.offsetMinutes,
    isOfKnownStudies: narrowed.isExact,
  };
  for (const filter of narrowed.filters) {
    const condition = filterCondition(filter, parameters, matching);
    if (condition !== undefined) conditions.push(`(${condition})`);
  }
  return conditions.join(' and ');
}

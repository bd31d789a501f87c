/** One filter of a search as an SQL condition with parameters (PS3.4 C.2.2.2). */
import type { Filter } from '@sandyq/dicomweb';
import { DatabaseError } from '../errors.ts';
import { type NameMatching, nameCondition } from './name-condition.ts';
import { likePattern, type Parameters } from './parameters.ts';
import { type SearchedColumn, searchedColumnAt } from './searched-columns.ts';
import { zonedCondition } from './zoned-condition.ts';

/** What holds for all filters of a request. */
export interface Matching extends NameMatching {
  /** Minutes from UTC of its dates and times, if it says so. */
  readonly offsetMinutes: number | undefined;
}

/** SQL that is true for matching rows; undefined for universal matching. */
export function filterCondition(
  filter: Filter,
  parameters: Parameters,
  matching: Matching,
): string | undefined {
  const column = searchedColumnAt(filter.path);
  if (column === undefined)
    throw new DatabaseError('data', 'the index has no column for an attribute of this search');
  const { match } = filter;
  if (match.kind === 'universal') return undefined;
  const zoned =
    matching.offsetMinutes === undefined
      ? undefined
      : zonedCondition(filter, matching.offsetMinutes, parameters);
  if (zoned !== undefined) return zoned;
  if (match.kind === 'empty') return emptyCondition(column);
  if (match.kind === 'combined-range') return momentCondition(filter.path, match, parameters);
  if (column.kind === 'name') {
    return match.kind === 'person-name' ? nameCondition(column, match, { parameters, matching }) : 'false';
  }
  if (column.kind === 'beside') {
    const inner = valueCondition(column, match, parameters);
    return `exists (select from ${column.from} where ${column.join} and ${inner})`;
  }
  if (column.kind === 'unique' && match.kind === 'uid-list') {
    const values = parameters.place(match.values);
    return `${column.row} in (select ${column.key} from ${column.from} where ${column.sql} = any (${values}))`;
  }
  return valueCondition(column, match, parameters);
}

/** Empty Value Matching (PS3.4 C.2.2.2.7): the attribute is absent or has no value. */
function emptyCondition(column: SearchedColumn): string {
  switch (column.kind) {
    case 'name':
      return column.keys.map((key) => `${key} is null`).join(' and ');
    case 'list':
      return `cardinality(${column.sql}) = 0`;
    case 'beside':
      return `not exists (select from ${column.from} where ${column.join} and coalesce(${column.sql}, '') <> '')`;
    case 'text':
    case 'time':
      return `coalesce(${column.sql}, '') = ''`;
    case 'integer':
    case 'date':
      return `${column.sql} is null`;
    case 'unique':
      return 'false';
    default:
      return column satisfies never;
  }
}

type Match = Filter['match'];
type ValueColumn = Exclude<SearchedColumn, { kind: 'name' }>;

function valueCondition(column: ValueColumn, match: Match, parameters: Parameters): string {
  const { sql } = column;
  switch (match.kind) {
    case 'exact':
    case 'uid-list':
      return exactCondition(column, match.values, parameters);
    case 'wildcard': {
      const pattern = parameters.place(likePattern(match.pattern));
      return column.kind === 'list'
        ? `exists (select from unnest(${sql}) as element where element like ${pattern})`
        : `${sql}::text like ${pattern}`;
    }
    case 'range':
      return rangeCondition(column, match, parameters);
    case 'person-name':
    case 'universal':
    case 'empty':
    case 'combined-range':
      return 'false';
    default:
      return match satisfies never;
  }
}

function exactCondition(
  { kind, sql }: ValueColumn,
  values: readonly string[],
  parameters: Parameters,
): string {
  if (kind === 'list') return `${sql} && ${parameters.place(values)}::text[]`;
  if (kind !== 'integer') return `${sql} = any (${parameters.place(values)})`;
  const numbers = values.map(Number).filter(Number.isSafeInteger);
  return `${sql} = any (${parameters.place(numbers)}::bigint[])`;
}

function rangeCondition(
  { kind, sql }: ValueColumn,
  { from, to }: { from?: string; to?: string },
  parameters: Parameters,
): string {
  const cast = kind === 'date' ? '::date' : '';
  const bounds = [
    from !== undefined && `${sql} >= ${parameters.place(from)}${cast}`,
    to !== undefined && `${sql} <= ${parameters.place(to)}${cast}`,
  ];
  return bounds.filter((bound) => bound !== false).join(' and ') || 'true';
}

/** A date and a time as one moment. A row without a time counts from midnight. */
function momentCondition(
  datePath: Filter['path'],
  match: Extract<Match, { kind: 'combined-range' }>,
  parameters: Parameters,
): string {
  const date = searchedColumnAt(datePath);
  const time = searchedColumnAt(match.timePath);
  if (date?.kind !== 'date' || time?.kind !== 'time') return 'false';
  const row = `(${date.sql}, coalesce(${time.sql}, '000000.000000'))`;
  const bound = (moment: string) =>
    `(${parameters.place(moment.slice(0, 8))}::date, ${parameters.place(moment.slice(8))}::text)`;
  const bounds = [
    // The date alone first: it is what the index knows.
    match.from !== undefined && `${date.sql} >= ${parameters.place(match.from.slice(0, 8))}::date`,
    match.to !== undefined && `${date.sql} <= ${parameters.place(match.to.slice(0, 8))}::date`,
    match.from !== undefined && `${row} >= ${bound(match.from)}`,
    match.to !== undefined && `${row} <= ${bound(match.to)}`,
  ];
  return bounds.filter((condition) => condition !== false).join(' and ') || 'true';
}

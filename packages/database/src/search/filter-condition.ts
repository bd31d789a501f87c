/** One filter of a search as an SQL condition with parameters (PS3.4 C.2.2.2). */
import type { Filter } from '@sandyq/dicomweb';
import { DatabaseError } from '../errors.ts';
import { type NameMatching, nameCondition } from './name-condition.ts';
import { likePattern, type Parameters } from './parameters.ts';
import { type DaysBelow, type SearchedColumn, searchedColumnAt } from './searched-columns.ts';
import { zonedCondition } from './zoned-condition.ts';

/** What holds for all filters of a request. */
export interface Matching extends NameMatching {
  /** Minutes from UTC of its dates and times, if it says so. */
  readonly offsetMinutes: number | undefined;
  /** It names studies, a patient or an order: there is nothing to pass over. */
  readonly isOfKnownStudies: boolean;
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
  const condition = valueCondition(column, match, parameters);
  if (column.kind !== 'date' || column.below === undefined || match.kind !== 'range') return condition;
  return matching.isOfKnownStudies
    ? condition
    : `${condition} and ${studiesOfDays(column.below, match, parameters)}`;
}

/**
 * Studies are ordered by day, which the planner does not know of the days below: to find those of long ago it would pass over all
 * that are newer. `offset 0` makes it look for the days first.
 */
function studiesOfDays({ from, sql }: DaysBelow, match: Bounds, parameters: Parameters): string {
  const days = dayCondition({ kind: 'date', sql }, match, parameters);
  return `s.study_key in (select n.study_key from ${from} where ${days} offset 0)`;
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
      return `${column.sql} is null or ${column.sql} = ''`;
    case 'date':
      return column.listed === undefined ? `${column.sql} is null` : `${column.listed} = '-infinity'`;
    case 'integer':
      return `${column.sql} is null`;
    default:
      return column satisfies never;
  }
}

type Match = Filter['match'];
type ValueColumn = Exclude<SearchedColumn, { kind: 'name' }>;
type DateColumn = Extract<SearchedColumn, { kind: 'date' }>;

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
      return column.kind === 'date'
        ? dayCondition(column, match, parameters)
        : rangeCondition(column.sql, match, parameters);
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
  if (kind === 'integer') {
    const numbers = values.map(Number).filter(Number.isSafeInteger);
    return `${sql} = any (${parameters.place(numbers)}::bigint[])`;
  }
  // An index gives the rows of one value in its order, those of several it does not.
  return values.length === 1
    ? `${sql} = ${parameters.place(values[0])}`
    : `${sql} = any (${parameters.place(values)})`;
}

interface Bounds {
  readonly from?: string;
  readonly to?: string;
}

function rangeCondition(sql: string, { from, to }: Bounds, parameters: Parameters): string {
  const bounds = [
    from !== undefined && `${sql} >= ${parameters.place(from)}`,
    to !== undefined && `${sql} <= ${parameters.place(to)}`,
  ];
  return bounds.filter((bound) => bound !== false).join(' and ') || 'true';
}

/** Days within bounds, both included; the column in which studies are ordered is preferred. */
export function dayCondition(
  { sql, listed }: DateColumn,
  { from, to }: Bounds,
  parameters: Parameters,
): string {
  const bounds = [
    from !== undefined && `${listed ?? sql} >= ${parameters.place(from)}::date`,
    to !== undefined && `${listed ?? sql} <= ${parameters.place(to)}::date`,
    from === undefined && listed !== undefined && `${listed} > '-infinity'`,
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
    dayCondition(date, daysOf(match), parameters),
    match.from !== undefined && `${row} >= ${bound(match.from)}`,
    match.to !== undefined && `${row} <= ${bound(match.to)}`,
  ];
  return bounds.filter((condition) => condition !== false).join(' and ') || 'true';
}

function daysOf({ from, to }: Bounds): Bounds {
  return {
    ...(from !== undefined && { from: from.slice(0, 8) }),
    ...(to !== undefined && { to: to.slice(0, 8) }),
  };
}

/** One filter of a search as an SQL condition with parameters (PS3.4 C.2.2.2). */
import { personNameKey } from '@sandyq/dicom';
import type { Filter } from '@sandyq/dicomweb';
import { DatabaseError } from '../errors.ts';
import { type SearchedColumn, searchedColumnAt } from './searched-columns.ts';

/** Collects values and names their places. */
export class Parameters {
  readonly values: unknown[] = [];

  place(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** SQL that is true for matching rows; undefined for universal matching. */
export function filterCondition(filter: Filter, parameters: Parameters): string | undefined {
  const column = searchedColumnAt(filter.path);
  if (column === undefined)
    throw new DatabaseError('data', 'the index has no column for an attribute of this search');
  const { match } = filter;
  if (match.kind === 'universal') return undefined;
  if (match.kind === 'combined-range') return momentCondition(filter.path, match, parameters);
  if (column.kind === 'name') {
    return match.kind === 'person-name' ? nameCondition(column.keys, match, parameters) : 'false';
  }
  if (column.kind === 'beside') {
    const inner = valueCondition(column, match, parameters);
    return `exists (select from ${column.from} where ${column.join} and ${inner})`;
  }
  return valueCondition(column, match, parameters);
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

function nameCondition(
  keys: readonly (string | undefined)[],
  match: Extract<Match, { kind: 'person-name' }>,
  parameters: Parameters,
): string {
  const matches = (sql: string, text: string) => {
    const key = personNameKey(text);
    if (!match.hasWildcards) return `${sql} = ${parameters.place(key)}`;
    return `${sql} like ${parameters.place(likePattern(key))}`;
  };
  const known = keys.filter((key) => key !== undefined);
  if ('anyGroup' in match) return `(${known.map((sql) => matches(sql, match.anyGroup)).join(' or ')})`;
  const groups = [match.alphabetic, match.ideographic, match.phonetic];
  const conditions = groups.flatMap((group, index) => {
    if (group === undefined) return [];
    const sql = keys[index];
    return sql === undefined ? ['false'] : [matches(sql, group)];
  });
  return conditions.length === 0 ? 'true' : `(${conditions.join(' and ')})`;
}

/** DICOM's `*` and `?` (PS3.4 C.2.2.2.4) as SQL's `%` and `_`. */
export function likePattern(pattern: string): string {
  return pattern
    .replaceAll(/[\\%_]/g, '\\$&')
    .replaceAll('*', '%')
    .replaceAll('?', '_');
}

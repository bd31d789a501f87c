/** The order of results, newest studies first, and what comes after a result in it. */
import type { SearchLevel } from '@sandyq/dicomweb';
import type { Parameters } from './parameters.ts';

/** One key of the order. Absent values come last. */
interface OrderedBy {
  readonly sql: string;
  readonly direction: 'asc' | 'desc';
  readonly type: 'date' | 'bigint' | 'text';
  readonly nullable: boolean;
}

const STUDY: readonly OrderedBy[] = [
  { sql: 's.study_date', direction: 'desc', type: 'date', nullable: true },
  { sql: 's.study_key', direction: 'desc', type: 'bigint', nullable: false },
];
const SERIES: readonly OrderedBy[] = [
  ...STUDY,
  { sql: 'e.series_number', direction: 'asc', type: 'bigint', nullable: true },
  { sql: 'e.series_key', direction: 'asc', type: 'bigint', nullable: false },
];
const INSTANCE: readonly OrderedBy[] = [
  ...SERIES,
  { sql: 'i.instance_number', direction: 'asc', type: 'bigint', nullable: true },
  { sql: 'i.sop_instance_uid', direction: 'asc', type: 'text', nullable: false },
];

const KEYS: Readonly<Record<SearchLevel, readonly OrderedBy[]>> = {
  study: STUDY,
  series: SERIES,
  instance: INSTANCE,
};

/** For `order by`. */
export function orderOf(level: SearchLevel): string {
  return KEYS[level]
    .map(({ sql, direction, nullable }) => `${sql} ${direction}${nullable ? ' nulls last' : ''}`)
    .join(', ');
}

/** For the list of columns: where a result stands, as `order_key`. */
export function orderKeyOf(level: SearchLevel): string {
  return `json_build_array(${KEYS[level].map(({ sql }) => sql).join(', ')}) as order_key`;
}

/** SQL that is true for results that come after this one. */
export function afterCondition(
  level: SearchLevel,
  after: readonly (string | number | null)[],
  parameters: Parameters,
): string {
  const keys = KEYS[level].map((key, index) => {
    const value = after[index] ?? null;
    return { ...key, value, place: value === null ? 'null' : `${parameters.place(value)}::${key.type}` };
  });
  const alternatives = keys.map((key, index) => {
    const same = keys
      .slice(0, index)
      .map(({ sql, value, place }) => (value === null ? `${sql} is null` : `${sql} = ${place}`));
    return [...same, isLater(key)].join(' and ');
  });
  return `(${alternatives.map((alternative) => `(${alternative})`).join(' or ')})`;
}

function isLater(
  key: OrderedBy & { readonly value: string | number | null; readonly place: string },
): string {
  if (key.value === null) return 'false';
  const later = `${key.sql} ${key.direction === 'asc' ? '>' : '<'} ${key.place}`;
  return key.nullable ? `(${later} or ${key.sql} is null)` : later;
}

/** The order of results, newest studies first, and what comes after a result in it. */
import type { SearchLevel } from '@sandyq/dicomweb';
import type { Parameters } from './parameters.ts';

/** Where a result stands: values of ORDER. */
export type OrderKey = readonly (string | number | null)[];

/** One key of the order within a study. Absent values come last. */
interface OrderedBy {
  readonly sql: string;
  readonly type: 'bigint' | 'text';
  readonly nullable: boolean;
}

const SERIES: readonly OrderedBy[] = [
  { sql: 'e.series_number', type: 'bigint', nullable: true },
  { sql: 'e.series_key', type: 'bigint', nullable: false },
];
const INSTANCE: readonly OrderedBy[] = [
  ...SERIES,
  { sql: 'i.instance_number', type: 'bigint', nullable: true },
  { sql: 'i.sop_instance_uid', type: 'text', nullable: false },
];

/** After the day that a study is listed under and its key, descending. */
const WITHIN_STUDY: Readonly<Record<SearchLevel, readonly OrderedBy[]>> = {
  study: [],
  series: SERIES,
  instance: INSTANCE,
};

/** For `order by`. */
export function orderOf(level: SearchLevel): string {
  return ['s.listed_on desc', 's.study_key desc', ...WITHIN_STUDY[level].map(({ sql }) => sql)].join(', ');
}

/** Columns of a row in which it says where it stands. */
export interface OrderColumns {
  readonly listed_on: string;
  readonly study_key: number;
  readonly series_number: number | null;
  readonly series_key: number;
  readonly instance_number: number | null;
  readonly sop_instance_uid: string;
}

/** Where a row stands. */
export function orderKeyOf(row: OrderColumns, level: SearchLevel): OrderKey {
  const study = [row.listed_on, row.study_key];
  if (level === 'study') return study;
  const series = [...study, row.series_number, row.series_key];
  return level === 'series' ? series : [...series, row.instance_number, row.sop_instance_uid];
}

/** SQL that is true for results that come after this one; an index on day and key of studies begins there. */
export function afterCondition(level: SearchLevel, after: OrderKey, parameters: Parameters): string {
  const [listedOn = null, studyKey = null, ...rest] = after;
  const studyPlace = `${parameters.place(studyKey)}::bigint`;
  const study = `(${parameters.place(listedOn)}::date, ${studyPlace})`;
  const within = WITHIN_STUDY[level];
  if (within.length === 0) return `(s.listed_on, s.study_key) < ${study}`;
  return `(s.listed_on, s.study_key) <= ${study} and ((s.listed_on, s.study_key) < ${study}
    or s.study_key = ${studyPlace} and (${laterWithin(within, rest, parameters)}))`;
}

function laterWithin(keys: readonly OrderedBy[], after: OrderKey, parameters: Parameters): string {
  const placed = keys.map((key, index) => {
    const value = after[index] ?? null;
    return { ...key, value, place: value === null ? 'null' : `${parameters.place(value)}::${key.type}` };
  });
  return placed
    .map((key, index) => {
      const same = placed
        .slice(0, index)
        .map(({ sql, value, place }) => (value === null ? `${sql} is null` : `${sql} = ${place}`));
      return `(${[...same, isLater(key)].join(' and ')})`;
    })
    .join(' or ');
}

function isLater(
  key: OrderedBy & { readonly value: string | number | null; readonly place: string },
): string {
  if (key.value === null) return 'false';
  const later = `${key.sql} > ${key.place}`;
  return key.nullable ? `(${later} or ${key.sql} is null)` : later;
}

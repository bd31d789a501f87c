/** Which matches have instances that are on record as missing or damaged (PS3.4 C.4.1.1.3.2: as available as the least available instance). */
import type { SearchLevel } from '@sandyq/dicomweb';
import type { Queryable } from '../database.ts';
import type { HitRow } from './search-hit.ts';

/** The damaged ones of the rows. Asks nothing while nothing in the archive is damaged: each mark has an open line in `damage`. */
export async function damagedRows(
  client: Queryable,
  level: SearchLevel,
  rows: readonly HitRow[],
): Promise<ReadonlySet<HitRow>> {
  if (level === 'instance') return new Set(rows.filter((row) => row.is_damaged));
  if (!rows.some((row) => row.has_damage)) return new Set();
  const found = await client.query<{ study_key: number; series_key: number }>({
    text: `select study_key, series_key from instance
      where study_key = any ($1) and is_damaged and state = 'active' group by study_key, series_key`,
    values: [[...new Set(rows.map((row) => row.study_key))]],
  });
  const keyOf = level === 'study' ? studyOf : seriesOf;
  const damaged = new Set(found.rows.map(keyOf));
  return new Set(rows.filter((row) => damaged.has(keyOf(row))));
}

type Keys = Pick<HitRow, 'study_key' | 'series_key'>;

function studyOf({ study_key }: Keys): string {
  return String(study_key);
}

function seriesOf({ study_key, series_key }: Keys): string {
  return `${study_key} ${series_key}`;
}

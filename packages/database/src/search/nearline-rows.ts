/** Which matches have instances in the cold tier (PS3.4 C.4.1.1.3.2: as available as the least available instance). */
import type { SearchLevel } from '@sandyq/dicomweb';
import type { Queryable } from '../database.ts';
import { rows as readRows } from '../read-rows.ts';
import type { HitRow } from './search-hit.ts';

/** The nearline ones of the rows. Asks nothing where there never was a cold tier. */
export async function nearlineRows(
  client: Queryable,
  level: SearchLevel,
  rows: readonly HitRow[],
): Promise<ReadonlySet<HitRow>> {
  if (!rows.some((row) => row.has_cold_tier)) return new Set();
  const cold = await readRows<ColdPlace>(
    client,
    `select study_key as "studyKey", series_key as "seriesKey", segment_id as "segmentId" from segment
      where study_key = any ($1) and tier = 'cold' and state <> 'deleted' and state <> 'superseded'`,
    [[...new Set(rows.map((row) => row.study_key))]],
  );
  const keys = new Set(cold.map((place) => placeOf(level, place)));
  return new Set(
    rows.filter(({ study_key: studyKey, series_key: seriesKey, segment_id: segmentId }) =>
      keys.has(placeOf(level, { studyKey, seriesKey, segmentId })),
    ),
  );
}

interface ColdPlace {
  readonly studyKey: number;
  readonly seriesKey: number;
  readonly segmentId: string;
}

function placeOf(level: SearchLevel, { studyKey, seriesKey, segmentId }: ColdPlace): string {
  if (level === 'instance') return segmentId;
  return level === 'study' ? String(studyKey) : `${studyKey} ${seriesKey}`;
}

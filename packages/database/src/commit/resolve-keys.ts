/**
 * Keys of studies and series, before the transaction: those that exist are read, for the others numbers are drawn.
 * Another process may create the same study meanwhile; the transaction sees that and starts over.
 */
import type { Queryable } from '../database.ts';
import type { SegmentCommit } from './facts.ts';

export interface SeriesKeys {
  readonly studyKey: number;
  readonly seriesKey: number;
}

export type KeysBySegment = ReadonlyMap<SegmentCommit, SeriesKeys>;

export async function resolveKeys(
  client: Queryable,
  segments: readonly SegmentCommit[],
): Promise<KeysBySegment> {
  const studyUids = [...new Set(segments.map((segment) => segment.studyInstanceUid))];
  const known = await client.query<{
    study: string;
    study_key: number;
    series: string | null;
    series_key: number | null;
  }>({
    name: 'resolve-keys',
    text: `select s.study_instance_uid as study, s.study_key, e.series_instance_uid as series, e.series_key
      from study s left join series e on e.study_key = s.study_key and e.series_instance_uid = any ($2)
      where s.study_instance_uid = any ($1)`,
    values: [studyUids, segments.map((segment) => segment.seriesInstanceUid)],
  });
  const studyKeys = new Map<string, number>();
  const seriesKeys = new Map<string, number>();
  for (const row of known.rows) {
    studyKeys.set(row.study, row.study_key);
    if (row.series !== null && row.series_key !== null)
      seriesKeys.set(`${row.study} ${row.series}`, row.series_key);
  }
  const newStudies = studyUids.filter((uid) => !studyKeys.has(uid));
  const seriesNames = [...new Set(segments.map(seriesName))];
  const newSeries = seriesNames.filter((name) => !seriesKeys.has(name));
  const drawn = await drawKeys(client, newStudies.length, newSeries.length);
  newStudies.forEach((uid, index) => studyKeys.set(uid, drawn.studies[index] ?? 0));
  newSeries.forEach((name, index) => seriesKeys.set(name, drawn.series[index] ?? 0));
  return new Map(
    segments.map((segment) => [
      segment,
      {
        studyKey: studyKeys.get(segment.studyInstanceUid) ?? 0,
        seriesKey: seriesKeys.get(seriesName(segment)) ?? 0,
      },
    ]),
  );
}

function seriesName(segment: SegmentCommit): string {
  return `${segment.studyInstanceUid} ${segment.seriesInstanceUid}`;
}

async function drawKeys(client: Queryable, studies: number, series: number) {
  if (studies === 0 && series === 0) return { studies: [], series: [] };
  const result = await client.query<{ studies: number[]; series: number[] }>({
    name: 'draw-keys',
    text: `select
      coalesce((select array_agg(nextval('study_key_seq')::float8) from generate_series(1, $1::int)), '{}') as studies,
      coalesce((select array_agg(nextval('series_key_seq')::float8) from generate_series(1, $2::int)), '{}') as series`,
    values: [studies, series],
  });
  return result.rows[0] ?? { studies: [], series: [] };
}

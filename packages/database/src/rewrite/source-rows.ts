/** The rows of segments that are about to be rewritten. */
import type { Queryable } from '../database.ts';
import { NOTHING_REFERS } from '../verdicts.ts';

/** What decides whether a segment can be given up. */
export interface SourceRow {
  readonly segmentId: string;
  readonly state: 'live' | 'duplicate' | 'superseded' | 'deleted';
  readonly verdictsDue: boolean;
  readonly studyKey: number;
  readonly seriesKey: number;
  readonly facilityId: number;
}

/**
 * Locks the rows of these segments, in the order of their ids, and reads them: until the transaction ends nobody else
 * gives one up, and nobody commits an instance or writes a row of quarantine into one.
 */
export async function readSourcesLocked(
  client: Queryable,
  segmentIds: readonly string[],
): Promise<Map<string, SourceRow>> {
  const result = await client.query<{
    segment_id: string;
    state: SourceRow['state'];
    verdicts_due: boolean;
    study_key: number;
    series_key: number;
    facility_id: number;
  }>({
    name: 'lock-sources',
    text: `select segment_id, state, verdicts_due, study_key, series_key, facility_id from segment
      where segment_id = any ($1::uuid[]) order by segment_id for update`,
    values: [segmentIds],
  });
  return new Map(
    result.rows.map((row) => [
      row.segment_id,
      {
        segmentId: row.segment_id,
        state: row.state,
        verdictsDue: row.verdicts_due,
        studyKey: row.study_key,
        seriesKey: row.series_key,
        facilityId: row.facility_id,
      },
    ]),
  );
}

/** Those of these segments that no row points to any more. */
export async function sourcesWithoutRows(
  client: Queryable,
  segmentIds: readonly string[],
): Promise<string[]> {
  const result = await client.query<{ segment_id: string }>({
    name: 'sources-without-rows',
    text: `select s.segment_id from unnest($1::uuid[]) as s (segment_id) where ${NOTHING_REFERS('s.segment_id')}
      order by s.segment_id`,
    values: [segmentIds],
  });
  return result.rows.map((row) => row.segment_id);
}

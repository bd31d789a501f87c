/** Whether what was read about instances is still so: many of them with one small statement. */
import type { Queryable } from './database.ts';

/** An instance that was located before. */
export interface CheckedInstance {
  readonly studyKey: number;
  readonly sopInstanceUid: string;
}

/** What can change about an active instance without its bytes being others. */
export interface InstanceState {
  /** The facility of its study. */
  readonly facilityId: number;
  /** Of its series. */
  readonly revision: number;
  /** The transaction that wrote its row: every change of the row is another one. */
  readonly rowVersion: string;
  /** Where its bytes lie. Ids are never given twice: with the row version, nothing else of the row has changed either. */
  readonly segmentId: string;
}

interface StateRow {
  position: number;
  facility_id: number;
  revision: number;
  row_version: string;
  segment_id: string;
}

/** The state of each instance, in the order asked for; undefined for one that is not there, or not active, any more. */
export async function checkLocations(
  client: Queryable,
  known: readonly CheckedInstance[],
): Promise<(InstanceState | undefined)[]> {
  const result = await client.query<StateRow>({
    name: 'check-locations',
    inTurn: 'ahead',
    text: `select k.position::int, s.facility_id, e.revision, i.xmin as row_version, i.segment_id
      from unnest($1::bigint[], $2::text[]) with ordinality k (study_key, sop_instance_uid, position)
      join instance i on i.study_key = k.study_key and i.sop_instance_uid = k.sop_instance_uid
      join series e on e.study_key = i.study_key and e.series_key = i.series_key
      join study s on s.study_key = i.study_key
      where i.state = 'active'`,
    values: [known.map(({ studyKey }) => studyKey), known.map(({ sopInstanceUid }) => sopInstanceUid)],
  });
  const byPosition = new Map(result.rows.map((row) => [row.position, toState(row)]));
  return known.map((_, index) => byPosition.get(index + 1));
}

function toState(row: StateRow): InstanceState {
  const { facility_id: facilityId, revision, row_version: rowVersion, segment_id: segmentId } = row;
  return { facilityId, revision, rowVersion, segmentId };
}

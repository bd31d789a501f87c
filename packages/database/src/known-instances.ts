/** Instances by nothing but their SOP Instance UID: where they belong, and whether they count. */
import type { Queryable } from './database.ts';

/** An instance that the archive holds or held. */
export interface KnownInstance {
  readonly sopInstanceUid: string;
  readonly studyKey: number;
  readonly studyInstanceUid: string;
  /** Owner of the study. */
  readonly facilityId: number;
  readonly state: 'active' | 'identity-conflict' | 'rejected' | 'disposed';
}

/** Those of the instances that are known, in any order. */
export async function findKnownInstances(
  client: Queryable,
  sopInstanceUids: readonly string[],
): Promise<KnownInstance[]> {
  const result = await client.query<{
    sop_instance_uid: string;
    study_key: number;
    study_instance_uid: string;
    facility_id: number;
    state: KnownInstance['state'];
  }>({
    name: 'find-known-instances',
    text: `select p.sop_instance_uid, p.study_key, s.study_instance_uid, s.facility_id, p.state
      from sop_instance p join study s on s.study_key = p.study_key
      where p.sop_instance_uid = any ($1)`,
    values: [sopInstanceUids],
  });
  return result.rows.map((row) => ({
    sopInstanceUid: row.sop_instance_uid,
    studyKey: row.study_key,
    studyInstanceUid: row.study_instance_uid,
    facilityId: row.facility_id,
    state: row.state,
  }));
}

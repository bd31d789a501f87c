/** Whether entries of segments are what was disposed of: asked when an object turns up that the index does not know. */
import type { Queryable } from '../database.ts';

/** A disposition that has ended, of a study of which an object has turned up. */
export interface EndedDisposition {
  readonly dispositionId: string;
  readonly studyInstanceUid: string;
  readonly isWholeStudy: boolean;
  /** What was received later was not disposed of by it. */
  readonly begunAt: Date;
}

/** Of these studies, in the order of their beginning. */
export async function endedDispositions(
  client: Queryable,
  studyInstanceUids: readonly string[],
): Promise<EndedDisposition[]> {
  const found = await client.query<EndedRow>({
    name: 'ended-dispositions',
    text: `select disposition_id, study_instance_uid, is_whole_study, begun_at from disposition
      where study_instance_uid = any ($1) and ended_at is not null order by begun_at, disposition_id`,
    values: [studyInstanceUids],
  });
  return found.rows.map((row) => ({
    dispositionId: row.disposition_id,
    studyInstanceUid: row.study_instance_uid,
    isWholeStudy: row.is_whole_study,
    begunAt: row.begun_at,
  }));
}

interface EndedRow {
  disposition_id: string;
  study_instance_uid: string;
  is_whole_study: boolean;
  begun_at: Date;
}

/** The tombstone of an instance. */
export interface Tombstone {
  readonly sopInstanceUid: string;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly dispositionId: string;
}

/** Of these SOP Instance UIDs. */
export async function tombstonesOf(
  client: Queryable,
  sopInstanceUids: readonly string[],
): Promise<Tombstone[]> {
  const found = await client.query<{ sop_instance_uid: string; sha256: Buffer; disposition_id: string }>({
    name: 'tombstones-of-instances',
    text: `select sop_instance_uid, sha256, disposition_id from sop_instance
      where sop_instance_uid = any ($1) and state = 'disposed'`,
    values: [sopInstanceUids],
  });
  return found.rows.map((row) => ({
    sopInstanceUid: row.sop_instance_uid,
    sha256: row.sha256.toString('hex'),
    dispositionId: row.disposition_id,
  }));
}

/** Which disposition has deleted an object of this key. */
export async function dispositionsOfObjects(
  client: Queryable,
  dispositionIds: readonly string[],
  objectKeys: readonly string[],
): Promise<Map<string, string>> {
  const found = await client.query<{ object_key: string; disposition_id: string }>({
    name: 'dispositions-of-objects',
    text: `select object_key, disposition_id from disposition_object
      where disposition_id = any ($1) and object_key = any ($2)`,
    values: [dispositionIds, objectKeys],
  });
  return new Map(found.rows.map((row) => [row.object_key, row.disposition_id]));
}

/** An object that holds nothing but what was disposed of has turned up: it is to be deleted once more. */
export async function recordTurnedUp(
  client: Queryable,
  dispositionId: string,
  objectKey: string,
): Promise<void> {
  await client.query({
    name: 'record-disposed-object-turned-up',
    text: `insert into disposition_object (disposition_id, object_key) values ($1, $2)
      on conflict (disposition_id, object_key) do update set gone_at = null`,
    values: [dispositionId, objectKey],
  });
}

/**
 * Takes an instance out of the index, for the newcomer that is given its SOP Instance UID. Its bytes stay where they
 * are, listed in quarantine as replaced.
 */
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { writeJournalOutbox } from '../verdicts.ts';
import type { ExistingInstance } from './facts.ts';

/** Who takes the place of the instance, and who decided it. */
export interface ReplacementDecision {
  /** Entry of the newcomer. */
  readonly quarantineId: number;
  readonly decidedBy: string;
  readonly now: Date;
}

/**
 * Removes the rows of an instance, counts its series and study anew, lists its bytes in quarantine, and says so in the
 * change feed and the journal. Call it within the transaction that decides it. Returns the number of its quarantine
 * entry. Throws DatabaseError('conflict') if the UID is not held by `existing` any more.
 */
export async function removeInstance(
  client: Queryable,
  existing: ExistingInstance,
  decision: ReplacementDecision,
): Promise<number> {
  const { now } = decision;
  const seriesKey = await giveBackUid(client, existing);
  const { studyKey, sopInstanceUid } = existing;
  await client.query({
    name: 'remove-instance',
    text: 'delete from instance where study_key = $1 and sop_instance_uid = $2',
    values: [studyKey, sopInstanceUid],
  });
  await client.query({
    name: 'remove-instance-metadata',
    text: 'delete from instance_metadata where study_key = $1 and sop_instance_uid = $2',
    values: [studyKey, sopInstanceUid],
  });
  // What was equal to the old instance is not equal to the new one.
  await client.query({
    name: 'forget-known-encodings',
    text: 'delete from known_encoding where sop_instance_uid = $1',
    values: [sopInstanceUid],
  });
  if (existing.state === 'active') await uncount(client, { studyKey, seriesKey, now });
  else await forgetConflict(client, sopInstanceUid);
  await announceReplaced(client, existing, now);
  return keepReplaced(client, existing, decision);
}

async function giveBackUid(client: Queryable, existing: ExistingInstance): Promise<number> {
  const removed = await client.query<{ series_key: number }>({
    name: 'give-back-sop-instance',
    text: `delete from sop_instance where sop_instance_uid = $1 and segment_id = $2 and ordinal = $3 and state = $4
      returning series_key`,
    values: [existing.sopInstanceUid, existing.segmentId, existing.ordinal, existing.state],
  });
  const [row] = removed.rows;
  if (row !== undefined) return row.series_key;
  throw new DatabaseError('conflict', 'the instance has changed meanwhile: look at it again');
}

interface Uncounted {
  readonly studyKey: number;
  readonly seriesKey: number;
  readonly now: Date;
}

/** Series before study, as the commit locks them. */
async function uncount(client: Queryable, { studyKey, seriesKey, now }: Uncounted): Promise<void> {
  await client.query({
    name: 'uncount-in-series',
    text: `update series set number_of_instances = number_of_instances - 1, revision = revision + 1
      where study_key = $1 and series_key = $2`,
    values: [studyKey, seriesKey],
  });
  // Locked by a statement of its own: what is counted below must be read by a snapshot taken after the wait.
  await client.query({
    name: 'lock-study',
    text: 'select study_key from study where study_key = $1 for update',
    values: [studyKey],
  });
  await client.query({
    name: 'uncount-in-study',
    text: `update study set number_of_instances = number_of_instances - 1, revision = revision + 1, updated_at = $2,
        number_of_series = (select count(*) from series e where e.study_key = $1 and e.number_of_instances > 0),
        modalities = (select coalesce(array_agg(distinct e.modality order by e.modality), '{}') from series e
          where e.study_key = $1 and e.number_of_instances > 0 and e.modality is not null),
        sop_classes = (select coalesce(array_agg(distinct i.sop_class_uid order by i.sop_class_uid), '{}') from instance i
          where i.study_key = $1 and i.state = 'active')
      where study_key = $1`,
    values: [studyKey, now],
  });
}

async function forgetConflict(client: Queryable, sopInstanceUid: string): Promise<void> {
  await client.query({
    name: 'forget-identity-conflict',
    text: 'delete from identity_conflict where sop_instance_uid = $1',
    values: [sopInstanceUid],
  });
}

async function announceReplaced(
  client: Queryable,
  { studyKey, studyInstanceUid, seriesInstanceUid, sopInstanceUid }: ExistingInstance,
  now: Date,
): Promise<void> {
  await client.query({
    name: 'announce-replaced',
    text: `insert into change_outbox
        (kind, study_key, study_instance_uid, series_instance_uid, sop_instance_uids, occurred_at)
      values ('replaced', $1, $2, $3, $4, $5)`,
    values: [studyKey, studyInstanceUid, seriesInstanceUid, [sopInstanceUid], now],
  });
}

/** The bytes as an entry of quarantine, so that nothing takes their segment for superfluous. */
async function keepReplaced(
  client: Queryable,
  existing: ExistingInstance,
  { quarantineId, decidedBy, now }: ReplacementDecision,
): Promise<number> {
  const listed = await client.query<{ quarantine_id: number }>({
    name: 'keep-replaced',
    text: `insert into quarantine (sha256, reason, message, facility_id, device_id, principal_id, object_key, entry_offset,
        entry_length, crc32, segment_id, study_instance_uid, series_instance_uid, sop_instance_uid, received_at,
        last_received_at, state, decided_by, decided_at)
      select $2, 'duplicate-sop-instance', $3, g.facility_id, g.device_id, g.principal_id, g.object_key, $4, $5, $6,
        g.segment_id, $7, $8, $9, g.received_at, g.received_at, 'replaced', $10, $11
      from segment g where g.segment_id = $1 returning quarantine_id`,
    values: [
      existing.segmentId,
      existing.sha256,
      `its SOP Instance UID was given to the instance of entry ${quarantineId}`,
      existing.entryOffset,
      existing.entryLength,
      existing.crc32,
      existing.studyInstanceUid,
      existing.seriesInstanceUid,
      existing.sopInstanceUid,
      decidedBy,
      now,
    ],
  });
  const [row] = listed.rows;
  if (row === undefined) throw new TypeError('every instance lies in a segment that the database knows');
  await writeJournalOutbox(client, {
    kind: 'instance-replaced',
    decidedBy,
    fact: {
      quarantineId: row.quarantine_id,
      replacedByQuarantineId: quarantineId,
      sopInstanceUid: existing.sopInstanceUid,
      sha256: existing.sha256.toString('hex'),
      objectKey: existing.objectKey,
      entryOffset: existing.entryOffset,
      entryLength: existing.entryLength,
    },
  });
  return row.quarantine_id;
}

/**
 * Takes an instance out of the index, for the newcomer that is given its SOP Instance UID. Its bytes stay where they
 * are, listed in quarantine as replaced.
 */
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { writeJournalLine } from '../journal.ts';
import { dropSeriesMetadata } from '../series-metadata.ts';
import type { ExistingInstance } from './facts.ts';
import { passOnSeries, passOnStudy } from './founders-due.ts';

/** Who takes the place of the instance, and who decided it. */
export interface ReplacementDecision {
  /** Entry of the newcomer. */
  readonly quarantineId: number;
  readonly decidedBy: string;
  readonly now: Date;
  /** How the bytes of the instance came, as the receipt that certifies them says. */
  readonly origin: InstanceOrigin;
}

/** Where bytes come from that lie somewhere else now, if they were rewritten. */
export interface InstanceOrigin {
  readonly segmentId: string;
  readonly principalId: string;
  readonly facilityId: number;
  readonly deviceId: number | undefined;
  readonly receivedAt: Date;
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
  await takeOutInstance(client, existing, decision.now);
  const replaced: ReplacedEntry = {
    ...decision,
    quarantineId: undefined,
    byQuarantineId: decision.quarantineId,
    reason: 'duplicate-sop-instance',
    message: `its SOP Instance UID was given to the instance of entry ${decision.quarantineId}`,
  };
  const quarantineId = await listReplaced(client, existing, replaced);
  await journalReplaced(client, existing, { ...replaced, quarantineId });
  return quarantineId;
}

/** Removes the rows of an instance, counts anew, and says so in the change feed. Throws as {@link removeInstance}. */
export async function takeOutInstance(
  client: Queryable,
  existing: ExistingInstance,
  now: Date,
): Promise<void> {
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
  if (existing.state === 'active') {
    await uncountInSeries(client, { studyKey, seriesKey, sopInstanceUid, now });
    await uncountInStudy(client, { studyKey, seriesKey, sopInstanceUid, now });
  } else await forgetConflict(client, sopInstanceUid);
  await announceReplaced(client, existing, now);
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

/** Series before study, as the commit locks them. */
interface Uncounted {
  readonly studyKey: number;
  readonly seriesKey: number;
  readonly sopInstanceUid: string;
  readonly now: Date;
}

async function uncountInSeries(
  client: Queryable,
  { studyKey, seriesKey, sopInstanceUid }: Uncounted,
): Promise<void> {
  const counted = await client.query<{ founded_by: string | null }>({
    name: 'uncount-in-series',
    text: `update series set number_of_instances = number_of_instances - 1, revision = revision + 1,
        founded_by = nullif(founded_by, $3)
      where study_key = $1 and series_key = $2 returning founded_by`,
    values: [studyKey, seriesKey, sopInstanceUid],
  });
  if (counted.rows[0]?.founded_by === null) await passOnSeries(client, { studyKey, seriesKey });
  // After its row is locked: nobody keeps metadata that have the instance from here on.
  await dropSeriesMetadata(client, { studyKey, seriesKey });
}

async function uncountInStudy(
  client: Queryable,
  { studyKey, sopInstanceUid, now }: Uncounted,
): Promise<void> {
  // Locked by a statement of its own: what is counted below must be read by a snapshot taken after the wait.
  await client.query({
    name: 'lock-study',
    text: 'select study_key from study where study_key = $1 for update',
    values: [studyKey],
  });
  const counted = await client.query<{ founded_by: string | null }>({
    name: 'uncount-in-study',
    text: `update study set number_of_instances = number_of_instances - 1, revision = revision + 1,
        updated_at = greatest(updated_at, $2), founded_by = nullif(founded_by, $3),
        number_of_series = (select count(*) from series e where e.study_key = $1 and e.number_of_instances > 0),
        modalities = (select coalesce(array_agg(distinct e.modality order by e.modality), '{}') from series e
          where e.study_key = $1 and e.number_of_instances > 0 and e.modality is not null),
        institution_name = (select min(e.institution_name) from series e
          where e.study_key = $1 and e.number_of_instances > 0),
        sop_classes = (select coalesce(array_agg(distinct i.sop_class_uid order by i.sop_class_uid), '{}') from instance i
          where i.study_key = $1 and i.state = 'active')
      where study_key = $1 returning founded_by`,
    values: [studyKey, now, sopInstanceUid],
  });
  if (counted.rows[0]?.founded_by === null) await passOnStudy(client, studyKey);
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

/** The entry that lists the bytes of a replaced instance. */
export interface ReplacedEntry {
  /** undefined: the next one. */
  readonly quarantineId: number | undefined;
  readonly byQuarantineId: number;
  readonly reason: string;
  readonly message: string;
  readonly decidedBy: string;
  readonly now: Date;
  readonly origin: InstanceOrigin;
}

/** The bytes as an entry of quarantine, so that nothing takes their segment for superfluous. */
export async function listReplaced(
  client: Queryable,
  existing: ExistingInstance,
  { quarantineId, reason, message, decidedBy, now, origin }: ReplacedEntry,
): Promise<number> {
  const listed = await client.query<{ quarantine_id: number }>({
    name: 'list-replaced',
    text: `insert into quarantine (quarantine_id, sha256, reason, message, facility_id, device_id, principal_id, object_key,
        entry_offset, entry_length, crc32, segment_id, origin_segment_id, study_instance_uid, series_instance_uid,
        sop_instance_uid, received_at, last_received_at, state, decided_by, decided_at)
      overriding system value
      values (coalesce($1, nextval(pg_get_serial_sequence('quarantine', 'quarantine_id'))), $2, $3, $4, $5, $6, $7, $8, $9,
        $10, $11, $12, $13, $14, $15, $16, $17, $17, 'replaced', $18, $19) returning quarantine_id`,
    values: [
      quarantineId ?? null,
      existing.sha256,
      reason,
      message,
      origin.facilityId,
      origin.deviceId ?? null,
      origin.principalId,
      existing.objectKey,
      existing.entryOffset,
      existing.entryLength,
      existing.crc32,
      existing.segmentId,
      origin.segmentId,
      existing.studyInstanceUid,
      existing.seriesInstanceUid,
      existing.sopInstanceUid,
      origin.receivedAt,
      decidedBy,
      now,
    ],
  });
  const [row] = listed.rows;
  if (row === undefined) throw new TypeError('insert … returning returns its row');
  return row.quarantine_id;
}

async function journalReplaced(
  client: Queryable,
  existing: ExistingInstance,
  entry: ReplacedEntry & { readonly quarantineId: number },
): Promise<void> {
  const { origin, byQuarantineId, reason, message, decidedBy, quarantineId } = entry;
  const codes = await client.query<{ facility: string; device: string | null }>({
    name: 'codes-of-replaced',
    text: `select f.code as facility, (select d.code from device d where d.device_id = $2) as device
      from facility f where f.facility_id = $1`,
    values: [origin.facilityId, origin.deviceId ?? null],
  });
  const [code] = codes.rows;
  if (code === undefined) throw new TypeError('every instance was sent by a facility');
  await writeJournalLine(client, {
    kind: 'instance-replaced',
    decidedBy,
    occurredAt: entry.now,
    fact: {
      sopInstanceUid: existing.sopInstanceUid,
      studyInstanceUid: existing.studyInstanceUid,
      seriesInstanceUid: existing.seriesInstanceUid,
      segmentId: origin.segmentId,
      sha256: existing.sha256.toString('hex'),
      quarantineId,
      byQuarantineId,
      reason,
      message,
      facility: code.facility,
      device: code.device ?? undefined,
      principal: origin.principalId,
      receivedAt: origin.receivedAt.toISOString(),
    },
  });
}

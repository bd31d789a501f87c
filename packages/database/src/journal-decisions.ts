/**
 * Decisions that this database has forgotten, applied to the rows that it has. They are found by natural names: bytes,
 * segment, object, facility. What has no row yet gets its standing when its segment is replayed.
 */
import type { JournalFacts, JournalLine, QuarantineDescription } from '@sandyq/storage';
import type { Queryable } from './database.ts';
import { deviceIdOf, facilityIdOf } from './journal-principals.ts';
import { NOTHING_REFERS, settleSegment } from './verdicts.ts';

/** When, and by whom. */
type Decided = Pick<JournalLine, 'decidedBy' | 'occurredAt'>;

/** Lists bytes that lie as an object of their own, under the number that they had if that is free. */
export async function applyLooseQuarantined(client: Queryable, fact: QuarantineDescription): Promise<void> {
  if (fact.segmentId !== undefined) return;
  const listed = await client.query({
    name: 'find-loose-quarantined',
    text: 'select from quarantine where object_key = $1 or leftover_object_key = $1 limit 1',
    values: [fact.objectKey],
  });
  if (listed.rowCount !== 0) return;
  const facilityId = await facilityIdOf(client, fact.facility);
  const deviceId = fact.device === undefined ? undefined : await deviceIdOf(client, fact.device);
  await client.query({
    name: 'apply-loose-quarantined',
    text: `insert into quarantine (quarantine_id, sha256, reason, message, facility_id, device_id, principal_id, object_key,
        entry_offset, entry_length, study_instance_uid, series_instance_uid, sop_instance_uid, received_at, last_received_at)
      overriding system value
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
      on conflict (facility_id, sha256, reason) where state = 'open' do nothing`,
    values: [
      await freeQuarantineId(client, fact.quarantineId),
      Buffer.from(fact.sha256, 'hex'),
      fact.reason,
      fact.message,
      facilityId,
      deviceId ?? null,
      fact.principal,
      fact.objectKey,
      fact.entryOffset,
      fact.entryLength,
      fact.studyInstanceUid ?? null,
      fact.seriesInstanceUid ?? null,
      fact.sopInstanceUid ?? null,
      fact.receivedAt,
    ],
  });
}

/**
 * No new entry and no new proposal gets one of the numbers that these lines name: those come back with the rows, now or
 * when their segments are replayed.
 */
export async function reserveNumbers(client: Queryable, lines: readonly JournalLine[]): Promise<void> {
  const named = (name: 'quarantineId' | 'proposedCorrectionId') =>
    lines.reduce((most, { fact }) => Math.max(most, Number(Reflect.get(fact, name) ?? 0)), 0);
  await client.query({
    name: 'reserve-numbers',
    text: `select
      (select setval('quarantine_quarantine_id_seq', $1) where $1 > (select last_value from quarantine_quarantine_id_seq)),
      (select setval('proposed_correction_proposed_correction_id_seq', $2)
        where $2 > (select last_value from proposed_correction_proposed_correction_id_seq))`,
    values: [named('quarantineId'), named('proposedCorrectionId')],
  });
}

/** This number if no entry has it, else the next one. */
export async function freeQuarantineId(client: Queryable, wanted: number): Promise<number> {
  const result = await client.query<{ id: number }>({
    name: 'free-quarantine-id',
    text: `select case when $1::bigint < 1 or exists (select from quarantine where quarantine_id = $1)
        then nextval('quarantine_quarantine_id_seq') else $1 end as id`,
    values: [wanted],
  });
  return result.rows[0]?.id ?? wanted;
}

/** Where accepted bytes lie since, as the receipt of their segment certifies it. */
export interface AppliedPlace {
  readonly segmentId: string;
  readonly objectKey: string;
  readonly entryOffset: number;
  readonly crc32: Buffer;
}

/**
 * Decides the entry that the fact is about, if it is open here. Returns the segment in which its bytes lie, which is to
 * be replayed if they were accepted. `place`: where they were taken to, if that is known and still there.
 */
export async function applyQuarantineDecided(
  client: Queryable,
  {
    kind,
    fact,
  }: { kind: 'quarantine-accepted' | 'quarantine-discarded'; fact: JournalFacts['quarantine-accepted'] },
  { decidedBy, occurredAt }: Decided,
  place: AppliedPlace | undefined,
): Promise<string | undefined> {
  await applyLooseQuarantined(client, fact);
  const decided = await client.query<{ segment_id: string | null }>({
    name: 'apply-quarantine-decided',
    text: `update quarantine q set state = $1, decided_by = $2, decided_at = $3, leftover_object_key = $4,
        object_key = coalesce($5, object_key), entry_offset = coalesce($6, entry_offset), crc32 = coalesce($7, crc32),
        segment_id = coalesce($8, segment_id), origin_segment_id = coalesce($8, origin_segment_id)
      from facility f
      where f.facility_id = q.facility_id and f.code = $9 and q.sha256 = $10 and q.reason = $11 and q.state = 'open'
        and q.origin_segment_id is not distinct from $12::uuid and ($12::uuid is not null or q.object_key = $13)
      returning q.segment_id`,
    values: [
      kind === 'quarantine-accepted' ? 'accepted' : 'discarded',
      decidedBy,
      occurredAt,
      fact.leftoverObjectKey ?? null,
      place?.objectKey ?? null,
      place?.entryOffset ?? null,
      place?.crc32 ?? null,
      place?.segmentId ?? null,
      fact.facility,
      Buffer.from(fact.sha256, 'hex'),
      fact.reason,
      fact.segmentId ?? null,
      fact.objectKey,
    ],
  });
  const segmentId = decided.rows[0]?.segment_id ?? undefined;
  if (segmentId !== undefined && kind === 'quarantine-discarded') await settleSegment(client, segmentId);
  return segmentId;
}

export async function applyCorrectionDiscarded(
  client: Queryable,
  fact: JournalFacts['correction-discarded'],
  { decidedBy, occurredAt }: Decided,
): Promise<void> {
  const discarded = await client.query<{ segment_id: string }>({
    name: 'apply-correction-discarded',
    text: `update proposed_correction set state = 'discarded', decided_by = $1, decided_at = $2
      where sop_instance_uid = $3 and sha256 = $4 and origin_segment_id = $5 and state = 'open' returning segment_id`,
    values: [decidedBy, occurredAt, fact.sopInstanceUid, Buffer.from(fact.sha256, 'hex'), fact.segmentId],
  });
  for (const { segment_id: segmentId } of discarded.rows) await settleSegment(client, segmentId);
}

/** A segment that this database still took for needed; not where anything here refers to it. */
export async function applySegmentSuperseded(
  client: Queryable,
  { segmentId }: JournalFacts['segment-superseded'],
  { occurredAt }: Decided,
): Promise<void> {
  await client.query({
    name: 'apply-segment-superseded',
    text: `update segment set state = 'superseded', superseded_at = $2, verdicts_due = false
      where segment_id = $1 and state in ('live', 'duplicate') and ${NOTHING_REFERS('$1')}`,
    values: [segmentId, occurredAt],
  });
}

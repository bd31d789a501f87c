/**
 * Verdicts that are not "stored": quarantine, proposed corrections, supersession of duplicate segments.
 * The bytes are in the object store before any of these rows is written.
 */
import type { Queryable } from './database.ts';
import { writeJournalLine, writeJournalLineOnce } from './journal.ts';

/** Bytes that were kept but not accepted: a quarantine object, or an entry of a segment. */
export interface QuarantineEntry {
  readonly sha256: Buffer;
  /** Code of the reason, e.g. `truncated`; see the reasons of packages/dicomweb. */
  readonly reason: string;
  /** What is wrong and where, without values of the data set. */
  readonly message: string;
  readonly facilityId: number;
  readonly deviceId: number | undefined;
  readonly principalId: string;
  readonly objectKey: string;
  readonly entryOffset: number;
  readonly entryLength: number;
  /** Of an entry of a segment; an object of its own is checked by its SHA-256. */
  readonly crc32: Buffer | undefined;
  readonly segmentId: string | undefined;
  /** The segment that the bytes came in, where a rewrite has brought them to `segmentId`. */
  readonly originSegmentId?: string | undefined;
  readonly studyInstanceUid: string | undefined;
  readonly seriesInstanceUid: string | undefined;
  readonly sopInstanceUid: string | undefined;
  readonly receivedAt: Date;
}

/** Whether these bytes lie in quarantine for this reason already; if so, the repeat is counted. */
export async function countQuarantineRepeat(
  client: Queryable,
  entry: Pick<QuarantineEntry, 'facilityId' | 'sha256' | 'reason' | 'receivedAt'>,
): Promise<number | undefined> {
  const result = await client.query<{ quarantine_id: number }>({
    name: 'count-quarantine-repeat',
    text: `update quarantine set times_received = times_received + 1, last_received_at = $4
      where facility_id = $1 and sha256 = $2 and reason = $3 and state = 'open' returning quarantine_id`,
    values: [entry.facilityId, entry.sha256, entry.reason, entry.receivedAt],
  });
  return result.rows[0]?.quarantine_id;
}

/**
 * Puts an entry on the list; a repeat raises the counter of the first one. `isNew` false: the caller's copy of
 * the bytes is one too many. Call it within a transaction: the journal gets its line too, once.
 */
export async function recordQuarantine(
  client: Queryable,
  entry: QuarantineEntry,
): Promise<{ quarantineId: number; isNew: boolean }> {
  const inserted = await client.query<RecordedQuarantineRow>({
    name: 'record-quarantine',
    text: `insert into quarantine (sha256, reason, message, facility_id, device_id, principal_id, object_key, entry_offset,
        entry_length, crc32, segment_id, study_instance_uid, series_instance_uid, sop_instance_uid, received_at,
        last_received_at, origin_segment_id)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16)
      on conflict (facility_id, sha256, reason) where state = 'open'
      do update set times_received = quarantine.times_received + 1, last_received_at = excluded.last_received_at
      returning quarantine_id, object_key = $7 and entry_offset = $8 as is_new, xmax = 0 as is_inserted,
        (select code from facility f where f.facility_id = quarantine.facility_id) as facility,
        (select code from device d where d.device_id = quarantine.device_id) as device`,
    values: [
      entry.sha256,
      entry.reason,
      entry.message,
      entry.facilityId,
      entry.deviceId ?? null,
      entry.principalId,
      entry.objectKey,
      entry.entryOffset,
      entry.entryLength,
      entry.crc32 ?? null,
      entry.segmentId ?? null,
      entry.studyInstanceUid ?? null,
      entry.seriesInstanceUid ?? null,
      entry.sopInstanceUid ?? null,
      entry.receivedAt,
      entry.originSegmentId ?? entry.segmentId ?? null,
    ],
  });
  const [row] = inserted.rows;
  if (row === undefined) throw new TypeError('insert … on conflict do update returns its row');
  if (row.is_inserted) await journalQuarantined(client, entry, row);
  return { quarantineId: row.quarantine_id, isNew: row.is_new };
}

interface RecordedQuarantineRow {
  quarantine_id: number;
  is_new: boolean;
  is_inserted: boolean;
  facility: string;
  device: string | null;
}

function journalQuarantined(
  client: Queryable,
  entry: QuarantineEntry,
  row: RecordedQuarantineRow,
): Promise<void> {
  return writeJournalLine(client, {
    kind: 'quarantined',
    decidedBy: entry.principalId,
    fact: {
      quarantineId: row.quarantine_id,
      sha256: entry.sha256.toString('hex'),
      reason: entry.reason,
      message: entry.message,
      facility: row.facility,
      device: row.device ?? undefined,
      principal: entry.principalId,
      objectKey: entry.objectKey,
      entryOffset: entry.entryOffset,
      entryLength: entry.entryLength,
      segmentId: entry.originSegmentId ?? entry.segmentId,
      studyInstanceUid: entry.studyInstanceUid,
      seriesInstanceUid: entry.seriesInstanceUid,
      sopInstanceUid: entry.sopInstanceUid,
      receivedAt: entry.receivedAt.toISOString(),
    },
  });
}

/** Bytes that say the same as the stored instance. */
export interface KnownEncoding {
  readonly sopInstanceUid: string;
  readonly sha256: Buffer;
  /** The segment that brought them, and the one in which they were first stored, if that is another. */
  readonly segmentId: string;
  readonly originSegmentId?: string | undefined;
  readonly isSameEncoding: boolean;
  /** Of the bytes that hold the UID. */
  readonly holderSha256: Buffer;
}

/**
 * Notes that these bytes say the same as the stored instance, and settles the segment that brought them. Where they are
 * other bytes, a comparison has told, and the journal is told too. Within a transaction.
 */
export async function recordKnownEncoding(client: Queryable, known: KnownEncoding): Promise<void> {
  const { sopInstanceUid, sha256, segmentId, originSegmentId = segmentId, isSameEncoding } = known;
  await client.query({
    name: 'record-known-encoding',
    text: `insert into known_encoding (sop_instance_uid, sha256, same_encoding) values ($1, $2, $3) on conflict do nothing`,
    values: [sopInstanceUid, sha256, isSameEncoding],
  });
  if (!known.holderSha256.equals(sha256)) {
    await writeJournalLineOnce(client, {
      kind: 'instance-equal',
      decidedBy: 'archive',
      fact: {
        sopInstanceUid,
        sha256: sha256.toString('hex'),
        segmentId: originSegmentId,
        sameEncoding: isSameEncoding,
        holderSha256: known.holderSha256.toString('hex'),
      },
    });
  }
  await settleSegment(client, segmentId);
}

/** How bytes were judged that came before. */
export type KnownVerdict =
  | { readonly kind: 'equal' | 'equal-in-another-encoding' }
  | { readonly kind: 'proposed-correction' }
  | { readonly kind: 'quarantine'; readonly reason: string };

/**
 * Whether bytes that carry this SOP Instance UID were judged before: as equal in another encoding, as a proposed
 * correction, or as an open quarantine entry; the repeat is counted where it is listed. What is known to be equal is so,
 * whatever the bytes were refused for another time; a request to the wrong study says nothing about another request.
 */
export async function countKnownRepeat(
  client: Queryable,
  repeat: { facilityId: number; sopInstanceUid: string; sha256: Buffer; receivedAt: Date },
): Promise<KnownVerdict | undefined> {
  const result = await client.query<{ kind: KnownVerdict['kind']; reason: string | null }>({
    name: 'count-known-repeat',
    text: `with known as (
        select same_encoding from known_encoding where sop_instance_uid = $2 and sha256 = $3),
      correction as (
        update proposed_correction set times_received = times_received + 1
        where sop_instance_uid = $2 and sha256 = $3 and state = 'open' returning 1),
      quarantined as (
        update quarantine set times_received = times_received + 1, last_received_at = $4
        where facility_id = $1 and sha256 = $3 and state = 'open' and sop_instance_uid = $2
          and reason <> 'study-mismatch' and not exists (select from known) returning reason)
      select case when same_encoding then 'equal' else 'equal-in-another-encoding' end as kind, null as reason from known
      union all select 'quarantine', reason from quarantined
      union all select 'proposed-correction', null from correction`,
    values: [repeat.facilityId, repeat.sopInstanceUid, repeat.sha256, repeat.receivedAt],
  });
  const [row] = result.rows;
  if (row === undefined) return undefined;
  return row.kind === 'quarantine' ? { kind: row.kind, reason: row.reason ?? '' } : { kind: row.kind };
}

/** Open bytes of a device (or of a facility's senders without a device) in quarantine, for its quota. */
export async function quarantinedBytes(
  client: Queryable,
  sender: { facilityId: number; deviceId: number | undefined },
): Promise<number> {
  const result = await client.query<{ bytes: number }>({
    name: 'quarantined-bytes',
    text: `select coalesce(sum(entry_length), 0)::float8 as bytes from quarantine
      where facility_id = $1 and device_id is not distinct from $2 and state = 'open'`,
    values: [sender.facilityId, sender.deviceId ?? null],
  });
  return result.rows[0]?.bytes ?? 0;
}

/** Marks a segment as duplicate once nothing refers to any of its entries: called after its verdicts are recorded. */
export async function settleSegment(client: Queryable, segmentId: string): Promise<void> {
  await client.query({
    name: 'settle-segment',
    text: `update segment set state = 'duplicate' where segment_id = $1 and state = 'live' and ${NOTHING_REFERS('$1')}`,
    values: [segmentId],
  });
}

/** SQL condition: no instance, open or accepted quarantine entry, or proposed correction points into the segment. */
export const NOTHING_REFERS = (segmentId: string): string => `
  not exists (select from instance i where i.segment_id = ${segmentId})
  and not exists (select from quarantine q where q.segment_id = ${segmentId} and q.state <> 'discarded')
  and not exists (select from proposed_correction c where c.segment_id = ${segmentId} and c.state <> 'discarded')`;

/**
 * Verdicts that are not "stored": quarantine, proposed corrections, supersession of duplicate segments.
 * The bytes are in the object store before any of these rows is written.
 */
import type { Queryable } from './database.ts';

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
 * the bytes is one too many. Call it within a transaction: the journal's outbox gets its line too, once.
 */
export async function recordQuarantine(
  client: Queryable,
  entry: QuarantineEntry,
): Promise<{ quarantineId: number; isNew: boolean }> {
  const inserted = await client.query<{ quarantine_id: number; is_new: boolean; is_inserted: boolean }>({
    name: 'record-quarantine',
    text: `insert into quarantine (sha256, reason, message, facility_id, device_id, principal_id, object_key, entry_offset,
        entry_length, crc32, segment_id, study_instance_uid, series_instance_uid, sop_instance_uid, received_at, last_received_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
      on conflict (facility_id, sha256, reason) where state = 'open'
      do update set times_received = quarantine.times_received + 1, last_received_at = excluded.last_received_at
      returning quarantine_id, object_key = $7 and entry_offset = $8 as is_new, xmax = 0 as is_inserted`,
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
    ],
  });
  const [row] = inserted.rows;
  if (row === undefined) throw new TypeError('insert … on conflict do update returns its row');
  if (row.is_inserted) {
    await writeJournalOutbox(client, {
      kind: 'quarantined',
      decidedBy: entry.principalId,
      fact: {
        quarantineId: row.quarantine_id,
        sha256: entry.sha256.toString('hex'),
        reason: entry.reason,
        objectKey: entry.objectKey,
        entryOffset: entry.entryOffset,
        entryLength: entry.entryLength,
        receivedAt: entry.receivedAt.toISOString(),
      },
    });
  }
  return { quarantineId: row.quarantine_id, isNew: row.is_new };
}

/** Notes that these bytes say the same as the stored instance, and settles the segment that brought them. */
export async function recordKnownEncoding(
  client: Queryable,
  known: { sopInstanceUid: string; sha256: Buffer; segmentId: string; isSameEncoding: boolean },
): Promise<void> {
  await client.query({
    name: 'record-known-encoding',
    text: `insert into known_encoding (sop_instance_uid, sha256, same_encoding) values ($1, $2, $3) on conflict do nothing`,
    values: [known.sopInstanceUid, known.sha256, known.isSameEncoding],
  });
  await settleSegment(client, known.segmentId);
}

/** How bytes were judged that came before. */
export type KnownVerdict =
  | { readonly kind: 'equal' | 'equal-in-another-encoding' }
  | { readonly kind: 'proposed-correction' }
  | { readonly kind: 'quarantine'; readonly reason: string };

/**
 * Whether bytes that carry this SOP Instance UID were judged before: as equal in another encoding, as a proposed
 * correction, or as an open quarantine entry; the repeat is counted where it is listed.
 */
export async function countKnownRepeat(
  client: Queryable,
  repeat: { facilityId: number; sopInstanceUid: string; sha256: Buffer; receivedAt: Date },
): Promise<KnownVerdict | undefined> {
  const result = await client.query<{ kind: KnownVerdict['kind']; reason: string | null }>({
    name: 'count-known-repeat',
    text: `with correction as (
        update proposed_correction set times_received = times_received + 1
        where sop_instance_uid = $2 and sha256 = $3 and state = 'open' returning 1),
      quarantined as (
        update quarantine set times_received = times_received + 1, last_received_at = $4
        where facility_id = $1 and sha256 = $3 and state = 'open' and sop_instance_uid = $2 returning reason)
      select 'quarantine' as kind, reason from quarantined
      union all select 'proposed-correction', null from correction
      union all select case when same_encoding then 'equal' else 'equal-in-another-encoding' end, null from known_encoding where sop_instance_uid = $2 and sha256 = $3`,
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

/** The same instance with other patient or study attributes: kept for an administrator to apply or discard. */
export interface ProposedCorrection {
  readonly sopInstanceUid: string;
  readonly studyKey: number;
  readonly sha256: Buffer;
  readonly segmentId: string;
  readonly ordinal: number;
  readonly objectKey: string;
  readonly entryOffset: number;
  readonly entryLength: number;
  readonly crc32: Buffer;
  readonly facilityId: number;
  readonly deviceId: number | undefined;
  readonly principalId: string;
  readonly receivedAt: Date;
}

/** `isNew` false: the same proposal lies here already, and the caller's copy is one too many. Within a transaction. */
export async function recordProposedCorrection(
  client: Queryable,
  correction: ProposedCorrection,
): Promise<{ isNew: boolean }> {
  const result = await client.query<{ is_new: boolean; is_inserted: boolean }>({
    name: 'record-proposed-correction',
    text: `insert into proposed_correction (sop_instance_uid, study_key, sha256, segment_id, ordinal, object_key,
        entry_offset, entry_length, crc32, facility_id, device_id, principal_id, received_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
      on conflict (sop_instance_uid, sha256) where state <> 'discarded'
      do update set times_received = proposed_correction.times_received + 1
      returning segment_id = $4 and ordinal = $5 as is_new, xmax = 0 as is_inserted`,
    values: [
      correction.sopInstanceUid,
      correction.studyKey,
      correction.sha256,
      correction.segmentId,
      correction.ordinal,
      correction.objectKey,
      correction.entryOffset,
      correction.entryLength,
      correction.crc32,
      correction.facilityId,
      correction.deviceId ?? null,
      correction.principalId,
      correction.receivedAt,
    ],
  });
  const [row] = result.rows;
  if (row === undefined) throw new TypeError('insert … on conflict do update returns its row');
  if (row.is_inserted) {
    await writeJournalOutbox(client, {
      kind: 'correction-proposed',
      decidedBy: correction.principalId,
      fact: {
        sopInstanceUid: correction.sopInstanceUid,
        sha256: correction.sha256.toString('hex'),
        objectKey: correction.objectKey,
        entryOffset: correction.entryOffset,
        entryLength: correction.entryLength,
        receivedAt: correction.receivedAt.toISOString(),
      },
    });
  }
  return { isNew: row.is_new };
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

/** A fact that bytes do not tell, on its way to the journal; written in the transaction that decides it. */
export async function writeJournalOutbox(
  client: Queryable,
  line: { kind: string; decidedBy: string; fact: object },
): Promise<void> {
  await client.query({
    name: 'write-journal-outbox',
    text: 'insert into journal_outbox (kind, fact, decided_by) values ($1, $2, $3)',
    values: [line.kind, JSON.stringify(line.fact), line.decidedBy],
  });
}

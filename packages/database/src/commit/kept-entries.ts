/** Step 5b: what the journal says of entries that are no instances, as rows again, pointing to where the bytes lie now. */
import type { Database, Queryable } from '../database.ts';
import type { KeptCorrection, KeptEncoding, KeptEntries, KeptQuarantine, SegmentCommit } from './facts.ts';
import type { KeysBySegment } from './resolve-keys.ts';

/** Inserts what is not there yet, and gives each row the number that it had, if that is free. */
export async function insertKept(
  client: Queryable,
  segments: readonly SegmentCommit[],
  keys: KeysBySegment,
): Promise<void> {
  for (const segment of segments) {
    if (segment.kept === undefined) continue;
    await insertOf(client, segment, segment.kept, keys.get(segment)?.studyKey);
  }
}

async function insertOf(
  client: Queryable,
  segment: SegmentCommit,
  { quarantine, corrections, encodings }: KeptEntries,
  studyKey: number | undefined,
): Promise<void> {
  for (const entry of quarantine) await insertQuarantine(client, segment, entry);
  for (const correction of corrections) await insertCorrection(client, segment, correction, studyKey);
  for (const encoding of encodings) await insertEncoding(client, encoding);
  await noteReplacements(client, quarantine, studyKey);
}

/** What the journal's catching up has made of bytes that were an object of their own; false: it has not. */
async function placeLoose(
  client: Queryable,
  segment: EntryPlaceOfSegment,
  entry: KeptQuarantine,
): Promise<boolean> {
  const placed = await client.query({
    name: 'place-kept-quarantine',
    text: `update quarantine set segment_id = $5, origin_segment_id = $6, object_key = $7, entry_offset = $8, crc32 = $9
      where facility_id = $1 and sha256 = $2 and reason = $3 and state = $4 and segment_id is null`,
    values: [
      entry.facilityId,
      entry.sha256,
      entry.reason,
      entry.state,
      segment.segmentId,
      entry.originSegmentId,
      segment.objectKey,
      entry.entryOffset,
      entry.crc32,
    ],
  });
  return placed.rowCount !== 0;
}

/** The entry is known by the segment it came in, its bytes, its reason and what became of it. */
async function insertQuarantine(
  client: Queryable,
  segment: EntryPlaceOfSegment,
  entry: KeptQuarantine,
): Promise<void> {
  if (entry.wasLoose && (await placeLoose(client, segment, entry))) return;
  await client.query({
    name: 'insert-kept-quarantine',
    text: `with free as (
        select $1::bigint as id where not exists (select from quarantine where quarantine_id = $1))
      insert into quarantine (quarantine_id, sha256, reason, message, facility_id, device_id, principal_id, object_key,
        entry_offset, entry_length, crc32, segment_id, origin_segment_id, study_instance_uid, series_instance_uid,
        sop_instance_uid, received_at, last_received_at, state, decided_by, decided_at)
      overriding system value
      select coalesce((select id from free), nextval(pg_get_serial_sequence('quarantine', 'quarantine_id'))),
        $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18, $19, $20
      where not exists (select from quarantine q where q.sha256 = $2 and q.reason = $3 and q.facility_id = $5
        and q.origin_segment_id = $13 and (q.state = $18 or q.state = 'open' and $18 <> 'replaced'))
      on conflict do nothing`,
    values: [
      entry.quarantineId,
      entry.sha256,
      entry.reason,
      entry.message,
      entry.facilityId,
      entry.deviceId ?? null,
      entry.principalId,
      segment.objectKey,
      entry.entryOffset,
      entry.entryLength,
      entry.crc32,
      segment.segmentId,
      entry.originSegmentId,
      entry.studyInstanceUid ?? null,
      entry.seriesInstanceUid ?? null,
      entry.sopInstanceUid ?? null,
      entry.receivedAt,
      entry.state,
      entry.decision?.decidedBy ?? null,
      entry.decision?.decidedAt ?? null,
    ],
  });
}

async function insertCorrection(
  client: Queryable,
  segment: EntryPlaceOfSegment,
  correction: KeptCorrection,
  studyKey: number | undefined,
): Promise<void> {
  await client.query({
    name: 'insert-kept-correction',
    text: `with free as (
        select $1::bigint as id
        where not exists (select from proposed_correction where proposed_correction_id = $1))
      insert into proposed_correction (proposed_correction_id, sop_instance_uid, study_key, sha256, segment_id,
        origin_segment_id, ordinal, object_key, entry_offset, entry_length, crc32, facility_id, device_id, principal_id,
        received_at, state, decided_by, decided_at)
      overriding system value
      select coalesce((select id from free),
          nextval(pg_get_serial_sequence('proposed_correction', 'proposed_correction_id'))),
        $2, coalesce((select s.study_key from study s where s.study_instance_uid = $19), $3::bigint), $4, $5, $6, $7, $8, $9, $10,
        $11, $12, $13, $14, $15, $16, $17, $18
      where coalesce((select s.study_key from study s where s.study_instance_uid = $19), $3::bigint) is not null
        and not exists (select from proposed_correction c
        where c.origin_segment_id = $6 and c.sha256 = $4 and c.sop_instance_uid = $2)
        and not exists (select from sop_instance p where p.sop_instance_uid = $2 and p.state = 'disposed')
      on conflict do nothing`,
    values: [
      correction.proposedCorrectionId,
      correction.sopInstanceUid,
      studyKey,
      correction.sha256,
      segment.segmentId,
      correction.originSegmentId,
      correction.ordinal,
      segment.objectKey,
      correction.entryOffset,
      correction.entryLength,
      correction.crc32,
      correction.facilityId,
      correction.deviceId ?? null,
      correction.principalId,
      correction.receivedAt,
      correction.state,
      correction.decision?.decidedBy ?? null,
      correction.decision?.decidedAt ?? null,
      segment.studyInstanceUid,
    ],
  });
}

/** What was equal to an instance that was replaced since is not equal to the new one. */
async function insertEncoding(client: Queryable, encoding: KeptEncoding): Promise<void> {
  await client.query({
    name: 'insert-kept-encoding',
    text: `insert into known_encoding (sop_instance_uid, sha256, same_encoding)
      select $1, $2, $3 where exists (select from sop_instance p where p.sop_instance_uid = $1 and p.sha256 = $4
        and p.state <> 'disposed')
      on conflict do nothing`,
    values: [encoding.sopInstanceUid, encoding.sha256, encoding.isSameEncoding, encoding.holderSha256],
  });
}

/** A replacement changed the study at its time. */
async function noteReplacements(
  client: Queryable,
  quarantine: readonly KeptQuarantine[],
  studyKey: number | undefined,
): Promise<void> {
  const times = quarantine.flatMap(({ state, decision }) =>
    state === 'replaced' && decision !== undefined ? [decision.decidedAt.getTime()] : [],
  );
  if (times.length === 0) return;
  await client.query({
    name: 'note-replacements',
    text: 'update study set updated_at = greatest(updated_at, $2) where study_key = $1',
    values: [studyKey, new Date(Math.max(...times))],
  });
}

/** What is left of entries whose bytes are gone: discarded, or superseded by what they are equal to. */
export async function recordBygone(database: Database, bygone: BygoneEntries): Promise<void> {
  await database.inTransaction(async (client) => {
    for (const { entry, ...place } of bygone.quarantine) await insertQuarantine(client, place, entry);
    for (const { correction, ...place } of bygone.corrections) {
      await insertCorrection(client, place, correction, undefined);
    }
    for (const encoding of bygone.encodings) await insertEncoding(client, encoding);
  });
}

/** Entries with where their bytes lay. */
export interface BygoneEntries {
  readonly quarantine: readonly (EntryPlaceOfSegment & { readonly entry: KeptQuarantine })[];
  readonly corrections: readonly (EntryPlaceOfSegment & { readonly correction: KeptCorrection })[];
  readonly encodings: readonly KeptEncoding[];
}

/** The segment that an entry lies in, or lay in. */
export type EntryPlaceOfSegment = Pick<SegmentCommit, 'segmentId' | 'objectKey' | 'studyInstanceUid'>;

/**
 * Lets the numbers of new entries follow those that were given again. To be called where nobody makes entries meanwhile:
 * at the end of a rebuild, and after a restored database has caught up.
 */
export async function advanceKeptNumbers(client: Queryable): Promise<void> {
  for (const [table, column] of [
    ['quarantine', 'quarantine_id'],
    ['proposed_correction', 'proposed_correction_id'],
  ]) {
    await client.query({
      text: `select setval(pg_get_serial_sequence($1, $2), greatest(
        (select coalesce(max(${column}), 0) from ${table}), nextval(pg_get_serial_sequence($1, $2))))`,
      values: [table, column],
    });
  }
}

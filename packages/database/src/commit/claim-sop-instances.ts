/** Step 1 of the commit: a SOP Instance UID belongs to whoever inserts its row first. */
import type { PixelDataLayout } from '@sandyq/dicom';
import type { Queryable } from '../database.ts';
import { insertRows } from '../insert-rows.ts';
import type { Candidate } from './candidate.ts';
import type { ExistingInstance } from './facts.ts';

const CLAIMS = {
  table: 'sop_instance',
  columns: ['sop_instance_uid', 'study_key', 'series_key', 'segment_id', 'ordinal', 'sha256', 'state'],
  suffix: 'on conflict (sop_instance_uid) do nothing returning sop_instance_uid',
};

/** Claims what is new; returns the candidates that hold their UID now. Sorted by UID, so that batches cannot deadlock. */
export async function claimSopInstances(
  client: Queryable,
  candidates: readonly Candidate[],
): Promise<Set<Candidate>> {
  const firstByUid = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const uid = candidate.instance.sopInstanceUid;
    if (!firstByUid.has(uid)) firstByUid.set(uid, candidate);
  }
  const sorted = [...firstByUid.values()].sort((a, b) =>
    a.instance.sopInstanceUid < b.instance.sopInstanceUid ? -1 : 1,
  );
  const inserted = await insertRows<{ sop_instance_uid: string }>(
    client,
    CLAIMS,
    sorted.map(({ instance, segment, keys }) => [
      instance.sopInstanceUid,
      keys.studyKey,
      keys.seriesKey,
      segment.segmentId,
      instance.ordinal,
      instance.sha256,
      'active',
    ]),
  );
  return new Set(inserted.flatMap((row) => firstByUid.get(row.sop_instance_uid) ?? []));
}

/** Whether anything holds this UID. Much cheaper than {@link readExisting}: for new instances, which are the daily bread. */
export async function isKnownInstance(client: Queryable, sopInstanceUid: string): Promise<boolean> {
  const result = await client.query({
    name: 'is-known-instance',
    inTurn: 'ahead',
    text: 'select from sop_instance where sop_instance_uid = $1',
    values: [sopInstanceUid],
  });
  return result.rowCount !== 0;
}

/** What holds these UIDs, read in a second statement: rows that others committed meanwhile are seen now. */
export async function readExisting(
  client: Queryable,
  sopInstanceUids: readonly string[],
): Promise<Map<string, ExistingInstance>> {
  if (sopInstanceUids.length === 0) return new Map();
  const result = await client.query<ExistingRow>({
    name: 'read-existing-instances',
    keepsPlan: true,
    text: `select p.sop_instance_uid, p.study_key, s.study_instance_uid, e.series_instance_uid, i.transfer_syntax_uid,
        p.state, p.sha256, p.segment_id, p.ordinal, g.object_key, i.entry_offset, i.entry_length, i.crc32, i.pixel_data,
        s.facility_id, i.is_damaged
      from sop_instance p
      join study s on s.study_key = p.study_key
      join series e on e.study_key = p.study_key and e.series_key = p.series_key
      join instance i on i.study_key = p.study_key and i.sop_instance_uid = p.sop_instance_uid
      join segment g on g.segment_id = p.segment_id
      where p.sop_instance_uid = any ($1)`,
    values: [sopInstanceUids],
  });
  return new Map(result.rows.map((row) => [row.sop_instance_uid, toExisting(row)]));
}

interface ExistingRow {
  sop_instance_uid: string;
  study_key: number;
  study_instance_uid: string;
  series_instance_uid: string;
  transfer_syntax_uid: string;
  state: ExistingInstance['state'];
  sha256: Buffer;
  segment_id: string;
  ordinal: number;
  object_key: string;
  entry_offset: number;
  entry_length: number;
  crc32: Buffer;
  pixel_data: PixelDataLayout | null;
  facility_id: number;
  is_damaged: boolean;
}

function toExisting(row: ExistingRow): ExistingInstance {
  return {
    sopInstanceUid: row.sop_instance_uid,
    studyKey: row.study_key,
    studyInstanceUid: row.study_instance_uid,
    seriesInstanceUid: row.series_instance_uid,
    transferSyntaxUid: row.transfer_syntax_uid,
    state: row.state,
    sha256: row.sha256,
    segmentId: row.segment_id,
    ordinal: row.ordinal,
    objectKey: row.object_key,
    entryOffset: row.entry_offset,
    entryLength: row.entry_length,
    crc32: row.crc32,
    pixelData: row.pixel_data ?? undefined,
    facilityId: row.facility_id,
    isDamaged: row.is_damaged,
  };
}

/** The DICOM JSON of instances: a cache beside the segments, which hold it too. */
import type { Queryable } from './database.ts';

const PIECES_PER_STATEMENT = 256;

/** The DICOM JSON of one instance as the cache keeps it. */
export interface MetadataPiece {
  readonly seriesKey: number;
  readonly sopInstanceUid: string;
  /** UTF-8 DICOM JSON, gzip. */
  readonly jsonGzip: Buffer;
}

/** The metadata pieces of instances, by SOP Instance UID; those that the cache has lost are left out. */
export async function readMetadataPieces(
  client: Queryable,
  studyKey: number,
  sopInstanceUids: readonly string[],
): Promise<Map<string, Buffer>> {
  const result = await client.query<{ sop_instance_uid: string; json_gzip: Buffer }>({
    name: 'read-metadata-pieces',
    keepsPlan: true,
    text: `select sop_instance_uid, json_gzip from instance_metadata where study_key = $1 and sop_instance_uid = any ($2)`,
    values: [studyKey, sopInstanceUids],
  });
  return new Map(result.rows.map((row) => [row.sop_instance_uid, row.json_gzip]));
}

/**
 * The metadata pieces of instances of many studies, by SOP Instance UID; those that the cache has lost are left out. Each is
 * looked up by itself: a join may be planned as a scan of the whole cache.
 */
export async function readMetadataPiecesOf(
  client: Queryable,
  instances: readonly { readonly studyKey: number; readonly sopInstanceUid: string }[],
): Promise<Map<string, Buffer>> {
  const result = await client.query<{ uid: string; json_gzip: Buffer | null }>({
    name: 'read-metadata-pieces-of',
    text: `select t.uid, (select m.json_gzip from instance_metadata m
        where m.study_key = t.study_key and m.sop_instance_uid = t.uid) as json_gzip
      from unnest($1::bigint[], $2::text[]) as t (study_key, uid)`,
    values: [
      instances.map((instance) => instance.studyKey),
      instances.map((instance) => instance.sopInstanceUid),
    ],
  });
  return new Map(result.rows.flatMap((row) => (row.json_gzip === null ? [] : [[row.uid, row.json_gzip]])));
}

/** The instances that lie in a segment, by ordinal of their entry: whose pieces the segment can give back. */
export async function listInstancesOfSegment(
  client: Queryable,
  studyKey: number,
  segmentId: string,
): Promise<Map<number, Omit<MetadataPiece, 'jsonGzip'>>> {
  const result = await client.query<{ ordinal: number; series_key: number; sop_instance_uid: string }>({
    name: 'list-instances-of-segment',
    text: 'select ordinal, series_key, sop_instance_uid from instance where study_key = $1 and segment_id = $2',
    values: [studyKey, segmentId],
  });
  return new Map(
    result.rows.map((row) => [
      row.ordinal,
      { seriesKey: row.series_key, sopInstanceUid: row.sop_instance_uid },
    ]),
  );
}

/** Puts pieces into the cache that it had lost; one that is there but unreadable is replaced. */
export async function restoreMetadataPieces(
  client: Queryable,
  studyKey: number,
  pieces: readonly MetadataPiece[],
): Promise<void> {
  // In one order, so that two who restore the same pieces can't wait for each other.
  const sorted = [...pieces].sort((a, b) => (a.sopInstanceUid < b.sopInstanceUid ? -1 : 1));
  for (let start = 0; start < sorted.length; start += PIECES_PER_STATEMENT) {
    const batch = sorted.slice(start, start + PIECES_PER_STATEMENT);
    await client.query({
      name: 'restore-metadata-pieces',
      text: `insert into instance_metadata (study_key, series_key, sop_instance_uid, json_gzip)
        select $1, * from unnest($2::bigint[], $3::text[], $4::bytea[])
        on conflict (study_key, sop_instance_uid) do update set json_gzip = excluded.json_gzip`,
      values: [
        studyKey,
        batch.map((piece) => piece.seriesKey),
        batch.map((piece) => piece.sopInstanceUid),
        batch.map((piece) => piece.jsonGzip),
      ],
    });
  }
}

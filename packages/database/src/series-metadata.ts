/** The served metadata of whole series: a cache that may be emptied at any time, and what it is made of. */
import type { Queryable } from './database.ts';
import type { InstanceScope } from './locate-instances.ts';

/** The study, or the one series of it that was asked for, at one moment. */
export interface MetadataScope {
  readonly studyKey: number;
  readonly facilityId: number;
  /** Of the series if the scope names one, else of the study. */
  readonly revision: number;
  /** In the order of Series Number (0020,0011), then of UIDs; those without active instances too. */
  readonly series: readonly SeriesOfScope[];
}

/** A series and what is kept for it. */
export interface SeriesOfScope {
  readonly seriesKey: number;
  readonly seriesInstanceUid: string;
  readonly revision: number;
  /** SHA-256 over those of the instances; undefined where no metadata of this very revision are kept. */
  readonly instancesSha256: Buffer | undefined;
}

/** Instances of a series as its metadata list them, all as of one moment. */
export interface SeriesInstances {
  readonly revision: number;
  /** Active ones, in the order of Instance Number (0020,0013), then of UIDs. */
  readonly instances: readonly InstanceOfSeries[];
}

/** One of them. */
export interface InstanceOfSeries {
  readonly sopInstanceUid: string;
  /** SHA-256 of the received bytes, 32 bytes. */
  readonly sha256: Buffer;
  /** Bytes of its metadata piece; 0 where the cache has lost it. */
  readonly metadataBytes: number;
}

/** What a row is kept for. */
export interface SeriesMetadataKey {
  readonly studyKey: number;
  readonly seriesKey: number;
  readonly revision: number;
  readonly baseUrl: string;
  readonly instancesSha256: Buffer;
}

/** The JSON of the instances of a series with commas between them, compressed. */
export interface DeflatedText {
  /** Piece of a deflate stream (RFC 1951) that refers to nothing before it and ends on a byte boundary. */
  readonly deflated: Buffer;
  /** CRC-32 of {@link deflated}. */
  readonly deflatedCrc32: number;
  readonly textBytes: number;
  /** CRC-32 of the text. */
  readonly textCrc32: number;
}

/** Series without a Series Number (0020,0011) and instances without an Instance Number (0020,0013) come last. */
const NO_NUMBER = '9007199254740991';

/** What the scope's metadata consist of, in one small statement; undefined where there is no such study or series. */
export async function findMetadataScope(
  client: Queryable,
  { studyInstanceUid, seriesInstanceUid }: InstanceScope,
): Promise<MetadataScope | undefined> {
  const inSeries = seriesInstanceUid !== undefined;
  const result = await client.query<{
    study_key: number;
    facility_id: number;
    study_revision: number;
    series_key: number;
    series_instance_uid: string;
    revision: number;
    instances_sha256: Buffer | null;
  }>({
    name: `find-metadata-${inSeries ? 'series' : 'study'}`,
    keepsPlan: true,
    text: `select s.study_key, s.facility_id, s.revision as study_revision, e.series_key, e.series_instance_uid, e.revision,
        m.instances_sha256
      from study s
      join series e on e.study_key = s.study_key
      left join series_metadata m on m.study_key = e.study_key and m.series_key = e.series_key
        and m.revision = e.revision
      where s.study_instance_uid = $1 ${inSeries ? 'and e.series_instance_uid = $2' : ''}
      order by coalesce(e.series_number, ${NO_NUMBER}), e.series_instance_uid`,
    values: inSeries ? [studyInstanceUid, seriesInstanceUid] : [studyInstanceUid],
  });
  const [first] = result.rows;
  return (
    first && {
      studyKey: first.study_key,
      facilityId: first.facility_id,
      revision: inSeries ? first.revision : first.study_revision,
      series: result.rows.map((row) => ({
        seriesKey: row.series_key,
        seriesInstanceUid: row.series_instance_uid,
        revision: row.revision,
        instancesSha256: row.instances_sha256 ?? undefined,
      })),
    }
  );
}

/**
 * The active instances of series of a study and the revisions of these, in one statement, by series key; series without
 * active instances are left out. About 150 bytes of memory an instance.
 */
export async function listSeriesInstances(
  client: Queryable,
  studyKey: number,
  seriesKeys: readonly number[],
): Promise<Map<number, SeriesInstances>> {
  const result = await client.query<ListedRow>({
    name: 'list-series-instances',
    keepsPlan: true,
    text: `select e.series_key, e.revision, i.sop_instance_uid, i.sha256, octet_length(m.json_gzip) as metadata_bytes
      from series e
      join instance i on i.study_key = e.study_key and i.series_key = e.series_key
      left join instance_metadata m on m.study_key = i.study_key and m.sop_instance_uid = i.sop_instance_uid
      where e.study_key = $1 and e.series_key = any ($2) and i.study_key = $1 and i.state = 'active'
      order by coalesce(i.instance_number, ${NO_NUMBER}), i.sop_instance_uid`,
    values: [studyKey, seriesKeys],
  });
  const listed = new Map<number, SeriesInstances>();
  for (const [seriesKey, rows] of Map.groupBy(result.rows, (row) => row.series_key)) {
    const instances = rows.map((row) => ({
      sopInstanceUid: row.sop_instance_uid,
      sha256: row.sha256,
      metadataBytes: row.metadata_bytes ?? 0,
    }));
    listed.set(seriesKey, { revision: rows[0]?.revision ?? 0, instances });
  }
  return listed;
}

interface ListedRow {
  series_key: number;
  revision: number;
  sop_instance_uid: string;
  sha256: Buffer;
  metadata_bytes: number | null;
}

/** What is kept for exactly this; undefined if that is nothing (any more). */
export async function readSeriesMetadata(
  client: Queryable,
  { studyKey, seriesKey, revision, baseUrl, instancesSha256 }: SeriesMetadataKey,
): Promise<DeflatedText | undefined> {
  const result = await client.query<{
    deflated: Buffer;
    deflated_crc32: number;
    text_bytes: number;
    text_crc32: number;
  }>({
    name: 'read-series-metadata',
    keepsPlan: true,
    text: `select deflated, deflated_crc32, text_bytes, text_crc32 from series_metadata
      where study_key = $1 and series_key = $2 and revision = $3 and base_url = $4 and instances_sha256 = $5`,
    values: [studyKey, seriesKey, revision, baseUrl, instancesSha256],
  });
  const [row] = result.rows;
  return (
    row && {
      deflated: row.deflated,
      deflatedCrc32: row.deflated_crc32,
      textBytes: row.text_bytes,
      textCrc32: row.text_crc32,
    }
  );
}

/**
 * Keeps what was made in the place of what is kept for the series, unless the series has changed meanwhile or is being
 * changed: whoever takes an instance out removes the row, and none of before may come after that.
 */
export async function keepSeriesMetadata(
  client: Queryable,
  { studyKey, seriesKey, revision, baseUrl, instancesSha256 }: SeriesMetadataKey,
  { deflated, deflatedCrc32, textBytes, textCrc32 }: DeflatedText,
): Promise<void> {
  await client.query({
    name: 'keep-series-metadata',
    text: `insert into series_metadata (study_key, series_key, revision, base_url, instances_sha256, deflated, deflated_bytes,
        deflated_crc32, text_bytes, text_crc32)
      select study_key, series_key, revision, $4, $5, $6, $7, $8, $9, $10 from series
        where study_key = $1 and series_key = $2 and revision = $3 for share skip locked
      on conflict (study_key, series_key) do update set revision = excluded.revision, base_url = excluded.base_url,
        instances_sha256 = excluded.instances_sha256, deflated = excluded.deflated, deflated_bytes = excluded.deflated_bytes,
        deflated_crc32 = excluded.deflated_crc32, text_bytes = excluded.text_bytes, text_crc32 = excluded.text_crc32,
        made_at = excluded.made_at`,
    values: [
      studyKey,
      seriesKey,
      revision,
      baseUrl,
      instancesSha256,
      deflated,
      deflated.length,
      deflatedCrc32,
      textBytes,
      textCrc32,
    ],
  });
}

/** Removes what is kept for a series: an instance of it is taken out, by whoever calls this in the same transaction. */
export async function dropSeriesMetadata(
  client: Queryable,
  { studyKey, seriesKey }: { readonly studyKey: number; readonly seriesKey: number },
): Promise<void> {
  await client.query({
    name: 'drop-series-metadata',
    text: 'delete from series_metadata where study_key = $1 and series_key = $2',
    values: [studyKey, seriesKey],
  });
}

/** Bytes of all that is kept. */
export async function countSeriesMetadataBytes(client: Queryable): Promise<number> {
  const result = await client.query<{ bytes: number }>({
    name: 'count-series-metadata-bytes',
    text: 'select coalesce(sum(deflated_bytes), 0)::bigint as bytes from series_metadata',
  });
  return result.rows[0]?.bytes ?? 0;
}

/** Removes up to `limit` rows, those made longest ago first; returns how many bytes were kept in them, and their number. */
export async function dropOldestSeriesMetadata(
  client: Queryable,
  limit: number,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  const result = await client.query<{ rows: number; bytes: number }>({
    name: 'drop-oldest-series-metadata',
    text: `with oldest as (select study_key, series_key from series_metadata order by made_at limit $1 for update skip locked),
      dropped as (delete from series_metadata m using oldest o
        where m.study_key = o.study_key and m.series_key = o.series_key returning m.deflated_bytes)
      select count(*)::integer as rows, coalesce(sum(deflated_bytes), 0)::bigint as bytes from dropped`,
    values: [limit],
  });
  return result.rows[0] ?? { rows: 0, bytes: 0 };
}

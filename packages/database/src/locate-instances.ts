/** Where the bytes of instances are: what retrieval asks. Only active instances are visible. */
import type { BulkElement, PixelDataLayout } from '@sandyq/dicom';
import type { Queryable } from './database.ts';

/** Which instances: a study, a series of it, or one instance of that. */
export interface InstanceScope {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid?: string | undefined;
  readonly sopInstanceUid?: string | undefined;
}

/** What of its pixels decides in which transfer syntaxes an instance can be sent. */
export interface PixelFacts {
  /** Lossy Image Compression (0028,2110): whether '01'; undefined where the data set does not say. */
  readonly isLossy: boolean | undefined;
  /** Bytes of all frames when decoded; undefined where the data set does not say. */
  readonly decodedLength: number | undefined;
}

/** One instance of a list: enough to say how it can be answered, not where it lies. */
export interface ListedInstance {
  readonly seriesKey: number;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly hasPixelData: boolean;
  readonly pixels: PixelFacts;
  /** SHA-256 of the received bytes, 32 bytes. */
  readonly sha256: Buffer;
  /** Received bytes. */
  readonly entryLength: number;
  /** Bytes of its CRC table, which grows with its frames: for pages of bounded size. */
  readonly crcTableBytes: number;
  /** Bytes of its metadata piece; 0 where the cache has lost it. */
  readonly metadataBytes: number;
}

/** The instances of a study or series, all as of one moment. */
export interface InstanceList {
  readonly studyKey: number;
  readonly facilityId: number;
  /** Of the series if the scope names one, else of the study. */
  readonly revision: number;
  /** In the order of Series Number (0020,0011) and Instance Number (0020,0013), then of UIDs. */
  readonly instances: readonly ListedInstance[];
}

/** Where an instance lies and how to cut it. Offsets of layout and bulk table are relative to the entry. */
export interface InstanceLocation {
  readonly studyKey: number;
  readonly seriesKey: number;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  /** SHA-256 of the received bytes, 32 bytes. */
  readonly sha256: Buffer;
  readonly segmentId: string;
  readonly objectKey: string;
  readonly entryOffset: number;
  readonly entryLength: number;
  readonly crc32: Buffer;
  readonly pixelData: PixelDataLayout | undefined;
  readonly pixels: PixelFacts;
  readonly bulkData: readonly BulkElement[];
  readonly ordinal: number;
}

/** One instance, with what its owner and its caches need. */
export interface LocatedInstance {
  readonly facilityId: number;
  /** Of its series. */
  readonly revision: number;
  /** Another one as soon as anything of the instance's row has changed; see check-locations.ts. */
  readonly rowVersion: string;
  readonly location: InstanceLocation;
}

/** Series without a Series Number (0020,0011) and instances without an Instance Number (0020,0013) come last. */
const NO_NUMBER = '9007199254740991';

/**
 * All instances of the scope in one statement, so that list and revision are of the same moment: what is added later
 * does not get into an answer that has begun. About 400 bytes of memory an instance. Undefined where there are none.
 */
export async function listInstances(
  client: Queryable,
  { studyInstanceUid, seriesInstanceUid }: InstanceScope,
): Promise<InstanceList | undefined> {
  const inSeries = seriesInstanceUid !== undefined;
  const result = await client.query<ListRow>({
    name: `list-instances${inSeries ? '-of-series' : ''}`,
    keepsPlan: true,
    text: `select s.study_key, s.facility_id, ${inSeries ? 'e' : 's'}.revision, i.series_key, e.series_instance_uid,
        i.sop_instance_uid, i.transfer_syntax_uid, i.pixel_data is not null as has_pixel_data, i.sha256,
        ${PIXEL_COLUMNS},
        i.entry_length, octet_length(i.crc32) as crc_table_bytes,
        coalesce(octet_length(m.json_gzip), 0) as metadata_bytes
      from study s
      join series e on e.study_key = s.study_key
      join instance i on i.study_key = e.study_key and i.series_key = e.series_key
      left join instance_metadata m on m.study_key = i.study_key and m.sop_instance_uid = i.sop_instance_uid
      where s.study_instance_uid = $1 and i.state = 'active' ${inSeries ? 'and e.series_instance_uid = $2' : ''}
      order by coalesce(e.series_number, ${NO_NUMBER}), e.series_instance_uid,
        coalesce(i.instance_number, ${NO_NUMBER}), i.sop_instance_uid`,
    values: inSeries ? [studyInstanceUid, seriesInstanceUid] : [studyInstanceUid],
  });
  const [first] = result.rows;
  return (
    first && {
      studyKey: first.study_key,
      facilityId: first.facility_id,
      revision: first.revision,
      instances: result.rows.map(toListed),
    }
  );
}

/** Rows of before these columns were there do not say how many samples a pixel has: three are most. */
const PIXEL_COLUMNS = `i.is_lossy, ceil(i.rows::numeric * i.columns * coalesce(i.samples_per_pixel, 3) * i.bits_allocated
  * coalesce(i.number_of_frames, 1) / 8)::float8 as decoded_bytes`;

interface PixelRow {
  is_lossy: boolean | null;
  decoded_bytes: number | null;
}

function toPixels({ is_lossy: isLossy, decoded_bytes: decodedLength }: PixelRow): PixelFacts {
  return { isLossy: isLossy ?? undefined, decodedLength: decodedLength ?? undefined };
}

interface ListRow extends PixelRow {
  study_key: number;
  facility_id: number;
  revision: number;
  series_key: number;
  series_instance_uid: string;
  sop_instance_uid: string;
  transfer_syntax_uid: string;
  has_pixel_data: boolean;
  sha256: Buffer;
  entry_length: number;
  crc_table_bytes: number;
  metadata_bytes: number;
}

function toListed(row: ListRow): ListedInstance {
  return {
    seriesKey: row.series_key,
    seriesInstanceUid: row.series_instance_uid,
    sopInstanceUid: row.sop_instance_uid,
    transferSyntaxUid: row.transfer_syntax_uid,
    hasPixelData: row.has_pixel_data,
    pixels: toPixels(row),
    sha256: row.sha256,
    entryLength: row.entry_length,
    crcTableBytes: row.crc_table_bytes,
    metadataBytes: row.metadata_bytes,
  };
}

/** One instance by its three UIDs; undefined unless all of them fit. */
export async function locateInstance(
  client: Queryable,
  path: Required<{ [Key in keyof InstanceScope]: string }>,
): Promise<LocatedInstance | undefined> {
  const result = await client.query<
    LocationRow & { facility_id: number; revision: number; row_version: string }
  >({
    name: 'locate-instance',
    keepsPlan: true,
    text: `select ${LOCATION_COLUMNS}, s.facility_id, e.revision, i.xmin as row_version
      from study s
      join instance i on i.study_key = s.study_key
      join series e on e.study_key = i.study_key and e.series_key = i.series_key
      join segment g on g.segment_id = i.segment_id
      where s.study_instance_uid = $1 and e.series_instance_uid = $2 and i.sop_instance_uid = $3 and i.state = 'active'`,
    values: [path.studyInstanceUid, path.seriesInstanceUid, path.sopInstanceUid],
  });
  const [row] = result.rows;
  if (row === undefined) return undefined;
  const { facility_id: facilityId, revision, row_version: rowVersion } = row;
  return { facilityId, revision, rowVersion, location: toLocation(row) };
}

/** Instances of a study by UID, in the order asked for; those that are not active any more are left out. */
export async function locateInstances(
  client: Queryable,
  studyKey: number,
  sopInstanceUids: readonly string[],
): Promise<InstanceLocation[]> {
  const result = await client.query<LocationRow>({
    name: 'locate-instances',
    keepsPlan: true,
    text: `select ${LOCATION_COLUMNS}
      from instance i
      join series e on e.study_key = i.study_key and e.series_key = i.series_key
      join segment g on g.segment_id = i.segment_id
      where i.study_key = $1 and i.sop_instance_uid = any ($2) and i.state = 'active'`,
    values: [studyKey, sopInstanceUids],
  });
  const byUid = new Map(result.rows.map((row) => [row.sop_instance_uid, toLocation(row)]));
  return sopInstanceUids.flatMap((uid) => byUid.get(uid) ?? []);
}

const LOCATION_COLUMNS = `i.study_key, i.series_key, e.series_instance_uid, i.sop_instance_uid, i.sop_class_uid,
  i.transfer_syntax_uid, i.sha256, i.segment_id, g.object_key, i.entry_offset, i.entry_length, i.crc32, i.pixel_data,
  i.bulk_data, i.ordinal, ${PIXEL_COLUMNS}`;

interface LocationRow extends PixelRow {
  study_key: number;
  series_key: number;
  series_instance_uid: string;
  sop_instance_uid: string;
  sop_class_uid: string;
  transfer_syntax_uid: string;
  sha256: Buffer;
  segment_id: string;
  object_key: string;
  entry_offset: number;
  entry_length: number;
  crc32: Buffer;
  pixel_data: PixelDataLayout | null;
  bulk_data: BulkElement[] | null;
  ordinal: number;
}

function toLocation(row: LocationRow): InstanceLocation {
  return {
    studyKey: row.study_key,
    seriesKey: row.series_key,
    seriesInstanceUid: row.series_instance_uid,
    sopInstanceUid: row.sop_instance_uid,
    sopClassUid: row.sop_class_uid,
    transferSyntaxUid: row.transfer_syntax_uid,
    sha256: row.sha256,
    segmentId: row.segment_id,
    objectKey: row.object_key,
    entryOffset: row.entry_offset,
    entryLength: row.entry_length,
    crc32: row.crc32,
    pixelData: row.pixel_data ?? undefined,
    pixels: toPixels(row),
    bulkData: row.bulk_data ?? [],
    ordinal: row.ordinal,
  };
}

/** Whether somebody has sent this instance again with other patient or study attributes, and nobody has decided yet. */
export async function hasProposedCorrection(client: Queryable, sopInstanceUid: string): Promise<boolean> {
  const result = await client.query<{ proposed: boolean }>({
    name: 'has-proposed-correction',
    text: `select exists (select from proposed_correction where sop_instance_uid = $1 and state = 'open') as proposed`,
    values: [sopInstanceUid],
  });
  return result.rows[0]?.proposed ?? false;
}

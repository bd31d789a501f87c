/** What is to be read again and when it was read last; and which instances lie where damage was found. */
import type { Database, Queryable } from './database.ts';

/** A segment as the database knows it, to be compared with its object. */
export interface SegmentToVerify {
  readonly segmentId: string;
  readonly objectKey: string;
  readonly sizeBytes: number;
  /** 32 bytes. */
  readonly receiptSha256: Buffer;
  /** What is on record of it. */
  readonly condition: Condition;
}

/** `whole` as far as anybody knows; `missing`: there is no object; `damaged`: its bytes are others than acknowledged. */
export type Condition = 'whole' | 'missing' | 'damaged';

/** A quarantine entry whose bytes are an object of their own. */
export interface QuarantineToVerify {
  readonly quarantineId: number;
  readonly objectKey: string;
  readonly sizeBytes: number;
  readonly sha256: Buffer;
  readonly condition: Condition;
}

/** What narrows a page of segments. */
export interface SegmentFilter {
  /** Those that were neither received nor verified at this time or later. */
  readonly before: Date;
  readonly studyInstanceUid?: string | undefined;
}

/** What counts: a superseded object only waits to be deleted. */
const COUNTS = `state in ('live', 'duplicate')`;
/** What would have to be brought back from the cold tier first is read when somebody has brought it back. */
const IS_READABLE = `(tier = 'hot' or not exists (select from cold_tier where needs_recall))`;
const COLUMNS = 'segment_id, object_key, size_bytes, receipt_sha256, condition';

/** Segments that were not read for longest, at most `limit`; `skip`: ids of some that are being read. */
export async function segmentsToVerify(
  client: Queryable,
  { before, studyInstanceUid }: SegmentFilter,
  { limit, skip = [] }: { readonly limit: number; readonly skip?: readonly string[] },
): Promise<SegmentToVerify[]> {
  const ofStudy = 'and study_key = (select study_key from study where study_instance_uid = $4)';
  const result = await client.query<SegmentRow>({
    text: `select ${COLUMNS} from segment where ${COUNTS} and ${IS_READABLE} and coalesce(verified_at, received_at) < $1
        and segment_id <> all ($2::uuid[]) ${studyInstanceUid === undefined ? '' : ofStudy}
      order by coalesce(verified_at, received_at), segment_id limit $3`,
    values: [before, skip, limit, ...(studyInstanceUid === undefined ? [] : [studyInstanceUid])],
  });
  return result.rows.map(toSegment);
}

/** Segments that are on record as missing or damaged, in the order of their ids, after `after`. */
export async function segmentsNotWhole(
  client: Queryable,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<SegmentToVerify[]> {
  const result = await client.query<SegmentRow>({
    name: 'segments-not-whole',
    text: `select ${COLUMNS} from segment where condition <> 'whole' and ${COUNTS} and ${IS_READABLE}
        and ($1::uuid is null or segment_id > $1) order by segment_id limit $2`,
    values: [after ?? null, limit],
  });
  return result.rows.map(toSegment);
}

/** One segment, if it still counts: neither superseded nor deleted. Within a transaction it stays so until its end. */
export async function findSegmentToVerify(
  client: Queryable,
  segmentId: string,
): Promise<SegmentToVerify | undefined> {
  const result = await client.query<SegmentRow>({
    name: 'find-segment-to-verify',
    text: `select ${COLUMNS} from segment where segment_id = $1 and ${COUNTS} for no key update`,
    values: [segmentId],
  });
  const [row] = result.rows;
  return row && toSegment(row);
}

/** Notes that every byte was read; what was found is recorded beside it. `since`: not earlier, whatever the clock says. */
export async function recordSegmentVerified(
  client: Queryable,
  segmentId: string,
  since: Date,
): Promise<void> {
  await client.query({
    name: 'record-segment-verified',
    text: 'update segment set verified_at = greatest(now(), $2) where segment_id = $1',
    values: [segmentId, since],
  });
}

/** Quarantine objects that were not read for longest, at most `limit`. */
export async function quarantineToVerify(
  client: Queryable,
  before: Date,
  limit: number,
): Promise<QuarantineToVerify[]> {
  const result = await client.query<{
    quarantine_id: number;
    object_key: string;
    entry_length: number;
    sha256: Buffer;
    condition: Condition;
  }>({
    name: 'quarantine-to-verify',
    text: `select quarantine_id, object_key, entry_length, sha256, condition from quarantine
      where segment_id is null and state = 'open' and coalesce(verified_at, received_at) < $1
      order by coalesce(verified_at, received_at), quarantine_id limit $2`,
    values: [before, limit],
  });
  return result.rows.map((row) => ({
    quarantineId: row.quarantine_id,
    objectKey: row.object_key,
    sizeBytes: row.entry_length,
    sha256: row.sha256,
    condition: row.condition,
  }));
}

/** Notes that a quarantine object was read, and how it was. False: it is no open entry's any more. */
export async function recordQuarantineVerified(
  client: Queryable,
  { quarantineId, objectKey }: Pick<QuarantineToVerify, 'quarantineId' | 'objectKey'>,
  condition: Condition,
  since: Date,
): Promise<boolean> {
  const result = await client.query({
    name: 'record-quarantine-verified',
    text: `update quarantine set verified_at = greatest(now(), $4), condition = $3
      where quarantine_id = $1 and object_key = $2 and segment_id is null and state = 'open'`,
    values: [quarantineId, objectKey, condition, since],
  });
  return result.rowCount === 1;
}

/** An instance, and the entry of the segment that it is. */
export interface InstanceInSegment {
  readonly ordinal: number;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
}

/** The instances of these entries of a segment, or of all, in their order. */
export async function instancesInSegment(
  client: Queryable,
  segmentId: string,
  ordinals: readonly number[] | 'all',
): Promise<InstanceInSegment[]> {
  const result = await client.query<{
    ordinal: number;
    study_instance_uid: string;
    series_instance_uid: string;
    sop_instance_uid: string;
  }>({
    name: 'instances-in-segment',
    text: `select i.ordinal, t.study_instance_uid, e.series_instance_uid, i.sop_instance_uid from instance i
      join study t on t.study_key = i.study_key
      join series e on e.study_key = i.study_key and e.series_key = i.series_key
      where i.segment_id = $1 and ($2::integer[] is null or i.ordinal = any ($2)) order by i.ordinal`,
    values: [segmentId, ordinals === 'all' ? null : ordinals],
  });
  return result.rows.map((row) => ({
    ordinal: row.ordinal,
    studyInstanceUid: row.study_instance_uid,
    seriesInstanceUid: row.series_instance_uid,
    sopInstanceUid: row.sop_instance_uid,
  }));
}

/** Any constant: one process reads in the background, so that the rate is that of the archive. */
const FIXITY_LOCK = 7_214_011;

/** Runs `work` unless another process is at it; undefined then. The lock goes with the connection if the process dies. */
export async function asOnlyFixityCheck<Result>(
  database: Database,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  return database.inTransaction(async (client) => {
    const locked = await client.query<{ is_ours: boolean }>({
      text: 'select pg_try_advisory_xact_lock($1) as is_ours',
      values: [FIXITY_LOCK],
    });
    if (locked.rows[0]?.is_ours !== true) return undefined;
    // The work reads a segment, at the set rate, however long that takes; this transaction holds no row and no snapshot.
    await client.query({ text: 'set local idle_in_transaction_session_timeout = 0' });
    return work();
  });
}

/** The time by the database's clock, which all processes share. */
export async function databaseTime(client: Queryable): Promise<Date> {
  const result = await client.query<{ now: Date }>({ text: 'select now() as now' });
  const [row] = result.rows;
  if (row === undefined) throw new TypeError('select without from has one row');
  return row.now;
}

interface SegmentRow {
  segment_id: string;
  object_key: string;
  size_bytes: number;
  receipt_sha256: Buffer;
  condition: Condition;
}

function toSegment(row: SegmentRow): SegmentToVerify {
  return {
    segmentId: row.segment_id,
    objectKey: row.object_key,
    sizeBytes: row.size_bytes,
    receiptSha256: row.receipt_sha256,
    condition: row.condition,
  };
}

/** Which series wait to be joined into fewer segments, and who is at it. What is joined: packages/indexing. */
import type { Database, Queryable } from './database.ts';

/** A series, by its keys. */
export interface SeriesKey {
  readonly studyKey: number;
  readonly seriesKey: number;
}

/** A series that this process has taken on, until {@link finishCompaction} or {@link releaseCompaction}. */
export interface CompactionClaim extends SeriesKey {
  /** When another process may take it up, as PostgreSQL writes it: it names the claim. */
  readonly until: string;
  /** For how long it could have been taken on. */
  readonly overdueSeconds: number;
}

/** A segment that could be joined with others. */
export interface CompactableSegment {
  readonly segmentId: string;
  readonly objectKey: string;
  readonly sizeBytes: number;
  /** Instances in it. */
  readonly entries: number;
  readonly receivedAt: Date;
  /** How often it was copied without doubling in size. */
  readonly copiedForLittle: number;
}

/** Looked at in one pass over the queue. */
const DUE_SEGMENTS = 256;
const DUE_SERIES = 64;

/** Any constant: the space of advisory locks in which series keys are. */
const SERIES_LOCK = 7_214_008;

/**
 * Takes the next series to which nothing came for `quietSeconds`, if no other process has it. Segments that are alone in
 * their series, or that another one will be followed by, leave the queue on the way: the last one of a series leads to
 * all of them.
 */
export async function claimDueSeries(
  database: Database,
  { quietSeconds, leaseSeconds }: { readonly quietSeconds: number; readonly leaseSeconds: number },
): Promise<CompactionClaim | undefined> {
  await dropLoneSegments(database, quietSeconds);
  const due = await database.query<{ study_key: number; series_key: number }>({
    name: 'due-series',
    text: `select distinct on (study_key, series_key) study_key, series_key from (
        select study_key, series_key from segment where compact_due <= now() - make_interval(secs => $1)
        order by compact_due limit $2) as oldest`,
    values: [quietSeconds, DUE_SERIES],
  });
  for (const row of due.rows) {
    const series = { studyKey: row.study_key, seriesKey: row.series_key };
    const claim = await claimSeries(database, series, { quietSeconds, leaseSeconds });
    if (claim !== undefined) return claim;
  }
  return undefined;
}

/** Most segments come alone, and need nothing more. */
async function dropLoneSegments(client: Queryable, quietSeconds: number): Promise<void> {
  await client.query({
    name: 'drop-lone-segments',
    text: `with due as (
        select segment_id, study_key, series_key, state from segment
        where compact_due <= now() - make_interval(secs => $1) order by compact_due limit $2 for update skip locked)
      update segment g set compact_due = null from due
      where g.segment_id = due.segment_id and (due.state <> 'live' or not exists (
        select from segment o where o.study_key = due.study_key and o.series_key = due.series_key
          and o.segment_id <> due.segment_id and o.state = 'live'))`,
    values: [quietSeconds, DUE_SEGMENTS],
  });
}

/**
 * Takes on a series to which nothing came for `quietSeconds`; undefined if something did, or another process has it.
 * `quietSeconds` 0: whatever came, and also a series that nobody waits for.
 */
export async function claimSeries(
  database: Database,
  { studyKey, seriesKey }: SeriesKey,
  { quietSeconds, leaseSeconds }: { readonly quietSeconds: number; readonly leaseSeconds: number },
): Promise<CompactionClaim | undefined> {
  return database.inTransaction(async (client) => {
    const lock = await client.query<{ locked: boolean }>({
      name: 'lock-series-for-compaction',
      text: 'select pg_try_advisory_xact_lock($1, hashint8($2)) as locked',
      values: [SERIES_LOCK, seriesKey],
    });
    if (lock.rows[0]?.locked !== true) return undefined;
    const waiting = await client.query<{ is_quiet: boolean; overdue: number | null }>({
      name: 'is-series-quiet',
      text: `select coalesce(max(compact_due) <= now() - make_interval(secs => $3), $3 = 0) as is_quiet,
          extract(epoch from now() - max(compact_due))::float8 - $3::float8 as overdue
        from segment where study_key = $1 and series_key = $2 and compact_due is not null`,
      values: [studyKey, seriesKey, quietSeconds],
    });
    const { is_quiet: isQuiet = false, overdue } = waiting.rows[0] ?? {};
    // One segment in the queue leads to the whole series: the one that came last, or that with the claim.
    await client.query({
      name: 'drop-earlier-segments',
      text: `update segment set compact_due = null
        where study_key = $1 and series_key = $2 and compact_due <= now() - make_interval(secs => $3)`,
      values: [studyKey, seriesKey, quietSeconds],
    });
    if (!isQuiet) return undefined;
    const until = await markClaimed(client, { studyKey, seriesKey }, leaseSeconds);
    return until === undefined ? undefined : { studyKey, seriesKey, until, overdueSeconds: overdue ?? 0 };
  });
}

async function markClaimed(
  client: Queryable,
  { studyKey, seriesKey }: SeriesKey,
  leaseSeconds: number,
): Promise<string | undefined> {
  const marked = await client.query<{ until: string }>({
    name: 'claim-series',
    text: `update segment set compact_due = now() + make_interval(secs => $3)
      where segment_id = (select segment_id from segment
        where study_key = $1 and series_key = $2 and state = 'live' order by received_at desc, segment_id desc limit 1)
      returning compact_due::text as until`,
    values: [studyKey, seriesKey, leaseSeconds],
  });
  return marked.rows[0]?.until;
}

/** Keeps a claim for longer. Undefined: it has run out, and another process may be at the series. */
export async function renewClaim(
  client: Queryable,
  claim: CompactionClaim,
  leaseSeconds: number,
): Promise<CompactionClaim | undefined> {
  const renewed = await client.query<{ until: string }>({
    name: 'renew-claim',
    text: `update segment set compact_due = now() + make_interval(secs => $4)
      where study_key = $1 and series_key = $2 and compact_due = $3::timestamptz returning compact_due::text as until`,
    values: [claim.studyKey, claim.seriesKey, claim.until, leaseSeconds],
  });
  const [row] = renewed.rows;
  return row && { ...claim, until: row.until };
}

/** There is nothing more to do in the series until something comes to it. */
export async function finishCompaction(client: Queryable, claim: CompactionClaim): Promise<void> {
  await client.query({
    name: 'finish-compaction',
    text: `update segment set compact_due = null
      where study_key = $1 and series_key = $2 and compact_due = $3::timestamptz`,
    values: [claim.studyKey, claim.seriesKey, claim.until],
  });
}

/** Gives the series back to the queue: its turn comes again as if something had come to it now. */
export async function releaseCompaction(client: Queryable, claim: CompactionClaim): Promise<void> {
  await client.query({
    name: 'release-compaction',
    text: `update segment set compact_due = now()
      where study_key = $1 and series_key = $2 and compact_due = $3::timestamptz`,
    values: [claim.studyKey, claim.seriesKey, claim.until],
  });
}

/** Segments of a series that may be joined, as they came; damaged ones are not among them. */
export interface SeriesSegments {
  readonly segments: readonly CompactableSegment[];
  /** Something in the series waits for a verdict: not yet. */
  readonly isVerdictDue: boolean;
}

/** The oldest `limit` segments of a series below `maximumBytes` that are in use and not in the cold tier. */
export async function readCompactableSegments(
  client: Queryable,
  { studyKey, seriesKey }: SeriesKey,
  { maximumBytes, limit }: { readonly maximumBytes: number; readonly limit: number },
): Promise<SeriesSegments> {
  const result = await client.query<{
    segment_id: string;
    object_key: string;
    size_bytes: number;
    entries: number;
    received_at: Date;
    copied_for_little: number;
    verdicts_due: boolean;
  }>({
    name: 'compactable-segments',
    text: `select segment_id, object_key, size_bytes, entries, received_at, copied_for_little, verdicts_due from segment
      where study_key = $1 and series_key = $2 and state = 'live' and condition = 'whole' and tier = 'hot' and size_bytes < $3
      order by received_at, segment_id limit $4`,
    values: [studyKey, seriesKey, maximumBytes, limit],
  });
  return {
    isVerdictDue: result.rows.some((row) => row.verdicts_due),
    segments: result.rows.map((row) => ({
      segmentId: row.segment_id,
      objectKey: row.object_key,
      sizeBytes: row.size_bytes,
      entries: row.entries,
      receivedAt: row.received_at,
      copiedForLittle: row.copied_for_little,
    })),
  };
}

/** A series as the administrator is told of it. */
export interface ListedSeries extends SeriesKey {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  /** Segments in use. */
  readonly segments: number;
}

/** Series with more than one segment in use, of one study or of all, after a series in the order of their keys. */
export async function listFragmentedSeries(
  client: Queryable,
  {
    studyInstanceUid,
    after,
  }: { readonly studyInstanceUid?: string | undefined; readonly after?: SeriesKey | undefined },
  limit: number,
): Promise<ListedSeries[]> {
  const result = await client.query<{
    study_key: number;
    series_key: number;
    study_instance_uid: string;
    series_instance_uid: string;
    segments: number;
  }>({
    name: `list-fragmented-series${studyInstanceUid === undefined ? '' : '-of-study'}`,
    text: `select g.study_key, g.series_key, s.study_instance_uid, e.series_instance_uid, g.segments from (
        select study_key, series_key, count(*)::int as segments from segment
        where state = 'live' and tier = 'hot' and (study_key, series_key) > ($1, $2)
          ${studyInstanceUid === undefined ? '' : 'and study_key = (select study_key from study where study_instance_uid = $4)'}
        group by study_key, series_key having count(*) > 1 order by study_key, series_key limit $3) g
      join study s on s.study_key = g.study_key
      join series e on e.study_key = g.study_key and e.series_key = g.series_key
      order by g.study_key, g.series_key`,
    values: [
      after?.studyKey ?? 0,
      after?.seriesKey ?? 0,
      limit,
      ...(studyInstanceUid === undefined ? [] : [studyInstanceUid]),
    ],
  });
  return result.rows.map((row) => ({
    studyKey: row.study_key,
    seriesKey: row.series_key,
    studyInstanceUid: row.study_instance_uid,
    seriesInstanceUid: row.series_instance_uid,
    segments: row.segments,
  }));
}

/** Series that are due, counted up to `limit` waiting segments. */
export async function countDueSeries(
  client: Queryable,
  quietSeconds: number,
  limit: number,
): Promise<number> {
  const result = await client.query<{ series: number }>({
    name: 'count-due-series',
    text: `select count(distinct (study_key, series_key))::int as series from (
        select study_key, series_key from segment where compact_due <= now() - make_interval(secs => $1) limit $2) as due`,
    values: [quietSeconds, limit],
  });
  return result.rows[0]?.series ?? 0;
}

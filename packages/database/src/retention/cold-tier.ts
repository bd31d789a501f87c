/** Which segments lie in the cold tier. Where bytes lie is the stores' to say: these rows follow, and reconcile corrects them. */
import type { Database, Queryable } from '../database.ts';
import { rows } from '../read-rows.ts';
import { queueObjectLock } from './lock-rounds.ts';
import { forgetObjectLock } from './object-locks.ts';

/** The cold tier as the database knows it. */
export interface ColdTierRow {
  /** Where it is; no credential is part of it. */
  readonly target: string;
  /** Its objects cannot be read before they are brought back. */
  readonly needsRecall: boolean;
}

/** Undefined if there never was one. */
export async function readColdTier(client: Queryable): Promise<ColdTierRow | undefined> {
  const [row] = await rows<ColdTierRow>(
    client,
    'select target, needs_recall as "needsRecall" from cold_tier',
  );
  return row;
}

/** Tells the database which cold tier is configured; returns what was known before. */
export async function enterColdTier(database: Database, tier: ColdTierRow): Promise<ColdTierRow | undefined> {
  const before = await readColdTier(database);
  if (before?.target === tier.target && before.needsRecall === tier.needsRecall) return before;
  await database.query({
    text: `insert into cold_tier (target, needs_recall) values ($1, $2)
      on conflict (is_only_row) do update set target = $1, needs_recall = $2, since = now()`,
    values: [tier.target, tier.needsRecall],
  });
  return before;
}

/** Whether anything lies in the cold tier. */
export async function hasColdSegments(client: Queryable): Promise<boolean> {
  const [row] = await rows<{ found: boolean }>(
    client,
    `select exists (select from segment where tier = 'cold' and state <> 'deleted') as found`,
  );
  return row?.found === true;
}

/** A segment of a study that is to be moved. */
export interface TieredSegment {
  readonly segmentId: string;
  readonly objectKey: string;
  readonly sizeBytes: number;
  readonly receiptSha256: Buffer;
  readonly tier: 'hot' | 'cold';
  /** Why it is not moved now: it will be joined, judged, copied to the replica or repaired first. */
  readonly obstacle: MoveObstacle | undefined;
}

/** See {@link TieredSegment}. */
export type MoveObstacle = 'compaction' | 'verdicts' | 'replication' | 'damage';

/** Compaction has it in its queue, and is not switched off. */
const IS_JOINED_SOON = `(compact_due is not null and compact_due > now() - interval '1 day')`;

/** Why a segment is not moved now; null: it can be. `hasReplica` is SQL. */
const obstacleIf = (hasReplica: string) => `case when condition <> 'whole' then 'damage'
  when verdicts_due or state = 'duplicate' then 'verdicts'
  when ${IS_JOINED_SOON} then 'compaction'
  when ${hasReplica} and replicated_at is null then 'replication' end`;

/** The segments in use of a study, oldest first. `hasReplica`: one that the replica lacks stays until it has it. */
export function tieredSegments(
  client: Queryable,
  studyInstanceUid: string,
  { hasReplica }: { readonly hasReplica: boolean },
): Promise<TieredSegment[]> {
  return rows<TieredSegment>(
    client,
    `select segment_id as "segmentId", object_key as "objectKey", size_bytes as "sizeBytes",
        receipt_sha256 as "receiptSha256", tier,
        ${obstacleIf('$2')} as obstacle
      from segment
      where study_key = (select study_key from study where study_instance_uid = $1) and state in ('live', 'duplicate')
      order by received_at, segment_id`,
    [studyInstanceUid, hasReplica],
  );
}

/** A study of which something is hot. */
export interface HotStudy {
  readonly studyInstanceUid: string;
  /** Of its hot segments that can be moved now; 0: none can. */
  readonly bytes: number;
  /** Its hot segments that cannot, by reason. */
  readonly waiting: Readonly<Partial<Record<MoveObstacle, number>>>;
  /** Something of it was brought back at the given time or later. */
  readonly isRecalled: boolean;
}

/** Those of the studies. */
export function hotStudies(
  client: Queryable,
  studyInstanceUids: readonly string[],
  { recalledSince, hasReplica }: { readonly recalledSince: Date; readonly hasReplica: boolean },
): Promise<HotStudy[]> {
  return rows<HotStudy>(
    client,
    `select uid as "studyInstanceUid", coalesce(sum(bytes) filter (where obstacle is null), 0)::float8 as bytes,
        coalesce(jsonb_object_agg(obstacle, segments) filter (where obstacle is not null), '{}') as waiting,
        bool_or(is_recalled) as "isRecalled"
      from (select s.study_instance_uid as uid, o.obstacle, count(*) as segments, sum(g.size_bytes) as bytes,
          coalesce(bool_or(g.tier_since >= $2), false) as is_recalled
        from study s join segment g on g.study_key = s.study_key
          cross join lateral (select ${obstacleIf('$3')} as obstacle) o
        where s.study_instance_uid = any ($1) and g.tier = 'hot' and g.state in ('live', 'duplicate')
        group by 1, 2) parts
      group by uid order by uid`,
    [studyInstanceUids, recalledSince, hasReplica],
  );
}

/**
 * What a copy was good for: `noted`; `changed`: the segment was rewritten meanwhile, or its damage was found, and the copy
 * goes with it; `disposed`: nobody deletes the copy but who made it.
 */
export type CopyOutcome = 'noted' | 'changed' | 'disposed';

/** Until the store lets it go, nobody has to try. */
const HOT_COPY_GRACE_BEGINS = `greatest(now(), (select l.retained_until from object_lock l
  where l.segment_id = segment.segment_id and l.place = 'store'))`;

/** Notes that a verified copy lies in the cold tier, beside the hot one, which goes when its grace has passed. */
export function recordMovedToCold(database: Database, segmentId: string): Promise<CopyOutcome> {
  return database.inTransaction(async (client) => {
    const held = await lockCopied(client, segmentId);
    if (held === undefined) return 'disposed';
    if (held.tier === 'cold') return 'noted';
    const moved = await client.query({
      name: 'record-moved-to-cold',
      text: `update segment set tier = 'cold', tier_since = now(), hot_copy_since = ${HOT_COPY_GRACE_BEGINS},
          verified_at = now(), compact_due = null
        where segment_id = $1 and state = 'live' and condition = 'whole' and not ${IS_JOINED_SOON}`,
      values: [segmentId],
    });
    if (moved.rowCount !== 1) return 'changed';
    // The hot copy waits until this one is locked as it is.
    await queueObjectLock(client, { segmentId, place: 'cold' });
    return 'noted';
  });
}

/** The segment of which a copy was made; undefined: its bytes are disposed of. It stays so until the transaction ends. */
export async function lockCopied(
  client: Queryable,
  segmentId: string,
): Promise<{ readonly tier: 'hot' | 'cold' } | undefined> {
  const [held] = await rows<{ tier: 'hot' | 'cold' }>(
    client,
    `select tier from segment where segment_id = $1 and state <> 'deleted'
      and not exists (select from disposition_object o where o.object_key = segment.object_key) for update`,
    [segmentId],
  );
  return held;
}

/** A cold segment that the hot store still has. */
export interface HotCopy {
  readonly segmentId: string;
  readonly objectKey: string;
  readonly sizeBytes: number;
}

/** What became of a hot copy: `gone`; `stays`: the cold tier has not what it should have, so the segment is hot again. */
export type HotCopyEnd = 'gone' | 'stays';

/**
 * Takes the oldest hot copy whose grace has passed, if no other process has it, and has it deleted while the row is held:
 * nobody brings the segment back meanwhile. One whose cold copy is still to be locked waits. Returns whether there was one.
 * What `work` throws leaves it for later.
 */
export function endNextHotCopy(
  database: Database,
  graceSeconds: number,
  work: (copy: HotCopy) => Promise<HotCopyEnd>,
): Promise<boolean> {
  return database.inTransaction(async (client) => {
    const [copy] = await rows<HotCopy>(
      client,
      `select segment_id as "segmentId", object_key as "objectKey", size_bytes as "sizeBytes" from segment
        where hot_copy_since <= now() - make_interval(secs => $1) and tier = 'cold' and state = 'live'
          and recall_due is null
          and not exists (select from object_lock_due d where d.study_key = segment.study_key)
        order by hot_copy_since limit 1 for update skip locked`,
      [graceSeconds],
    );
    if (copy === undefined) return false;
    await client.query({ text: 'set local idle_in_transaction_session_timeout = 0' });
    const end = await work(copy);
    await client.query({
      text: `update segment set hot_copy_since = null,
          tier = case when $2 then 'hot' else tier end, tier_since = case when $2 then now() else tier_since end
        where segment_id = $1`,
      values: [copy.segmentId, end === 'stays'],
    });
    await forgetObjectLock(client, {
      segmentId: copy.segmentId,
      place: end === 'stays' ? 'cold' : 'store',
    });
    if (end === 'stays') await queueObjectLock(client, { segmentId: copy.segmentId, place: 'store' });
    return true;
  });
}

/** Puts a hot copy off whose deletion failed: as if its grace began now, or when the store retains it no longer. */
export async function postponeHotCopy(client: Queryable, segmentId: string): Promise<void> {
  await client.query({
    text: `update segment set hot_copy_since = ${HOT_COPY_GRACE_BEGINS}
      where segment_id = $1 and hot_copy_since is not null`,
    values: [segmentId],
  });
}

/** Where the stores were seen to have objects. */
export interface SeenTiers {
  /** Keys that only the cold tier has. */
  readonly cold: readonly string[];
  /** Keys that the hot store has. */
  readonly hot: readonly string[];
}

/** Corrects rows that say something else: of a rebuilt or restored index. Returns how many. */
export async function settleTiers(client: Queryable, { cold, hot }: SeenTiers): Promise<number> {
  const result = await client.query<{ settled: number }>({
    name: 'settle-tiers',
    text: `with moved as (
        update segment set tier = 'cold', tier_since = now()
        where object_key = any ($1) and state <> 'deleted' and tier = 'hot' returning 1),
      copies as (
        update segment set hot_copy_since = now()
        where object_key = any ($2) and state <> 'deleted' and tier = 'cold' and hot_copy_since is null returning 1)
      select (select count(*) from moved) + (select count(*) from copies) as settled`,
    values: [cold, hot],
  });
  return result.rows[0]?.settled ?? 0;
}

/** What waits, by indexes that hold nothing else. */
export async function countColdWork(
  client: Queryable,
): Promise<Pick<ColdTierCounts, 'recallsWaiting' | 'hotCopies'>> {
  const [row] = await rows<Pick<ColdTierCounts, 'recallsWaiting' | 'hotCopies'>>(
    client,
    `select (select count(*) from segment where recall_due is not null) as "recallsWaiting",
      (select count(*) from segment where hot_copy_since is not null) as "hotCopies"`,
  );
  if (row === undefined) throw new TypeError('select without from has one row');
  return row;
}

/** How much lies where. */
export interface ColdTierCounts {
  readonly hotSegments: number;
  readonly hotBytes: number;
  readonly coldSegments: number;
  readonly coldBytes: number;
  /** Cold ones that somebody wants back. */
  readonly recallsWaiting: number;
  /** Cold ones that the hot store still has. */
  readonly hotCopies: number;
  readonly hotCopyBytes: number;
}

/** Counts everything in use, by looking at every segment: for people who ask. */
export async function countTiers(client: Queryable): Promise<ColdTierCounts> {
  const [row] = await rows<ColdTierCounts>(
    client,
    `select count(*) filter (where tier = 'hot') as "hotSegments",
        coalesce(sum(size_bytes) filter (where tier = 'hot'), 0)::float8 as "hotBytes",
        count(*) filter (where tier = 'cold') as "coldSegments",
        coalesce(sum(size_bytes) filter (where tier = 'cold'), 0)::float8 as "coldBytes",
        count(*) filter (where recall_due is not null) as "recallsWaiting",
        count(*) filter (where hot_copy_since is not null) as "hotCopies",
        coalesce(sum(size_bytes) filter (where hot_copy_since is not null), 0)::float8 as "hotCopyBytes"
      from segment where state in ('live', 'duplicate')`,
  );
  if (row === undefined) throw new TypeError('an aggregate has one row');
  return row;
}

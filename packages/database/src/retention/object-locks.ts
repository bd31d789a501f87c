/** What the store was told to keep, by segment, and how far the comparison with holds and schedules has come. */
import type { Cursor } from '../change-feed.ts';
import type { Queryable } from '../database.ts';
import { rows } from '../read-rows.ts';

/** An object with its lock, as far as the index knows it. */
export interface LockedSegment {
  readonly segmentId: string;
  readonly objectKey: string;
  readonly hasLegalHold: boolean;
  readonly retainedUntil: Date | undefined;
  /** False: superseded, its content is verified elsewhere. */
  readonly isLive: boolean;
  /** It will hardly be joined with others any more. */
  readonly isAtRest: boolean;
}

/** Days after which a segment is at rest whatever waits for it: where nothing is compacted, something always does. */
const REST_DAYS = 7;

const IS_LIVE = `g.state in ('live', 'duplicate')`;
/** The store has its object: what lies in the cold tier alone cannot be locked here. */
const LIES_HERE = `g.state <> 'deleted' and (g.tier = 'hot' or g.hot_copy_since is not null)`;
const IS_AT_REST = `(g.compact_due is null or g.received_at < now() - make_interval(days => ${REST_DAYS}))`;

/** Any constant: the space of advisory locks in which studies are. */
const STUDY_LOCKS = 7_214_019;

/**
 * The objects of a study, live ones first; until the transaction ends nobody else changes their locks. Undefined: no such
 * study.
 */
export async function claimLocksOfStudy(
  client: Queryable,
  studyInstanceUid: string,
): Promise<LockedSegment[] | undefined> {
  const [study] = await rows<{ studyKey: number }>(
    client,
    'select study_key as "studyKey" from study where study_instance_uid = $1',
    [studyInstanceUid],
  );
  if (study === undefined) return undefined;
  // Of keys that are equal modulo 2^32 one waits for the other, to no harm.
  await client.query({
    name: 'claim-locks-of-study',
    text: 'select pg_advisory_xact_lock($1, hashint8($2))',
    values: [STUDY_LOCKS, study.studyKey],
  });
  return rows<LockedSegment>(
    client,
    `select g.segment_id as "segmentId", g.object_key as "objectKey", g.has_legal_hold as "hasLegalHold",
        g.retained_until as "retainedUntil", ${IS_LIVE} as "isLive", ${IS_AT_REST} as "isAtRest"
      from segment g where g.study_key = $1 and ${LIES_HERE} order by ${IS_LIVE} desc, g.object_key`,
    [study.studyKey],
  );
}

/** Notes what the store keeps from now on. */
export async function recordObjectLock(
  client: Queryable,
  { segmentId, hasLegalHold, retainedUntil }: Omit<LockedSegment, 'objectKey' | 'isLive' | 'isAtRest'>,
): Promise<void> {
  await client.query({
    name: 'record-object-lock',
    text: 'update segment set has_legal_hold = $2, retained_until = $3 where segment_id = $1',
    values: [segmentId, hasLegalHold, retainedUntil ?? null],
  });
}

/**
 * Notes that the store has said that it keeps these objects: an index that was rebuilt does not know it. The hold is taken
 * off when nothing asks for it.
 */
export async function noteLockedObjects(client: Queryable, objectKeys: readonly string[]): Promise<void> {
  await client.query({
    name: 'note-locked-objects',
    text: `update segment set has_legal_hold = true
      where object_key = any ($1) and state <> 'deleted' and not has_legal_hold`,
    values: [objectKeys],
  });
}

/** The locks of a study's objects, taken together. */
export interface StudyLocks {
  readonly studyInstanceUid: string;
  readonly someHeld: boolean;
  /** An object is held whose content was taken to another one. */
  readonly someHeldForNothing: boolean;
  /** Every live object is held. */
  readonly allHeld: boolean;
  /** A live object that is at rest is retained until nothing, or not longer than this; undefined: there is none at rest. */
  readonly leastRetained: Date | 'not-retained' | undefined;
}

/** Of these studies. */
export async function locksOfStudies(
  client: Queryable,
  studyInstanceUids: readonly string[],
): Promise<StudyLocks[]> {
  const found = await rows<{
    studyInstanceUid: string;
    someHeld: boolean;
    someHeldForNothing: boolean;
    allHeld: boolean;
    someNotRetained: boolean | undefined;
    leastRetained: Date | undefined;
  }>(
    client,
    `select s.study_instance_uid as "studyInstanceUid", bool_or(g.has_legal_hold) as "someHeld",
        bool_or(g.has_legal_hold and not (${IS_LIVE})) as "someHeldForNothing",
        coalesce(bool_and(g.has_legal_hold) filter (where ${IS_LIVE}), true) as "allHeld",
        bool_or(g.retained_until is null) filter (where ${IS_LIVE} and ${IS_AT_REST}) as "someNotRetained",
        min(g.retained_until) filter (where ${IS_LIVE} and ${IS_AT_REST}) as "leastRetained"
      from study s join segment g on g.study_key = s.study_key and ${LIES_HERE}
      where s.study_instance_uid = any ($1) group by s.study_instance_uid`,
    [studyInstanceUids],
  );
  return found.map(({ someNotRetained, leastRetained, ...locks }) => ({
    ...locks,
    leastRetained: someNotRetained === true ? 'not-retained' : leastRetained,
  }));
}

/** How far the comparison has come. */
export interface ObjectLockState {
  /** The change feed was read so far; undefined: nothing was compared yet. */
  readonly cursor: Cursor | undefined;
  /** All studies have to be asked: holds or schedules are others, or a day has passed. */
  readonly isPassDue: boolean;
  /** For {@link recordLockPass}. */
  readonly decisions: number;
}

/** Each decision on holds and schedules raises it. */
const DECISIONS = `(select count(*) + count(released_at) from legal_hold)
  + (select count(adopted_at) from retention_schedule)`;

export async function readObjectLockState(client: Queryable): Promise<ObjectLockState> {
  const [row] = await rows<{ epoch?: number; position?: number; decisions: number; isPassDue: boolean }>(
    client,
    `select o.epoch, o.position, d.decisions, (o.only_row is null or o.decisions_seen <> d.decisions
        or o.pass_ended_at < now() - interval '1 day') as "isPassDue"
      from (select ${DECISIONS} as decisions) d left join object_lock_state o on true`,
  );
  if (row === undefined) throw new TypeError('a left join of one row has one row');
  const { epoch, position, decisions, isPassDue } = row;
  const cursor = epoch === undefined || position === undefined ? undefined : { epoch, position };
  return { cursor, isPassDue, decisions };
}

/** Notes that the changes up to the cursor were looked at. */
export async function advanceObjectLockCursor(client: Queryable, { epoch, position }: Cursor): Promise<void> {
  await client.query({
    name: 'advance-object-lock-cursor',
    text: 'update object_lock_state set epoch = $1, position = $2',
    values: [epoch, position],
  });
}

/** Notes that all studies were asked by what these decisions say. `cursor`: where the feed was before. */
export async function recordLockPass(
  client: Queryable,
  { decisions, cursor }: { readonly decisions: number; readonly cursor: Cursor },
): Promise<void> {
  await client.query({
    name: 'record-lock-pass',
    text: `insert into object_lock_state (epoch, position, decisions_seen, pass_ended_at) values ($1, $2, $3, now())
      on conflict (only_row) do update set decisions_seen = $3, pass_ended_at = now()`,
    values: [cursor.epoch, cursor.position, decisions],
  });
}

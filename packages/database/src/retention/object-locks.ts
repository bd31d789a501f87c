/** What each store was told to keep, object by object, as far as the index knows it. */
import type { Queryable } from '../database.ts';
import { rows } from '../read-rows.ts';

/** Where an object may lie and be locked: the store, the cold tier behind it, the replica. */
export type LockPlace = 'store' | 'cold' | 'replica';

/**
 * What an object is to its study: `in-use`: its bytes are these; `leaving`: it is in use in the cold tier, and the store
 * has it until readers are done; `spare`: a copy that the cold tier has kept of what was brought back; `given-up`: a purge
 * deletes it, unless a hold comes in between; `superseded`: its content is verified elsewhere.
 */
export type LockRole = 'in-use' | 'leaving' | 'spare' | 'given-up' | 'superseded';

/** The lock of one object in one place, or of several that are alike. */
export interface KnownLock {
  readonly place: LockPlace;
  readonly role: LockRole;
  /** It will hardly be joined with others any more. */
  readonly isAtRest: boolean;
  readonly hasLegalHold: boolean;
  readonly retainedUntil: Date | undefined;
}

/** One object in one place. */
export interface LockedObject extends KnownLock {
  readonly segmentId: string;
  readonly objectKey: string;
}

/** Days after which a segment is at rest whatever waits for it: where nothing is compacted, something always does. */
const REST_DAYS = 7;

const IS_AT_REST = `(g.compact_due is null or g.received_at < now() - make_interval(days => ${REST_DAYS}))`;

/** Segments `g`, once for each place `p` where their object lies or is known to be held, with its lock `l`. */
const LOCKS = `segment g
  cross join lateral (values
    ('store', g.state <> 'deleted' and (g.tier = 'hot' or g.hot_copy_since is not null)),
    ('cold', g.state <> 'deleted' and g.tier = 'cold'),
    ('replica', g.state <> 'deleted' and g.replicated_at is not null)) p (place, has_it)
  left join object_lock l on l.segment_id = g.segment_id and l.place = p.place`;
const IS_THERE = `(p.has_it or l.has_legal_hold)`;
const HAS_LEGAL_HOLD = 'coalesce(l.has_legal_hold, false)';
const ROLE = `case
  when exists (select from disposition_object o where o.object_key = g.object_key and o.gone_at is null) then 'given-up'
  when g.state not in ('live', 'duplicate') then 'superseded'
  when not p.has_it then 'spare'
  when p.place = 'store' and g.tier = 'cold' then 'leaving'
  else 'in-use' end`;

/** Any constant: the space of advisory locks in which studies are. */
const STUDY_LOCKS = 7_214_019;

/**
 * The objects of a study in these places; until the transaction ends nobody else changes their locks. Undefined: no such
 * study.
 */
export async function claimLocksOfStudy(
  client: Queryable,
  studyInstanceUid: string,
  places: readonly LockPlace[],
): Promise<LockedObject[] | undefined> {
  const [study] = await rows<{ studyKey: number }>(
    client,
    'select study_key as "studyKey" from study where study_instance_uid = $1',
    [studyInstanceUid],
  );
  if (study === undefined) return undefined;
  // The stores may be slow; nothing else is held.
  await client.query({ text: 'set local idle_in_transaction_session_timeout = 0' });
  // Of keys that are equal modulo 2^32 one waits for the other, to no harm.
  await client.query({
    name: 'claim-locks-of-study',
    text: 'select pg_advisory_xact_lock($1, hashint8($2))',
    values: [STUDY_LOCKS, study.studyKey],
  });
  return rows<LockedObject>(
    client,
    `select g.segment_id as "segmentId", g.object_key as "objectKey", p.place, ${ROLE} as role,
        ${IS_AT_REST} as "isAtRest", ${HAS_LEGAL_HOLD} as "hasLegalHold", l.retained_until as "retainedUntil"
      from ${LOCKS} where g.study_key = $1 and p.place = any ($2) and ${IS_THERE} order by g.object_key, p.place`,
    [study.studyKey, places],
  );
}

/** The locks of a study. */
export interface StudyLocks {
  readonly studyInstanceUid: string;
  /** Objects that are alike together, retained until the earliest of their days; undefined: one of them is not. */
  readonly locks: readonly KnownLock[];
}

/** Of these studies, in these places. */
export async function locksOfStudies(
  client: Queryable,
  studyInstanceUids: readonly string[],
  places: readonly LockPlace[],
): Promise<StudyLocks[]> {
  const found = await rows<KnownLock & { readonly studyInstanceUid: string }>(
    client,
    `select s.study_instance_uid as "studyInstanceUid", a.place, a.role, a.at_rest as "isAtRest", a.held as "hasLegalHold",
        case when not bool_or(a.retained_until is null) then min(a.retained_until) end as "retainedUntil"
      from study s cross join lateral (
        select p.place, ${ROLE} as role, ${IS_AT_REST} as at_rest, ${HAS_LEGAL_HOLD} as held, l.retained_until
        from ${LOCKS} where g.study_key = s.study_key and p.place = any ($2) and ${IS_THERE}) a
      where s.study_instance_uid = any ($1) group by 1, 2, 3, 4, 5`,
    [studyInstanceUids, places],
  );
  const studies = Map.groupBy(found, ({ studyInstanceUid }) => studyInstanceUid);
  return [...studies].map(([studyInstanceUid, locks]) => ({ studyInstanceUid, locks }));
}

/** Notes what a place keeps of an object from now on. */
export async function recordObjectLock(
  client: Queryable,
  {
    segmentId,
    place,
    hasLegalHold,
    retainedUntil,
  }: Pick<LockedObject, 'segmentId' | 'place' | 'hasLegalHold' | 'retainedUntil'>,
): Promise<void> {
  await client.query({
    name: 'record-object-lock',
    text: `insert into object_lock (segment_id, place, has_legal_hold, retained_until) values ($1, $2, $3, $4)
      on conflict (segment_id, place) do update set has_legal_hold = $3, retained_until = $4`,
    values: [segmentId, place, hasLegalHold, retainedUntil ?? null],
  });
}

/** Forgets what a place keeps of an object: it is gone there, or was put there anew. */
export async function forgetObjectLock(
  client: Queryable,
  { segmentId, place }: Pick<LockedObject, 'segmentId' | 'place'>,
): Promise<void> {
  await client.query({
    name: 'forget-object-lock',
    text: 'delete from object_lock where segment_id = $1 and place = $2',
    values: [segmentId, place],
  });
}

/**
 * Notes that these places have said, or one of them, that they keep these objects: an index that was made anew does not
 * know it. The hold is taken off, soon, where nothing asks for it.
 */
export async function noteLockedObjects(
  client: Queryable,
  objectKeys: readonly string[],
  places: readonly LockPlace[],
): Promise<void> {
  await client.query({
    name: 'note-locked-objects',
    text: `with found as (
        select segment_id, study_key from segment where object_key = any ($1) and state <> 'deleted'
        union select g.segment_id, g.study_key from replica_deletion d join segment g on g.segment_id = d.segment_id
        where d.object_key = any ($1)),
      noted as (
        insert into object_lock (segment_id, place, has_legal_hold)
        select f.segment_id, p.place, true from found f join locking_place p on p.place = any ($2) order by 1, 2
        on conflict (segment_id, place) do update set has_legal_hold = true where not object_lock.has_legal_hold
        returning segment_id)
      insert into object_lock_due (study_key)
      select distinct study_key from found where segment_id in (select segment_id from noted) order by 1
      on conflict (study_key) do update set due_at = now(), asked = object_lock_due.asked + 1`,
    values: [objectKeys, places],
  });
}

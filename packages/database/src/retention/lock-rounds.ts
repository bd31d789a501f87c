/** How far the comparison of locks with holds and schedules has come, in which places, and what is compared next. */
import type { Cursor } from '../change-feed.ts';
import type { Database, Queryable } from '../database.ts';
import { rows } from '../read-rows.ts';
import type { LockPlace } from './object-locks.ts';

/** Locks forgotten in one statement. */
const FORGOTTEN_AT_ONCE = 10_000;

/** A place that locks objects, and where it is; no credential is part of it. */
export interface LockingPlace {
  readonly place: LockPlace;
  readonly target: string;
}

/** Those that the database knows of. */
export function lockingPlaces(client: Queryable): Promise<LockingPlace[]> {
  return rows<LockingPlace>(client, 'select place, target from locking_place order by place');
}

/**
 * Tells the database which places lock objects now. What one kept that does not any more, or is another than before, is
 * forgotten; where there is a new one, all studies are asked again.
 */
export async function enterLockingPlaces(database: Database, places: readonly LockingPlace[]): Promise<void> {
  const known = await lockingPlaces(database);
  const added = places.filter((place) => !isAmong(known, place));
  const ended = known.filter((place) => !isAmong(places, place));
  for (const { place } of ended) await forgetPlace(database, place);
  await database.inTransaction(async (client) => {
    await client.query({
      text: 'delete from locking_place where place = any ($1)',
      values: [ended.map(({ place }) => place)],
    });
    await client.query({
      text: `insert into locking_place (place, target) select * from unnest($1::text[], $2::text[])
        on conflict (place) do update set target = excluded.target`,
      values: [added.map(({ place }) => place), added.map(({ target }) => target)],
    });
    if (added.length > 0)
      await client.query({ text: `update object_lock_state set pass_ended_at = '-infinity'` });
    if (places.length === 0) await client.query({ text: 'delete from object_lock_due' });
  });
}

function isAmong(places: readonly LockingPlace[], { place, target }: LockingPlace): boolean {
  return places.some((other) => other.place === place && other.target === target);
}

async function forgetPlace(database: Database, place: LockPlace): Promise<void> {
  for (;;) {
    const forgotten = await database.query({
      text: `delete from object_lock where ctid = any (array(select ctid from object_lock where place = $1 limit $2))`,
      values: [place, FORGOTTEN_AT_ONCE],
    });
    if ((forgotten.rowCount ?? 0) < FORGOTTEN_AT_ONCE) return;
  }
}

/** A study whose locks are to be compared. */
export interface DueStudy {
  readonly studyKey: number;
  /** Undefined: it is gone. */
  readonly studyInstanceUid: string | undefined;
  readonly asked: number;
}

/** Has the locks of the segment's study compared soon, where the place locks objects: its object is of use there now. */
export async function queueObjectLock(
  client: Queryable,
  { segmentId, place }: { readonly segmentId: string; readonly place: LockPlace },
): Promise<void> {
  await client.query({ name: 'queue-object-lock', text: QUEUE, values: [segmentId, place] });
}

/** As {@link queueObjectLock}, of an object that was put there anew, and has no lock. */
export async function queueNewObject(
  client: Queryable,
  { segmentId, place }: { readonly segmentId: string; readonly place: LockPlace },
): Promise<void> {
  await client.query({
    name: 'queue-new-object',
    text: `with forgotten as (delete from object_lock where segment_id = $1 and place = $2) ${QUEUE}`,
    values: [segmentId, place],
  });
}

const QUEUE = `insert into object_lock_due (study_key) select g.study_key from segment g
  where g.segment_id = $1 and exists (select from locking_place where place = $2)
  on conflict (study_key) do update set due_at = now(), asked = object_lock_due.asked + 1`;

/** Has the locks of a study compared again after so many seconds. */
export async function postponeObjectLocks(
  client: Queryable,
  studyInstanceUid: string,
  seconds: number,
): Promise<void> {
  await client.query({
    name: 'postpone-object-locks',
    text: `insert into object_lock_due (study_key, due_at)
      select study_key, now() + make_interval(secs => $2) from study where study_instance_uid = $1
      on conflict (study_key) do update set due_at = excluded.due_at, asked = object_lock_due.asked + 1`,
    values: [studyInstanceUid, seconds],
  });
}

/** Those that wait longest. */
export function dueLocks(client: Queryable, limit: number): Promise<DueStudy[]> {
  return rows<DueStudy>(
    client,
    `select d.study_key as "studyKey", s.study_instance_uid as "studyInstanceUid", d.asked
      from object_lock_due d left join study s on s.study_key = d.study_key
      where d.due_at <= now() order by d.due_at limit $1`,
    [limit],
  );
}

/** Notes that it was compared, unless it was asked for again meanwhile. */
export async function endDueLocks(
  client: Queryable,
  { studyKey, asked }: Pick<DueStudy, 'studyKey' | 'asked'>,
): Promise<void> {
  await client.query({
    name: 'end-due-locks',
    text: 'delete from object_lock_due where study_key = $1 and asked = $2',
    values: [studyKey, asked],
  });
}

/** How far the comparison has come. */
export interface ObjectLockState {
  /** The change feed was read so far; undefined: nothing was compared yet. */
  readonly cursor: Cursor | undefined;
  /** All studies have to be asked: holds, schedules or places are others, or a day has passed. */
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

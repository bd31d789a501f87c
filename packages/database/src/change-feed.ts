/**
 * The change feed: every commit seen once by one publisher, in dense positions of an epoch. Readers poll with the
 * cursor `{epoch}:{position}` and see each change at least once.
 */
import { enterEpoch } from './change-epoch.ts';
import type { Database, Queryable } from './database.ts';

const PUBLISHER_LOCK = 7_214_002;
const MAX_PUBLISHED_AT_ONCE = 1_000;

export interface Change {
  readonly epoch: number;
  readonly position: number;
  readonly kind: string;
  readonly studyInstanceUid: string | undefined;
  readonly seriesInstanceUid: string | undefined;
  readonly sopInstanceUids: readonly string[];
  readonly occurredAt: Date;
}

/** Moves what is committed from the outbox to the feed; returns how many. Another publisher at work: 0. */
export async function publishChanges(database: Database): Promise<number> {
  return database.inTransaction(async (client) => {
    const lock = await client.query<{ taken: boolean; due: boolean }>({
      text: `select pg_try_advisory_xact_lock($1) as taken, exists (select from change_outbox) as due`,
      values: [PUBLISHER_LOCK],
    });
    const [state] = lock.rows;
    if (state?.taken !== true || !state.due) return 0;
    await enterEpoch(client);
    const moved = await client.query({
      name: 'publish-changes',
      text: `with moved as (
          delete from change_outbox where change_outbox_id in
            (select change_outbox_id from change_outbox order by change_outbox_id limit $1)
          returning *),
        epoch as (select max(epoch) as epoch from change_epoch),
        last as (select coalesce(max(c.position), 0) as position from change c, epoch where c.epoch = epoch.epoch)
        insert into change (epoch, position, kind, study_key, study_instance_uid, series_instance_uid, sop_instance_uids, occurred_at)
        select epoch.epoch, last.position + row_number() over (order by change_outbox_id), kind, study_key,
          study_instance_uid, series_instance_uid, sop_instance_uids, occurred_at
        from moved, epoch, last`,
      values: [MAX_PUBLISHED_AT_ONCE],
    });
    return moved.rowCount ?? 0;
  });
}

export interface Cursor {
  readonly epoch: number;
  readonly position: number;
}

/** The last change that was published; undefined: none was. */
export async function lastChange(client: Queryable): Promise<Cursor | undefined> {
  const result = await client.query<{ epoch: number; position: number }>({
    name: 'last-change',
    text: 'select epoch, position from change order by epoch desc, position desc limit 1',
  });
  return result.rows[0];
}

/** Parses `{epoch}:{position}`; undefined when it is none. */
export function parseCursor(text: string): Cursor | undefined {
  const match = /^(\d{1,15}):(\d{1,15})$/.exec(text);
  return match === null ? undefined : { epoch: Number(match[1]), position: Number(match[2]) };
}

export function formatCursor(cursor: Cursor): string {
  return `${cursor.epoch}:${cursor.position}`;
}

/**
 * Changes after the cursor, oldest first. A cursor of an older epoch goes on with what that epoch still has, then
 * with the next one. A reader that is ahead of the feed has followed a history that this database does not have: it
 * sees everything again, never a gap.
 */
export async function readChanges(client: Queryable, after: Cursor, limit: number): Promise<Change[]> {
  const result = await client.query<{
    epoch: number;
    position: number;
    kind: string;
    study_instance_uid: string | null;
    series_instance_uid: string | null;
    sop_instance_uids: string[];
    occurred_at: Date;
  }>({
    name: 'read-changes',
    text: `with feed as (
        select $1::bigint > (select max(epoch) from change_epoch) as has_older_epoch,
          $2::bigint > (select coalesce(max(position), 0) from change where epoch = $1) as is_shorter)
      select c.epoch, c.position, c.kind, c.study_instance_uid, c.series_instance_uid, c.sop_instance_uids, c.occurred_at
      from change c, feed
      where (c.epoch, c.position) > (
        case when feed.has_older_epoch then 0 else $1::bigint end,
        case when feed.has_older_epoch or feed.is_shorter then 0 else $2::bigint end)
      order by c.epoch, c.position limit $3`,
    values: [after.epoch, after.position, limit],
  });
  return result.rows.map((row) => ({
    epoch: row.epoch,
    position: row.position,
    kind: row.kind,
    studyInstanceUid: row.study_instance_uid ?? undefined,
    seriesInstanceUid: row.series_instance_uid ?? undefined,
    sopInstanceUids: row.sop_instance_uids,
    occurredAt: row.occurred_at,
  }));
}

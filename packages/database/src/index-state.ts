/** Whether the index knows everything that the store holds: an archive that has forgotten what it holds gives no verdicts. */
import type { Queryable } from './database.ts';

/** Why the index does not. `new`: nobody has compared this database with the store yet. */
export type IndexBehindReason = 'new' | 'restored' | 'rebuild';

/** How the index stands to the store. */
export type IndexState =
  | { readonly isCaughtUp: true; readonly since: Date }
  | { readonly isCaughtUp: false; readonly reason: IndexBehindReason; readonly since: Date };

/**
 * As it is now. A database that was made from a copy of another one (a dump that was restored, a template) is noticed
 * here, and is behind from then on: nobody knows what was stored after the copy was made.
 */
export async function readIndexState(client: Queryable): Promise<IndexState> {
  const { reason, since, recorded, identity } = await readRow(client);
  if (recorded !== identity) {
    await recordIdentity(client, recorded, identity);
    return readIndexState(client);
  }
  return reason === null ? { isCaughtUp: true, since } : { isCaughtUp: false, reason, since };
}

interface IndexStateRow {
  reason: IndexBehindReason | null;
  since: Date;
  recorded: string | null;
  identity: string;
}

/** A cluster has its identifier from its making, a database its number in the cluster. */
async function readRow(client: Queryable): Promise<IndexStateRow> {
  const result = await client.query<IndexStateRow>({
    name: 'read-index-state',
    text: `select reason, since, database_identity as recorded,
        (select system_identifier from pg_control_system())
          || '/' || (select oid from pg_database where datname = current_database()) as identity
      from index_state`,
  });
  const [row] = result.rows;
  if (row === undefined) throw new TypeError('index_state has one row');
  return row;
}

/** Of several processes that notice it one does it. A rebuild stays one, and so does a database that nobody has compared. */
async function recordIdentity(client: Queryable, recorded: string | null, identity: string): Promise<void> {
  await client.query({
    name: 'record-database-identity',
    text: `update index_state set database_identity = $2,
        caught_up = caught_up and $1::text is null,
        reason = case when $1::text is null then reason else coalesce(reason, 'restored') end,
        since = case when $1::text is null then since else date_trunc('milliseconds', clock_timestamp()) end
      where database_identity is not distinct from $1`,
    values: [recorded, identity],
  });
}

/**
 * From now on, until {@link markIndexCaughtUp}, ingest refuses to judge. Marked again, it counts from now: work that
 * began before does not settle it. A rebuild stays one.
 */
export async function markIndexBehind(client: Queryable, reason: 'restored' | 'rebuild'): Promise<void> {
  await client.query({
    name: 'mark-index-behind',
    text: `update index_state set caught_up = false, reason = case when reason = 'rebuild' then reason else $1 end,
      since = date_trunc('milliseconds', clock_timestamp())`,
    values: [reason],
  });
}

/**
 * The index knows everything again. To be called only by whoever has replayed every segment of the store, the youngest
 * too (nothing is being received meanwhile), after the journal was caught up with. `before`: the state that was read
 * before that work began: what was marked since stays.
 */
export async function markIndexCaughtUp(client: Queryable, before: IndexState): Promise<boolean> {
  if (before.isCaughtUp) return true;
  const marked = await client.query({
    name: 'mark-index-caught-up',
    text: `update index_state set caught_up = true, reason = null, since = date_trunc('milliseconds', now())
      where not caught_up and reason = $1 and since = $2`,
    values: [before.reason, before.since],
  });
  return marked.rowCount === 1;
}

/** Says of a database that nobody has compared with the store yet how it stands; of any other, nothing. */
export async function settleNewIndex(client: Queryable, isStoreEmpty: boolean): Promise<void> {
  await client.query({
    name: 'settle-new-index',
    text: `update index_state set caught_up = $1, reason = case when not $1 then 'restored' end,
      since = date_trunc('milliseconds', now())
      where reason = 'new'`,
    values: [isStoreEmpty],
  });
}

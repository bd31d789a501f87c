/**
 * Epochs of the change feed. Positions are dense within one history of one database; a restored or promoted database
 * goes on with another history, and may have lost changes that readers have seen. So it goes on in a new epoch.
 */
import type { Queryable } from './database.ts';

/**
 * Begins a new epoch if this database is not the one that the last epoch's positions were given in: another server
 * (its system identifier), another timeline (restored to a point in time, or promoted) or another database (restored
 * from a dump, or copied). To be called by the publisher, within its transaction. New epochs are numbered by the clock,
 * so that no restored database takes a number that another history of it has used.
 */
export async function enterEpoch(client: Queryable): Promise<void> {
  await client.query({
    name: 'enter-epoch',
    text: `with here as (
        select concat_ws('/', (pg_control_system()).system_identifier,
          left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), d.oid) as lineage
        from pg_database d where d.datname = current_database()),
      last as (select epoch, lineage from change_epoch order by epoch desc limit 1),
      first_start as (
        update change_epoch e set lineage = here.lineage from here, last
        where e.epoch = last.epoch and last.lineage is null)
      insert into change_epoch (epoch, lineage)
      select greatest(last.epoch + 1, extract(epoch from clock_timestamp())::bigint), here.lineage
      from here, last where last.lineage <> here.lineage`,
  });
}

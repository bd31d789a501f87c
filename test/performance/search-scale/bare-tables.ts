/** Tables without what slows a load down: secondary indexes and foreign keys are taken off, and made again as they were. */
import type pg from 'pg';

const INDEXES_OF = `
  select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
  from pg_index i join pg_class c on c.oid = i.indexrelid
  where i.indrelid = any ($1::regclass[]) and not c.relispartition
    and not exists (select from pg_constraint k where k.conindid = i.indexrelid)`;
const FOREIGN_KEYS_OF = `
  select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition
  from pg_constraint where contype = 'f' and conrelid = any ($1::regclass[]) and conparentid = 0`;

/** Runs `load` while the tables are bare. */
export async function withBareTables(
  client: pg.Client,
  tables: readonly string[],
  load: () => Promise<void>,
): Promise<void> {
  const indexes = await client.query<{ name: string; definition: string }>(INDEXES_OF, [tables]);
  const keys = await client.query<{ table: string; name: string; definition: string }>(FOREIGN_KEYS_OF, [
    tables,
  ]);
  for (const { table, name } of keys.rows) await client.query(`alter table ${table} drop constraint ${name}`);
  for (const { name } of indexes.rows) await client.query(`drop index ${name}`);
  await load();
  // Of a partitioned table: on its partitions too.
  for (const { definition } of indexes.rows) await client.query(definition.replace(' ON ONLY ', ' ON '));
  for (const { table, name, definition } of keys.rows)
    await client.query(`alter table ${table} add constraint ${name} ${definition}`);
}

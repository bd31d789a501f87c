/** How far a rebuild of the index has come: it is remembered in the database that it fills. */
import type { Database, Queryable } from './database.ts';
import { markIndexBehind } from './index-state.ts';

/** Where an interrupted rebuild goes on. */
export interface RebuildProgress {
  readonly startedAt: Date;
  /** Every study whose keys are not after this one is done; '' at the beginning. */
  readonly afterKey: string;
  /** Counts so far, as the rebuild reports them. */
  readonly report: unknown;
}

/** Whether nothing of the store has been indexed here. Facilities, devices and keys do not count. */
export async function isIndexEmpty(client: Queryable): Promise<boolean> {
  const found = await client.query<{ is_empty: boolean }>({
    text: `select not (exists (select from segment) or exists (select from study)
      or exists (select from sop_instance)) as is_empty`,
  });
  return found.rows[0]?.is_empty === true;
}

/** undefined: no rebuild was interrupted here. */
export async function readRebuildProgress(client: Queryable): Promise<RebuildProgress | undefined> {
  const found = await client.query<{ started_at: Date; after_key: string; report: unknown }>({
    text: 'select started_at, after_key, report from rebuild_progress',
  });
  const [row] = found.rows;
  return row && { startedAt: row.started_at, afterKey: row.after_key, report: row.report };
}

/**
 * From now on until {@link endRebuild} the index counts as behind its store. Followers of the change feed of another
 * database on this store see everything again: the feed begins a new epoch.
 */
export async function beginRebuild(database: Database, report: object): Promise<void> {
  await database.inTransaction(async (client) => {
    await markIndexBehind(client, 'rebuild');
    const begun = await client.query({
      text: 'insert into rebuild_progress (report) values ($1) on conflict do nothing',
      values: [JSON.stringify(report)],
    });
    if (begun.rowCount === 1) {
      await client.query({
        text: `insert into change_epoch (epoch)
          select greatest(max(epoch) + 1, extract(epoch from clock_timestamp())::bigint) from change_epoch`,
      });
    }
  });
}

export async function saveRebuildProgress(
  client: Queryable,
  { afterKey, report }: { readonly afterKey: string; readonly report: object },
): Promise<void> {
  await client.query({
    name: 'save-rebuild-progress',
    text: 'update rebuild_progress set after_key = $1, report = $2',
    values: [afterKey, JSON.stringify(report)],
  });
}

/** Everything was replayed: there is nothing to go on with. */
export async function endRebuild(client: Queryable): Promise<void> {
  await client.query({ text: 'delete from rebuild_progress' });
}

/** Lets PostgreSQL look at what was written before the first question is asked. */
export async function analyzeIndex(client: Queryable): Promise<void> {
  await client.query({ text: 'analyze' });
}

/**
 * Original segments of which the journal says something that may outlast their bytes, in the order of their ids: up to
 * `limit` after `after`.
 */
export async function bygoneSubjects(client: Queryable, after: string, limit: number): Promise<string[]> {
  const found = await client.query<{ segment_id: string }>({
    name: 'bygone-subjects',
    text: `select distinct segment_id from journal_line
      where kind in ('quarantine-discarded', 'correction-discarded', 'instance-equal') and segment_id > $1
      order by segment_id limit $2`,
    values: [after, limit],
  });
  return found.rows.map((row) => row.segment_id);
}

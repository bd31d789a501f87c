/** Which replica the rows speak of, and how far the journal is copied to it. */
import type { Database, Queryable } from './database.ts';

/** Segments that forget an earlier replica at a time. */
const FORGOTTEN_AT_ONCE = 10_000;

const NO_UUID = '00000000-0000-0000-0000-000000000000';

/** A migration or an update lock of this number is nobody else's. */
const REPLICA_LOCK = 7_214_010;

/**
 * Tells the database which replica is configured. Another one than before is filled from the beginning: everything that
 * is known of the earlier one is forgotten, in steps. Returns true while steps are left; call it again then.
 */
export async function enterReplica(database: Database, target: string): Promise<boolean> {
  return database.inTransaction(async (client) => {
    await client.query({ text: 'select pg_advisory_xact_lock($1)', values: [REPLICA_LOCK] });
    const known = await readRow(client);
    if (known?.target !== target) {
      await begin(client, target, known !== undefined);
      return known !== undefined;
    }
    return known.forgottenUpTo === undefined ? false : forget(client, known.forgottenUpTo);
  });
}

async function begin(client: Queryable, target: string, isAnother: boolean): Promise<void> {
  await client.query({
    text: `insert into replica (target) values ($1) on conflict (is_only_row) do update set target = $1, since = now(),
      forgotten_up_to = $2, journal_key = '', journal_sha256 = null, journal_fault = null`,
    values: [target, NO_UUID],
  });
  if (!isAnother) return;
  await client.query({ text: 'delete from replica_deletion' });
  await client.query({
    text: `update quarantine set replicated_at = null, replication_retry_at = null, replication_fault = null
      where replicated_at is not null or replication_retry_at is not null`,
  });
}

/** What was copied to the new one meanwhile is kept. */
async function forget(client: Queryable, upTo: string): Promise<boolean> {
  const last = await client.query<{ last: string | null; count: number }>({
    text: `with page as (select segment_id from segment where segment_id > $1 order by segment_id limit $2),
      forgotten as (
        update segment s set replicated_at = null, replication_retry_at = null, replication_fault = null
        from page, replica r
        where s.segment_id = page.segment_id and (s.replicated_at is not null or s.replication_retry_at is not null)
          and coalesce(s.replicated_at, '-infinity') < r.since)
      select (select segment_id from page order by segment_id desc limit 1) as last, (select count(*) from page) as count`,
    values: [upTo, FORGOTTEN_AT_ONCE],
  });
  const [row] = last.rows;
  const isDone = row === undefined || row.count < FORGOTTEN_AT_ONCE;
  await client.query({
    text: 'update replica set forgotten_up_to = $1',
    values: [isDone ? null : row.last],
  });
  return !isDone;
}

/** The replica as the database knows it. */
export interface ReplicaRow {
  readonly target: string;
  readonly since: Date;
  readonly forgottenUpTo: string | undefined;
  readonly journal: JournalCursor;
  /** Why the journal is not copied any further. */
  readonly journalFault: 'damaged' | 'conflict' | undefined;
}

/** The last journal object that the replica holds; an empty key before the first. */
export interface JournalCursor {
  readonly key: string;
  readonly sha256: Buffer | undefined;
}

/** Undefined if there never was one. */
export async function readReplica(client: Queryable): Promise<ReplicaRow | undefined> {
  return readRow(client);
}

async function readRow(client: Queryable): Promise<ReplicaRow | undefined> {
  const result = await client.query<{
    target: string;
    since: Date;
    forgotten_up_to: string | null;
    journal_key: string;
    journal_sha256: Buffer | null;
    journal_fault: 'damaged' | 'conflict' | null;
  }>({
    name: 'read-replica',
    text: `select target, since, forgotten_up_to, journal_key, journal_sha256, journal_fault from replica`,
  });
  const [row] = result.rows;
  return (
    row && {
      target: row.target,
      since: row.since,
      forgottenUpTo: row.forgotten_up_to ?? undefined,
      journal: { key: row.journal_key, sha256: row.journal_sha256 ?? undefined },
      journalFault: row.journal_fault ?? undefined,
    }
  );
}

/** Moves the cursor from one journal object to a later one; false if another process was quicker. */
export async function advanceReplicaJournal(
  client: Queryable,
  from: JournalCursor,
  to: JournalCursor,
): Promise<boolean> {
  const result = await client.query({
    name: 'advance-replica-journal',
    text: `update replica set journal_key = $2, journal_sha256 = $3, journal_fault = null where journal_key = $1`,
    values: [from.key, to.key, to.sha256 ?? null],
  });
  return result.rowCount === 1;
}

/** Notes why the journal cannot be copied beyond the cursor. */
export async function recordReplicaJournalFault(
  client: Queryable,
  fault: 'damaged' | 'conflict',
): Promise<void> {
  await client.query({
    name: 'record-replica-journal-fault',
    text: 'update replica set journal_fault = $1',
    values: [fault],
  });
}

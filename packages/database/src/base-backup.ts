/**
 * PostgreSQL's side of an online copy of its files (PostgreSQL manual, "Making a Base Backup Using the Low-Level API"):
 * says from where to where its write-ahead log must be copied too, and keeps that log until the copy has it. One session
 * from beginning to end: however it ends, PostgreSQL forgets the copy and lets go of the log.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { wrapPostgresError } from './errors.ts';

/** Which history of which server is copied, and from which position of the log on. */
export interface BaseBackupStart {
  /** PostgreSQL's own number of the server's files, in decimals. */
  readonly systemIdentifier: string;
  /** The number of the history: a restored server goes on in a new one. */
  readonly timeline: number;
  /** E.g. `18.4`. */
  readonly serverVersion: string;
  /** Position in the log, e.g. `0/3000028`. */
  readonly startLsn: string;
}

/** What a copy needs beside the files. */
export interface BaseBackupEnd {
  readonly stopLsn: string;
  /** Content of the file `backup_label` that belongs into the copy. */
  readonly label: string;
  /** Names of the files of `pg_wal` that belong into the copy, in order. */
  readonly walFiles: readonly string[];
}

/** A copy under way. */
export interface BaseBackup {
  readonly start: BaseBackupStart;
  /** After the last file. The log is kept until {@link close}. Throws DatabaseError if PostgreSQL went away meanwhile. */
  finish(): Promise<BaseBackupEnd>;
  /** Ends the session; the log needs to be kept no more. */
  close(): Promise<void>;
}

/** Begins a copy; `connectionString` is that of a superuser. Asks for a checkpoint at once instead of waiting for the next. */
export async function beginBaseBackup(connectionString: string): Promise<BaseBackup> {
  const client = new pg.Client({ connectionString, application_name: 'sandyq-backup' });
  // A session that breaks shows at the next statement.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await keepLog(client);
    const start = await startOf(client);
    return { start, finish: () => finish(client, start), close: () => client.end() };
  } catch (error) {
    await client.end();
    throw wrapPostgresError(error);
  }
}

/** A slot that nobody reads: PostgreSQL removes no log that it has not read. It goes with the session. */
async function keepLog(client: pg.Client): Promise<void> {
  const name = `sandyq_backup_${randomBytes(8).toString('hex')}`;
  await client.query({
    text: 'select pg_create_physical_replication_slot($1, immediately_reserve => true, temporary => true)',
    values: [name],
  });
}

async function startOf(client: pg.Client): Promise<BaseBackupStart> {
  const started = await client.query<{ lsn: string }>({
    text: 'select pg_backup_start($1, fast => true)::text as lsn',
    values: ['sandyq backup'],
  });
  const server = await client.query<{ system: string; timeline: number; version: string }>({
    text: `select (pg_control_system()).system_identifier::text as system,
        (pg_control_checkpoint()).timeline_id as timeline, current_setting('server_version') as version`,
  });
  const { lsn } = onlyRow(started.rows);
  const { system, timeline, version } = onlyRow(server.rows);
  return { systemIdentifier: system, timeline, serverVersion: version, startLsn: lsn };
}

async function finish(client: pg.Client, { startLsn }: BaseBackupStart): Promise<BaseBackupEnd> {
  try {
    const stopped = await client.query<{ lsn: string; label: string }>({
      text: 'select lsn::text as lsn, labelfile as label from pg_backup_stop(wait_for_archive => false)',
    });
    const { lsn: stopLsn, label } = onlyRow(stopped.rows);
    return { stopLsn, label, walFiles: await walFilesBetween(client, startLsn, stopLsn) };
  } catch (error) {
    throw wrapPostgresError(error);
  }
}

/** The log is cut into files of equal size, named after timeline and number. A position on a cut belongs to the file before it. */
async function walFilesBetween(client: pg.Client, startLsn: string, stopLsn: string): Promise<string[]> {
  const files = await client.query<{ name: string }>({
    text: `with wal as (
        select setting::numeric as bytes from pg_settings where name = 'wal_segment_size')
      select pg_walfile_name('0/0'::pg_lsn + number * bytes + 1) as name
      from wal, generate_series(
        floor(($1::pg_lsn - '0/0'::pg_lsn) / bytes), floor(($2::pg_lsn - '0/0'::pg_lsn - 1) / bytes)) as number
      order by number`,
    values: [startLsn, stopLsn],
  });
  return files.rows.map(({ name }) => name);
}

function onlyRow<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('a function of PostgreSQL returned no row');
  return row;
}

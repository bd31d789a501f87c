/**
 * A real PostgreSQL inside the data folder, for the standalone archive and for tests.
 *
 * In: a data folder. Out: a connection string that works as long as this process lives. It is the ordinary server, run from
 * the binaries of npm, reachable only through a Unix socket in a private folder. What always holds: one process per data
 * folder; what was committed survives kill -9 of anything; after stop() no process of the database is left.
 */
import { access, constants, mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '@sandyq/telemetry';
import { StandaloneError, systemErrorCode } from '../errors.ts';
import { choosePostgresAccount, type PostgresAccount } from './account.ts';
import { findPostgresBinaries } from './binaries.ts';
import { DATABASE_NAME, ensureCluster } from './cluster.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { endLeftover, processesIn, readPostmasterFile } from './leftover.ts';
import { startServer } from './server.ts';
import { type PostgresSettings, postgresSettings } from './settings.ts';
import { makeSocketDirectory, removeSocketDirectory, socketDirectoryOf } from './socket-directory.ts';

/** What {@link startEmbeddedPostgres} needs. */
export interface EmbeddedPostgresOptions {
  /** The archive's data folder; made if absent. The database lives in its `postgres/`. */
  readonly dataDirectory: string;
  readonly logger: Logger;
  /** Settings that differ from settings.ts, by PostgreSQL's names. */
  readonly settings?: PostgresSettings;
}

/** A running embedded PostgreSQL. */
export interface EmbeddedPostgres {
  /** For `pg`, `psql` and everything that takes a libpq URL: database and role `sandyq`. */
  readonly connectionString: string;
  /** Process id of the server; undefined when another process runs it. */
  readonly pid?: number;
  /** Resolves when the server has ended, asked for or not; then no statement succeeds any more. */
  readonly exited: Promise<void>;
  /** Fast shutdown, within 5 s in all ordinary cases; no process is left. Calling it again waits for the same end. */
  stop(): Promise<void>;
}

/** The database's folder and what else lies beside it are nobody else's to read. */
const DATA_FOLDER_MODE = 0o750;

/** Starts the database of this data folder, made new if there is none. Errors: {@link StandaloneError}, all codes. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const startedAt = performance.now();
  const dataDirectory = await prepareDataDirectory(options.dataDirectory);
  const lock = lockDataFolder(dataDirectory);
  try {
    const { server, socketDirectory, cluster, leftover } = await startLocked(dataDirectory, options);
    const exited = server.exited.then(() => undefined);
    let stopped: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      await server.stop();
      await removeSocketDirectory(socketDirectory);
      lock.release();
    };
    const ms = Math.round(performance.now() - startedAt);
    options.logger.info('database-started', {
      processId: server.pid,
      created: cluster === 'created',
      leftover,
      ms,
    });
    return {
      connectionString: connectionStringOf(socketDirectory),
      pid: server.pid,
      exited,
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    lock.release();
    throw writableError(dataDirectory, error);
  }
}

/**
 * The database of this data folder, whoever runs it: joins the one of a running archive (its `stop()` then does nothing),
 * else starts it. For command-line tools that work beside the archive.
 */
export async function joinEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    return await startEmbeddedPostgres(options);
  } catch (error) {
    if (!(error instanceof StandaloneError) || error.code !== 'data-folder-in-use') throw error;
    const clusterDirectory = path.join(await realpath(options.dataDirectory), 'postgres');
    const file = await readPostmasterFile(clusterDirectory);
    if (!file?.ready || !(await processesIn(clusterDirectory)).includes(file.pid)) throw error;
    const nothing = Promise.resolve();
    return {
      connectionString: connectionStringOf(file.socketDirectory),
      exited: new Promise(() => undefined), // Another process watches it.
      stop: () => nothing,
    };
  }
}

async function startLocked(dataDirectory: string, { logger, settings }: EmbeddedPostgresOptions) {
  const directory = path.join(dataDirectory, 'postgres');
  const binaries = findPostgresBinaries();
  const account = await choosePostgresAccount({
    postgres: binaries.postgres,
    dataDirectory,
    clusterDirectory: directory,
  });
  noteAccount(logger, account);
  const leftover = await endLeftover(directory);
  const cluster = await ensureCluster({ directory, account, binaries });
  const socketDirectory = socketDirectoryOf(dataDirectory);
  await makeSocketDirectory(socketDirectory, account);
  const server = await startServer({
    clusterDirectory: directory,
    socketDirectory,
    logFile: path.join(dataDirectory, 'postgres.log'),
    account,
    binaries,
    settings: { ...postgresSettings(), ...settings },
  });
  return { server, socketDirectory, cluster, leftover };
}

/** The data folder, made if absent. Returns its path without symbolic links, so that one folder has one name. */
export async function prepareDataDirectory(folder: string): Promise<string> {
  const absolute = path.resolve(folder);
  try {
    await makeFolder(absolute, DATA_FOLDER_MODE);
    // With the slash at its end a file in its place is an error here, and not a riddle later.
    await access(`${absolute}${path.sep}`, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(absolute);
  } catch (error) {
    throw writableError(absolute, error);
  }
}

/** `mkdir` with `recursive` never returns on a file system that refuses every new folder with ENOENT, such as /proc. */
async function makeFolder(folder: string, mode?: number): Promise<void> {
  try {
    await mkdir(folder, mode);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST') return;
    const parent = path.dirname(folder);
    if (code !== 'ENOENT' || parent === folder) throw error;
    await makeFolder(parent);
    await mkdir(folder, mode);
  }
}

function connectionStringOf(socketDirectory: string): string {
  return `postgresql://${DATABASE_NAME}@localhost/${DATABASE_NAME}?host=${encodeURIComponent(socketDirectory)}`;
}

function noteAccount(logger: Logger, { owner }: PostgresAccount): void {
  if (owner === undefined) return;
  logger.warn('database-runs-under-another-user', { uid: owner.uid, gid: owner.gid });
}

const NOT_WRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOSPC', 'EDQUOT', 'ENOENT']);

function writableError(folder: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (error instanceof StandaloneError || code === undefined || !NOT_WRITABLE.has(code)) return error;
  return new StandaloneError(
    'data-folder-not-writable',
    `The data folder ${folder} is not usable (${code}): ${error instanceof Error ? error.message : ''}. ` +
      'Make it writable for this user, or choose another one with SANDYQ_DATA.',
    { cause: error },
  );
}

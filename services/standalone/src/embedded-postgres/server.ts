/** The running PostgreSQL: start until it takes connections, stop until no process is left. */
import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemErrorCode } from '../errors.ts';
import type { PostgresAccount } from './account.ts';
import type { PostgresBinaries } from './binaries.ts';
import { postgresEnvironment, startError } from './cluster.ts';
import { endLeftover, readPostmasterFile } from './leftover.ts';
import { type PostgresSettings, settingArguments } from './settings.ts';

/** What to run and where. */
export interface ServerOptions {
  readonly clusterDirectory: string;
  readonly socketDirectory: string;
  /** What the server writes to its standard error, kept from one start to the next. Holds no patient data (see settings.ts). */
  readonly logFile: string;
  readonly account: PostgresAccount;
  readonly binaries: PostgresBinaries;
  readonly settings: PostgresSettings;
}

/** How a server process ended. */
export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running server. */
export interface PostgresServer {
  readonly pid: number;
  /** Resolves when the server has ended, asked for or not. */
  readonly exited: Promise<ServerExit>;
  /** Fast shutdown: open transactions are rolled back. Resolves when every process of the server is gone. */
  stop(): Promise<void>;
}

const POLL_MS = 10;
/** Replaying the log after a crash takes as long as it takes; beyond this it hangs. */
const START_LIMIT_MS = 15 * 60_000;
const LOG_LIMIT_BYTES = 8 * 1024 * 1024;
const FAST_SHUTDOWN_MS = 4_000;
const IMMEDIATE_SHUTDOWN_MS = 3_000;

/** Starts the server and waits until it takes connections; throws `database-start` with its last words. */
export async function startServer(options: ServerOptions): Promise<PostgresServer> {
  const { child, exited, logStart } = await spawnServer(options);
  const stopServer = (): Promise<void> => stop(child, exited, options.clusterDirectory);
  const end = performance.now() + START_LIMIT_MS;
  while (isRunning(child) && performance.now() < end) {
    const file = await readPostmasterFile(options.clusterDirectory);
    if (file?.ready && file.pid === child.pid) return { pid: file.pid, exited, stop: stopServer };
    await delay(POLL_MS);
  }
  await stopServer();
  throw startError('postgres', (await readFile(options.logFile)).subarray(logStart).toString('utf8'));
}

async function spawnServer(options: ServerOptions) {
  const { account, binaries, clusterDirectory, settings, socketDirectory } = options;
  await rotateLog(options.logFile);
  const log = await open(options.logFile, 'a', 0o600);
  try {
    const logStart = (await log.stat()).size;
    const all = { ...settings, unix_socket_directories: quotePath(socketDirectory) };
    const args = ['-D', clusterDirectory, ...settingArguments(all)];
    const [first = '', ...rest] = [...account.prefix, binaries.postgres, ...args];
    const child = spawn(first, rest, {
      ...account.owner,
      cwd: '/',
      env: postgresEnvironment(),
      stdio: ['ignore', log.fd, log.fd],
      // A process group of its own: Ctrl-C in the terminal must not end the database before the requests that need it.
      detached: true,
    });
    const exited = new Promise<ServerExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      child.once('error', () => resolve({ code: null, signal: null }));
    });
    return { child, exited, logStart };
  } finally {
    await log.close();
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

async function stop(
  child: ChildProcess,
  exited: Promise<ServerExit>,
  clusterDirectory: string,
): Promise<void> {
  if (!isRunning(child)) return;
  child.kill('SIGINT');
  if (await endsWithin(exited, FAST_SHUTDOWN_MS)) return;
  child.kill('SIGQUIT');
  if (await endsWithin(exited, IMMEDIATE_SHUTDOWN_MS)) return;
  child.kill('SIGKILL');
  await exited;
  await endLeftover(clusterDirectory);
}

async function endsWithin(exited: Promise<ServerExit>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const timedOut = delay(ms, false, { signal: timer.signal }).catch(() => false); // Aborted: the race is decided already.
  const ended = await Promise.race([exited.then(() => true), timedOut]);
  timer.abort();
  return ended;
}

/** unix_socket_directories is a list; a path with a comma or a space needs quotes. */
function quotePath(directory: string): string {
  return `"${directory.replaceAll('"', '""')}"`;
}

async function rotateLog(logFile: string): Promise<void> {
  try {
    const { size } = await stat(logFile);
    if (size > LOG_LIMIT_BYTES)
      await rename(logFile, path.format({ ...path.parse(logFile), base: '', ext: '.old.log' }));
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}

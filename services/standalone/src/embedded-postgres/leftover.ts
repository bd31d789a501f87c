/** What an earlier, killed Sandyq left running: ended here before the database is started anew. Call it only with the data folder's lock held. */
import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { systemErrorCode } from '../errors.ts';

const run = promisify(execFile);
const POLL_MS = 20;
/** Which signal ends a database, and how long to wait for it: fast shutdown, shutdown without a checkpoint, the hard way. */
const SHUTDOWN_STEPS = [
  { signal: 'SIGINT', waitMs: 30_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
] as const;

/**
 * Ends every PostgreSQL process that still works in this folder and removes its pid file. Returns how many there were.
 * The pid file alone is not believed: after a restart of the machine its number may be anybody's.
 */
export async function endLeftover(clusterDirectory: string): Promise<number> {
  const left = await processesIn(clusterDirectory);
  if (left.length > 0) {
    const postmaster = (await readPostmasterFile(clusterDirectory))?.pid;
    // Only the postmaster knows how to end in order; without it the others end by themselves or by SIGQUIT.
    const first = left.filter((pid) => pid === postmaster);
    for (const { signal, waitMs } of SHUTDOWN_STEPS) {
      for (const pid of signal === 'SIGINT' ? first : await processesIn(clusterDirectory)) kill(pid, signal);
      if (await haveEnded(clusterDirectory, waitMs)) break;
    }
  }
  await rm(path.join(clusterDirectory, 'postmaster.pid'), { force: true });
  return left.length;
}

/** What `postmaster.pid` says. */
export interface PostmasterFile {
  readonly pid: number;
  /** True when the server takes connections. */
  readonly ready: boolean;
  readonly socketDirectory: string;
}

/** Reads `postmaster.pid`; undefined if it is absent or being written. */
export async function readPostmasterFile(clusterDirectory: string): Promise<PostmasterFile | undefined> {
  let text: string;
  try {
    text = await readFile(path.join(clusterDirectory, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  // Lines: process id, data folder, start time, port, socket folder, address, shared memory key, status.
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, ready: lines[7]?.trim() === 'ready', socketDirectory: lines[4] ?? '' };
}

/** Every PostgreSQL process has the cluster's folder as its working directory. */
export async function processesIn(clusterDirectory: string): Promise<number[]> {
  if (process.platform !== 'linux') return postmasterByName(clusterDirectory);
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const folders = await Promise.all(pids.map(async (pid) => ({ pid, folder: await workingDirectory(pid) })));
  return folders.filter(({ folder }) => folder === clusterDirectory).map(({ pid }) => pid);
}

async function workingDirectory(pid: number): Promise<string | undefined> {
  try {
    return await readlink(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // Ended meanwhile, or another user's: not ours in either case.
  }
}

async function postmasterByName(clusterDirectory: string): Promise<number[]> {
  const pid = (await readPostmasterFile(clusterDirectory))?.pid;
  if (pid === undefined) return [];
  try {
    const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]);
    return stdout.includes(clusterDirectory) ? [pid] : [];
  } catch {
    return []; // ps fails when there is no such process.
  }
}

async function haveEnded(clusterDirectory: string, waitMs: number): Promise<boolean> {
  const end = performance.now() + waitMs;
  while (performance.now() < end) {
    if ((await processesIn(clusterDirectory)).length === 0) return true;
    await delay(POLL_MS);
  }
  return false;
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}

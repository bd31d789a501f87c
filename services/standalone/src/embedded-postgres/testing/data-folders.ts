/** Data folders for tests of the embedded PostgreSQL, and processes that use them. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { silentLogger } from '@sandyq/telemetry';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../embedded-postgres.ts';
import { endLeftover } from '../leftover.ts';

const run = promisify(execFile);

/** Makes data folders with a ready database in them, and removes them with whatever still runs there. */
export class DataFolders {
  readonly #made: string[] = [];
  #template: string | undefined;

  /** A new, empty folder; other users may pass through it, since root may have to run the database under another user. */
  async empty(): Promise<string> {
    const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'sandyq-data-')));
    await chmod(folder, 0o711);
    this.#made.push(folder);
    return folder;
  }

  /** A folder whose database was made, with a table `kept (value text)` in it, and stopped. */
  async ready(): Promise<string> {
    this.#template ??= await this.#makeTemplate();
    const folder = await this.empty();
    await run('cp', ['-a', path.join(this.#template, 'postgres'), folder]);
    return folder;
  }

  async #makeTemplate(): Promise<string> {
    const folder = await this.empty();
    const server = await startEmbeddedPostgres({ dataDirectory: folder, logger: silentLogger() });
    await query(server.connectionString, 'create table kept (value text)');
    await server.stop();
    return folder;
  }

  /** Ends and removes everything. */
  async remove(): Promise<void> {
    for (const folder of this.#made.splice(0)) {
      await endLeftover(path.join(folder, 'postgres'));
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Runs one statement; returns its rows as arrays of values. */
export async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  client.on('error', () => undefined); // The server went away between two statements; the next one says so.
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({ text, rowMode: 'array' });
    return rows.map((row) => (row.length === 1 ? row[0] : row));
  } finally {
    await client.end();
  }
}

/** Another process that holds the database of a folder; resolves when the database is ready. */
export async function holdInOtherProcess(
  folder: string,
  mode?: 'abandon',
): Promise<{ process: ChildProcess; serverPid: number }> {
  const script = path.join(import.meta.dirname, 'hold-postgres.ts');
  const args = [script, folder, ...(mode === undefined ? [] : [mode])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const serverPid = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (text) => resolve(Number(text)));
    child.once('exit', () => reject(new Error('the process that holds the database ended early')));
  });
  return { process: child, serverPid };
}

/** Kills the process with SIGKILL and waits until it is gone. */
export async function killHard(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** True once the process has ended; false if it still runs after 5 s. */
export async function hasEnded(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 250; attempt += 1) {
    if (!isRunning(pid)) return true;
    await delay(20);
  }
  return false;
}

/** Whether a process with this id exists. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH: no such process.
  }
}

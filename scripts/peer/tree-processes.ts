/** The processes that run in a tree, found by their root folder: no file of process ids that could be out of date. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A running process of the tree. */
export interface TreeProcess {
  readonly pid: number;
  readonly parentPid: number;
  /** As the kernel names it, at most 15 characters. */
  readonly name: string;
}

const POLL_MS = 50;

/** All of them. */
export async function treeProcesses(root: string): Promise<TreeProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => processInTree(pid, root)));
  return found.filter((process) => process !== undefined);
}

/** The first of their kind: Orthanc itself, and the database's server without the processes that it forked. */
export function rootProcesses(processes: readonly TreeProcess[]): TreeProcess[] {
  const own = new Set(processes.map(({ pid }) => pid));
  return processes.filter(({ parentPid }) => !own.has(parentPid));
}

/** Sends the signal, and SIGKILL after `patienceMs`; resolves when the process is gone. */
export async function endProcess(
  { pid }: TreeProcess,
  root: string,
  signal: NodeJS.Signals,
  patienceMs: number,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  let next: NodeJS.Signals | undefined = signal;
  while ((await processInTree(pid, root)) !== undefined) {
    if (next === undefined && performance.now() > deadline) next = 'SIGKILL';
    if (next !== undefined) sendSignal(pid, next);
    next = undefined;
    await sleep(POLL_MS);
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function processInTree(pid: number, root: string): Promise<TreeProcess | undefined> {
  try {
    const folder = join('/proc', String(pid));
    if ((await readlink(join(folder, 'root'))) !== root) return undefined;
    const status = await readFile(join(folder, 'status'), 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '';
    return { pid, parentPid: Number(field('PPid')), name: field('Name') };
  } catch {
    return undefined; // It ended meanwhile, or is another user's: not one of the tree's that we could end.
  }
}

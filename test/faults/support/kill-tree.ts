/** Kills a process together with everything it started, as a power cut of their machine would end them. Linux only. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 10;

/** SIGKILL to a process that this test started and to all its descendants; resolves when every one of them is gone. */
export async function killTree(pid: number): Promise<void> {
  const family = await descendantsOf(pid);
  for (const member of family) kill(member);
  for (const member of family) while (await isRunning(member)) await sleep(POLL_MS);
}

/** A signal to a process that this test started and to all its descendants. */
export async function signalTree(pid: number, signal: NodeJS.Signals): Promise<void> {
  for (const member of await descendantsOf(pid)) kill(member, signal);
}

/** A process that this test started, and all that it started: itself first. */
export async function descendantsOf(root: number): Promise<number[]> {
  const family = [root];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(pids.map(async (pid) => ({ pid, parent: (await statOf(pid))?.parent })));
  for (const member of family) {
    family.push(...parents.filter(({ parent }) => parent === member).map(({ pid }) => pid));
  }
  return family;
}

function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // ESRCH: it ended by itself meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** A zombie has ended: it waits to be noticed by its parent, which may be process 1. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await statOf(pid);
  return stat !== undefined && stat.state !== 'Z';
}

async function statOf(pid: number): Promise<{ readonly state: string; readonly parent: number } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name of the program is in parentheses and may hold anything.
  const [state = '', parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state, parent: Number(parent) };
}

/** What a process holds, and what is left in its spool: for tests that nothing leaks. Linux. */
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Open file descriptors of a process: files, sockets, pipes. */
export async function openDescriptors(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** Open files of a process in a folder. */
export async function openFilesIn(folder: string, pid: number): Promise<string[]> {
  const names = await readdir(`/proc/${pid}/fd`);
  // One that was closed meanwhile is none.
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(folder));
}

/** Files in the spool, whoever's, but for those that say who owns a folder. */
export async function spoolFiles(dataFolder: string): Promise<string[]> {
  const entries = await readdir(join(dataFolder, 'spool'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name !== 'owner.json').map(({ name }) => name);
}

/** A number from `/metrics`, which has to be open: `sandyq_` is put before the name. */
export async function metricOf(url: string, name: string): Promise<number> {
  const answer = await fetch(`${url}/metrics`);
  const text = await answer.text();
  const value = new RegExp(`^sandyq_${name} (\\S+)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`${url}/metrics has no ${name}`);
  return Number(value);
}

/** Waits until it holds; throws after the limit, with what was found last. */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  limitMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(50);
  }
}

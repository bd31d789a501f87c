// kill -9 in the middle of puts: what was acknowledged is there, and nothing is there in part.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bytesOfKey } from '../testing/bytes-of-key.ts';
import { bytesOf } from '../testing/suite-assertions.ts';
import { createFilesystemStore } from './filesystem-store.ts';

const program = fileURLToPath(new URL('../testing/put-until-killed.ts', import.meta.url));
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandyq-kill-'));
  await mkdir(join(folder, 'spool'));
});
afterAll(() => rm(folder, { recursive: true }));

it('a killed process loses nothing acknowledged and leaves nothing half', async () => {
  const root = join(folder, 'objects');
  const acknowledged: string[] = [];
  for (const run of ['1', '2', '3']) {
    const child = spawn(process.execPath, [program, root, join(folder, 'spool'), run], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    acknowledged.push(...(await linesUntilKilled(child, 25)));
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(75);
  const store = createFilesystemStore({ root });
  const found = new Set<string>();
  for await (const { key } of store.list('')) {
    expect(bytesOfKey(key).equals(await bytesOf(store, key)), key).toBe(true);
    found.add(key);
  }
  expect(acknowledged.filter((key) => !found.has(key))).toEqual([]);
  await store.removeUnfinished(new Date(Date.now() + 60_000));
}, 60_000);

/** Kills the child at its `count`-th line; returns every whole line that it said. */
async function linesUntilKilled(child: ChildProcess, count: number): Promise<string[]> {
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.split('\n').length > count) child.kill('SIGKILL');
  });
  await once(child, 'close');
  expect(child.signalCode).toBe('SIGKILL');
  return said.split('\n').slice(0, -1);
}

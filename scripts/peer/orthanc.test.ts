import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endProcess, rootProcesses, treeProcesses } from './tree-processes.ts';

let cache: string;

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'sandyq-peer-test-'));
});

afterAll(() => rm(cache, { recursive: true, force: true }));

/** Nothing is found on its PATH. */
function orthanc(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'orthanc.ts'), ...args, '--cache', cache],
    { env: { PATH: '/nonexistent' }, encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

describe('where it is not installed', () => {
  it('says so and why it cannot be, as a skip', () => {
    const { status, stderr } = orthanc('start');
    expect(status).toBe(3);
    expect(stderr).toMatch(
      /^skipped: (?:debootstrap is missing|Only root|Orthanc for the comparison runs on Linux)/,
    );
  });

  it('does not run, and needs no stop', () => {
    expect(orthanc('status')).toMatchObject({ status: 1, stdout: '{"pids":[]}\n' });
    expect(orthanc('stop')).toMatchObject({ status: 0, stderr: '' });
  });
});

it('takes the first of a family for its root', () => {
  const processes = [
    { pid: 20, parentPid: 1, name: 'postgres' },
    { pid: 21, parentPid: 20, name: 'postgres' },
    { pid: 30, parentPid: 5, name: 'Orthanc' },
  ];
  expect(rootProcesses(processes).map(({ pid }) => pid)).toEqual([20, 30]);
});

describe.skipIf(process.platform !== 'linux')('processes, by their root folder', () => {
  it('finds those of a tree and no others', async () => {
    expect(await treeProcesses('/')).toContainEqual(
      expect.objectContaining({ pid: process.pid, parentPid: process.ppid }),
    );
    expect(await treeProcesses(cache)).toEqual([]);
  });

  it('ends one that does not heed the signal, and leaves one of another tree', async () => {
    const deaf = spawn(process.execPath, [
      '-e',
      "process.on('SIGTERM', () => {}); console.log(1); setInterval(() => {}, 1e3)",
    ]);
    await new Promise((resolve) => {
      deaf.stdout.once('data', resolve);
    });
    const ended = new Promise((resolve) => {
      deaf.once('exit', (_code, signal) => resolve(signal));
    });
    const one = { pid: deaf.pid ?? 0, parentPid: process.pid, name: 'node' };
    await endProcess(one, cache, 'SIGKILL', 0);
    expect(deaf.exitCode ?? deaf.signalCode).toBeNull();
    await endProcess(one, '/', 'SIGTERM', 200);
    expect(await ended).toBe('SIGKILL');
  });
});

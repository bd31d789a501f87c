import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { descendants, parseStat, parseStatus, watchProcesses } from './process-sampler.ts';

const isLinux = process.platform === 'linux';
const MEBIBYTE = 2 ** 20;
/** The kernel counts time of processes in hundredths of a second. */
const TICK_SECONDS = 0.01;

/** Has a child that computes and ends, then holds memory and says what both took. */
const PARENT = `
const { spawnSync } = require('node:child_process');
const burn = 'const end = process.cpuUsage().user + 300000; while (process.cpuUsage().user < end);' +
  'const { user, system } = process.cpuUsage(); console.log(user + system)';
process.stdin.once('data', () => {
  const before = process.cpuUsage();
  const child = Number(spawnSync(process.execPath, ['-e', burn]).stdout);
  globalThis.held = Buffer.alloc(200 * 2 ** 20, 1);
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ microseconds: child + user + system }));
});
process.stdin.once('end', () => process.exit());
console.log('ready');
`;
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

it('reads the times of a process whose name holds spaces and parentheses', () => {
  const rest = 'S 77 1 1 0 -1 4194560 9 8 7 6 150 50 300 100 20 0 1 0 9 9 9';
  expect(parseStat(`4711 (a) b (c)) ${rest}\n`)).toEqual({ parentPid: 77, cpuSeconds: 6 });
});

it('reads what a process has resident, and nothing of one that is ending', () => {
  const status =
    'Name:\tpostgres\nVmRSS:\t     900 kB\nRssAnon:\t     100 kB\nRssFile:\t     200 kB\nRssShmem:\t     600 kB\n';
  const expected = { anonymous: 100 * 1_024, files: 200 * 1_024, shared: 600 * 1_024 };
  expect(parseStatus(status)).toEqual(expected);
  expect(parseStatus('Name:\tnode\nState:\tZ (zombie)\n')).toEqual({ anonymous: 0, files: 0, shared: 0 });
});

describe.skipIf(!isLinux)('on Linux', () => {
  it('counts children that ended meanwhile, and the most memory there was', async () => {
    const child = spawn(process.execPath, ['-e', PARENT], { stdio: ['pipe', 'pipe', 'inherit'] });
    started.push(child);
    await once(child.stdout, 'data');
    const watch = watchProcesses([child.pid ?? 0]);
    child.stdin.write('go\n');
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { cpuSeconds, peakBytes } = watch.stop();
    const { microseconds } = JSON.parse(line.toString('utf8')) as { microseconds: number };
    // The child's times are rounded down at both ends, and it goes on for some milliseconds after it has said its own.
    expect(cpuSeconds).toBeGreaterThan(microseconds / 1_000_000 - 4 * TICK_SECONDS);
    expect(cpuSeconds).toBeLessThan((1.7 * microseconds) / 1_000_000);
    expect(peakBytes).toBeGreaterThan(200 * MEBIBYTE);
    expect(peakBytes).toBeLessThan(400 * MEBIBYTE);
  });

  it('counts what processes share once', async () => {
    const code = `
      const { spawn } = require('node:child_process');
      const idle = 'process.stdin.resume(); console.log(1)';
      const child = spawn(process.execPath, ['-e', idle], { stdio: ['inherit', 'inherit', 'inherit'] });
    `;
    const child = spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
    started.push(child);
    await once(child.stdout, 'data');
    const root = child.pid ?? 0;
    const pids = descendants([root]);
    expect(pids).toHaveLength(2);
    const both = watchProcesses([root]).stop().peakBytes;
    const second = watchProcesses([pids[1] ?? 0]).stop().peakBytes;
    // The second adds its own pages, but not the program's, which are some 50 MB.
    expect(both).toBeLessThan(2 * second - 20 * MEBIBYTE);
    expect(both).toBeGreaterThan(second);
    child.stdin.end();
  });

  it('refuses a process that does not run', async () => {
    const child = spawn(process.execPath, ['-e', '0']);
    await once(child, 'exit');
    expect(() => watchProcesses([child.pid ?? 0])).toThrow('does not run');
  });
});

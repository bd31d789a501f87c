/** Several real processes behind one port: turns, sums, ends. */
import { spawnSync } from 'node:child_process';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { serveConnections, shareConnections } from '@sandyq/http';
import { createMetrics, recordingLogger } from '@sandyq/telemetry';
import { expect, it, onTestFinished } from 'vitest';
import { ServingProcesses } from './serving-processes.ts';
import { answerWho } from './testing/answer-who.ts';

const WORKER = join(import.meta.dirname, 'testing', 'worker.ts');

async function start(processes: number, file = WORKER) {
  const metrics = createMetrics();
  const { logger, lines } = recordingLogger();
  const givenUp = Promise.withResolvers<void>();
  const others = new ServingProcesses({
    processes,
    command: { file, environment: process.env },
    logger,
    metrics,
    own: (connection) => own.take(connection),
    onGivenUp: givenUp.resolve,
  });
  const own = serveConnections(answerWho(metrics, others.peers), { maxConnections: 100, metrics });
  const listener = await shareConnections({
    host: '127.0.0.1',
    port: 0,
    give: (connection) => others.give(connection),
  });
  others.start();
  let stopped: Promise<unknown> | undefined;
  const stop = () => {
    listener.close();
    return (stopped ??= Promise.all([own.close(), others.stop()]));
  };
  onTestFinished(async () => void (await stop()));
  const serving = () => lines.filter(({ event }) => event === 'worker-serves').length;
  const servingAtLeast = (count: number) =>
    expect.poll(serving, { timeout: 30_000 }).toBeGreaterThanOrEqual(count);
  return { url: listener.url, stop, lines, servingAtLeast, givenUp: givenUp.promise };
}

/** Over a connection of its own unless one is given. */
async function ask(url: string, agent: Agent | false = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      { agent, headers: agent === false ? { connection: 'close' } : {} },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => resolve(text)).on('error', reject);
      },
    );
    asked.on('error', reject).end();
  });
}

async function who(
  url: string,
  path = '/',
  agent: Agent | false = false,
): Promise<{ pid: number; held?: number }> {
  return JSON.parse(await ask(url + path, agent));
}

it('gives connections by turns, all requests of a connection to one process, and adds up the metrics', async () => {
  const { url, servingAtLeast } = await start(3);
  await servingAtLeast(2);
  const pids: number[] = [];
  for (let count = 0; count < 6; count += 1) pids.push((await who(url)).pid);
  expect(new Set(pids.slice(0, 3)).size).toBe(3);
  expect(pids.slice(3)).toEqual(pids.slice(0, 3));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const kept = [await who(url, '/', agent), await who(url, '/', agent), await who(url, '/', agent)];
  agent.destroy();
  expect(new Set(kept.map(({ pid }) => pid)).size).toBe(1);
  // Whichever process is asked: nine answers before, and those to the questions themselves.
  for (let asked = 1; asked <= 3; asked += 1) {
    expect(await ask(`${url}/metrics`)).toContain(`sandyq_answered_total ${9 + asked}\n`);
  }
});

it('tells each process what the others have reserved, and forgets it when one is killed', async () => {
  const { url, servingAtLeast } = await start(3);
  await servingAtLeast(2);
  const holders = [await who(url, '/holds/100'), await who(url, '/holds/20'), await who(url, '/holds/3')];
  const held = async () => {
    const answers = [await who(url, '/held'), await who(url, '/held'), await who(url, '/held')];
    return new Map(answers.map(({ pid, held: bytes }) => [pid, bytes]));
  };
  const [a, b, c] = holders.map(({ pid }) => pid);
  await expect.poll(held).toEqual(
    new Map([
      [a, 23],
      [b, 103],
      [c, 120],
    ]),
  );
  const worker = holders.find(({ pid }) => pid !== process.pid)?.pid ?? 0;
  const own =
    new Map([
      [a, 100],
      [b, 20],
      [c, 3],
    ]).get(worker) ?? 0;
  process.kill(worker, 'SIGKILL');
  const first = async () => (await held()).get(process.pid);
  const ofFirst =
    new Map([
      [a, 100],
      [b, 20],
      [c, 3],
    ]).get(process.pid) ?? 0;
  await expect.poll(first, { timeout: 30_000 }).toBe(123 - ofFirst - own);
});

it('serves on while a worker is dead, and starts another', async () => {
  const { url, servingAtLeast, lines } = await start(2);
  await servingAtLeast(1);
  const before = new Set([(await who(url)).pid, (await who(url)).pid]);
  const worker = [...before].find((pid) => pid !== process.pid) ?? 0;
  process.kill(worker, 'SIGKILL');
  await expect
    .poll(() => lines)
    .toContainEqual(expect.objectContaining({ event: 'worker-ended', signal: 'SIGKILL' }));
  expect((await who(url)).pid).toBe(process.pid);
  await servingAtLeast(2);
  const after = new Set([(await who(url)).pid, (await who(url)).pid]);
  expect(after.size).toBe(2);
  expect(after).not.toContain(worker);
  expect(await ask(`${url}/metrics`)).toMatch(/sandyq_serving_processes 2\n[^]*sandyq_worker_ends_total 1\n/);
});

it('gives what a dead worker was given and has not taken to those that live', async () => {
  const { url, servingAtLeast } = await start(2);
  await servingAtLeast(1);
  const worker = [(await who(url)).pid, (await who(url)).pid].find((pid) => pid !== process.pid) ?? 0;
  process.kill(worker, 'SIGSTOP');
  const asked = Array.from({ length: 8 }, () => who(url));
  const first = await Promise.race(asked);
  expect(first.pid).toBe(process.pid);
  process.kill(worker, 'SIGKILL');
  for (const { pid } of await Promise.all(asked)) expect(pid).not.toBe(worker);
});

it('gives up when workers end as soon as they start', async () => {
  const { url, givenUp, lines } = await start(2, join(import.meta.dirname, 'no-such-program.ts'));
  expect((await who(url)).pid).toBe(process.pid);
  await givenUp;
  expect(lines.filter(({ event }) => event === 'worker-ended')).toHaveLength(5);
});

it('stops when every process has answered what it had begun, and leaves none', async () => {
  const { url, servingAtLeast, stop, lines } = await start(3);
  await servingAtLeast(2);
  const slow = Array.from({ length: 6 }, () => who(url, '/slow'));
  await new Promise((resolve) => setTimeout(resolve, 200));
  await stop();
  const pids = new Set((await Promise.all(slow)).map(({ pid }) => pid));
  expect(pids.size).toBe(3);
  pids.delete(process.pid);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
});

it.skipIf(spawnSync('setpriv', ['--version']).error !== undefined)(
  'a worker that is stopped, and can hear nothing, ends with the first process',
  async () => {
    const { spawn } = await import('node:child_process');
    const first = spawn(process.execPath, [join(import.meta.dirname, 'testing', 'first.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void first.kill('SIGKILL'));
    const pid = await new Promise<number>((resolve) =>
      first.stdout.once('data', (data) => resolve(Number(data))),
    );
    process.kill(pid, 'SIGSTOP');
    first.kill('SIGKILL');
    await expect.poll(() => isRunning(pid)).toBe(false);
  },
);

function isRunning(pid: number): boolean {
  return (
    spawnSync('ps', ['-o', 'stat=', '-p', String(pid)])
      .stdout.toString()
      .trim()
      .replace(/^Z.*/, '') !== ''
  );
}

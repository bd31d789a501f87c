import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';

let pool: WorkerPool | undefined;

function open(overrides: Partial<WorkerPoolOptions> = {}): WorkerPool {
  pool = new WorkerPool({
    entry: new URL('../testing/misbehaving-worker.ts', import.meta.url),
    workerData: undefined,
    mostWorkers: 1,
    mostWaiting: 4,
    timeoutMs: 20_000,
    resourceLimits: { maxOldGenerationSizeMb: 32 },
    ...overrides,
  });
  return pool;
}

afterEach(async () => pool?.close());

describe('a pool', () => {
  it('answers in order of arrival with fewer threads than tasks', async () => {
    const own = open({ mostWorkers: 2 });
    const answers = await Promise.all([1, 2, 3, 4, 5].map((wish) => own.run(wish)));
    expect(answers).toEqual([1, 2, 3, 4, 5].map((echo) => ({ echo })));
    expect(own.load).toEqual({ workers: 2, running: 0, waiting: 0 });
  });

  it.each([
    ['hang', 'timeout', { timeoutMs: 1000 }],
    ['exit', 'worker-crashed', {}],
    ['throw', 'worker-crashed', {}],
    ['reject', 'worker-crashed', {}],
    ['eat memory', 'out-of-memory', {}],
  ])('loses only the task that does: %s', async (wish, code, overrides) => {
    const own = open(overrides);
    const neighbours = [own.run('before'), own.run(wish), own.run('behind')];
    const outcomes = await Promise.allSettled(neighbours);
    expect(outcomes).toMatchObject([
      { value: { echo: 'before' } },
      { reason: { name: 'CodecError', code } },
      { value: { echo: 'behind' } },
    ]);
  });

  it('refuses more than may wait', async () => {
    const own = open({ mostWaiting: 1 });
    const [running, waiting] = [own.run(1), own.run(2)];
    await expect(own.run(3)).rejects.toMatchObject({ code: 'queue-full' });
    await expect(Promise.all([running, waiting])).resolves.toEqual([{ echo: 1 }, { echo: 2 }]);
  });

  it('lets go of waiting and running tasks when their signal says so', async () => {
    const own = open();
    const [first, second] = [new AbortController(), new AbortController()];
    const running = own.run('hang', { signal: first.signal });
    const waiting = own.run('never', { signal: second.signal });
    const behind = own.run('behind');
    second.abort(new Error('second'));
    await expect(waiting).rejects.toThrow('second');
    await sleep(10);
    first.abort(new Error('first'));
    await expect(running).rejects.toThrow('first');
    await expect(behind).resolves.toEqual({ echo: 'behind' });
    await expect(own.run(1, { signal: first.signal })).rejects.toThrow('first');
  });

  it('fails what is not done when it closes, and everything later', async () => {
    const own = open();
    const outcomes = Promise.allSettled([own.run('hang'), own.run('waits')]);
    await own.close();
    const closed = { reason: { code: 'pool-closed' } };
    expect(await outcomes).toMatchObject([closed, closed]);
    await expect(own.run(1)).rejects.toMatchObject({ code: 'pool-closed' });
    expect(own.load).toEqual({ workers: 0, running: 0, waiting: 0 });
  });
});

import { describe, expect, it } from 'vitest';
import { FrameMemory } from './frame-memory.ts';

const never = new AbortController().signal;

function memory(options: Partial<ConstructorParameters<typeof FrameMemory>[0]> = {}) {
  const changes: number[] = [];
  const frames = new FrameMemory({
    mostBytes: 100,
    maxWaitMs: 60_000,
    mostWaiting: 10,
    onChange: (bytes) => changes.push(bytes),
    ...options,
  });
  return { frames, changes };
}

describe('FrameMemory', () => {
  it('gives bytes out in the order of asking, and each back once', async () => {
    const { frames, changes } = memory();
    const first = await frames.reserve(60, never);
    const order: string[] = [];
    const second = frames.reserve(50, never).then((release) => {
      order.push('second');
      return release;
    });
    // It would fit, but who asked before it goes before it.
    const third = frames.reserve(10, never).then((release) => {
      order.push('third');
      return release;
    });
    await Promise.resolve();
    expect(order).toEqual([]);
    first();
    first();
    (await second)();
    (await third)();
    expect([order, changes]).toEqual([
      ['second', 'third'],
      [60, 0, 50, 60, 10, 0],
    ]);
  });

  it('lets one in that is larger than all of it, alone', async () => {
    const { frames, changes } = memory();
    const release = await frames.reserve(1_000, never);
    const next = frames.reserve(1, never);
    release();
    (await next)();
    expect(changes).toEqual([100, 0, 1, 0]);
  });

  it('does not let anybody wait for ever, nor too many', async () => {
    const { frames } = memory({ maxWaitMs: 5, mostWaiting: 1 });
    const release = await frames.reserve(100, never);
    const waiting = frames.reserve(1, never);
    await expect(frames.reserve(1, never)).rejects.toMatchObject({
      code: 'overloaded',
      retryAfterSeconds: 5,
    });
    await expect(waiting).rejects.toMatchObject({ code: 'overloaded' });
    release();
    (await frames.reserve(1, never))();
  });

  it('forgets who gives up, and lets in who waited behind', async () => {
    const { frames, changes } = memory();
    const release = await frames.reserve(60, never);
    const leaving = new AbortController();
    const large = frames.reserve(90, leaving.signal);
    const small = frames.reserve(40, never);
    leaving.abort(new Error('gone'));
    await expect(large).rejects.toThrow('gone');
    (await small)();
    release();
    expect(changes.at(-1)).toBe(0);
    await expect(frames.reserve(1, leaving.signal)).rejects.toThrow('gone');
  });
});

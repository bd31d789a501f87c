import { describe, expect, it } from 'vitest';
import type { FrameBytes } from '../frame-bytes.ts';
import { inOrder } from './in-order.ts';
import { wholeFrames } from './whole-frames.ts';

async function* from<Item>(items: readonly Item[]) {
  yield* items;
}

describe('inOrder', () => {
  it('gives results in order, few at a time', async () => {
    let [running, most] = [0, 0];
    const work = async (item: number) => {
      running += 1;
      most = Math.max(most, running);
      for (let turns = 0; turns < 20 - item; turns += 1) await Promise.resolve();
      running -= 1;
      return item * 10;
    };
    const results = await Array.fromAsync(inOrder(from([1, 2, 3, 4, 5, 6]), work, 3));
    expect([results, most]).toEqual([[10, 20, 30, 40, 50, 60], 3]);
  });

  it('gives what stands before a fault, then throws it', async () => {
    const work = async (item: number) => {
      if (item === 3) throw new Error('third');
      return item;
    };
    const results: number[] = [];
    const all = async () => {
      for await (const result of inOrder(from([1, 2, 3, 4]), work, 2)) results.push(result);
    };
    await expect(all()).rejects.toThrow('third');
    expect(results).toEqual([1, 2]);
  });
});

describe('wholeFrames', () => {
  it('joins the pieces of each frame', async () => {
    const piece = (position: number, isFirst: boolean, ...bytes: number[]): FrameBytes => ({
      position,
      isFirst,
      bytes: Uint8Array.from(bytes),
    });
    const pieces = [piece(0, true, 1), piece(1, true, 2), piece(1, false, 3, 4), piece(2, true)];
    const frames = await Array.fromAsync(wholeFrames(from(pieces)));
    expect(frames.map((frame) => [...frame])).toEqual([[1], [2, 3, 4], []]);
  });
});

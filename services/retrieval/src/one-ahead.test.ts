import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { oneAhead } from './one-ahead.ts';

const doubled = async (item: number) => {
  await turn();
  if (item === 3) throw new RangeError('three');
  return 2 * item;
};

it('gives what was made of each item, in order', async () => {
  expect(await Array.fromAsync(oneAhead([1, 2, 4], doubled))).toEqual([
    [1, 2],
    [2, 4],
    [4, 8],
  ]);
  expect(await Array.fromAsync(oneAhead([], doubled))).toEqual([]);
});

it('begins with the next before the last is given out, and with no other', async () => {
  const begun: number[] = [];
  const begin = (item: number) => {
    begun.push(item);
    return doubled(item);
  };
  const seen: number[][] = [];
  for await (const [item] of oneAhead([1, 2, 4, 5], begin)) seen.push([item, ...begun]);
  expect(seen).toEqual([
    [1, 1, 2],
    [2, 1, 2, 4],
    [4, 1, 2, 4, 5],
    [5, 1, 2, 4, 5],
  ]);
});

it('throws an error at its turn, and never where nobody comes so far', async () => {
  const ahead = oneAhead([1, 3, 4], doubled);
  expect((await ahead.next()).value).toEqual([1, 2]);
  await expect(ahead.next()).rejects.toThrow('three');
  for await (const [item] of oneAhead([1, 3], doubled)) {
    expect(item).toBe(1);
    break;
  }
  await turn();
});

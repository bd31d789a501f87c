import { describe, expect, it } from 'vitest';
import { readAhead } from './read-ahead.ts';

/** Sources named by numbers that note when they begin and end. */
function tracked(failingAt?: number) {
  const begun: number[] = [];
  const ended: number[] = [];
  async function* open(item: number) {
    begun.push(item);
    try {
      if (item === failingAt) throw new Error(`damaged ${item}`);
      // Longer than what is read ahead, so that it is still open when its turn comes.
      yield new Uint8Array(2 * 1024 * 1024).fill(item);
      yield Uint8Array.of(item);
    } finally {
      ended.push(item);
    }
  }
  return { begun, ended, open };
}

const items = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('readAhead', () => {
  it('gives all sources in order and whole', async () => {
    const { open, ended } = tracked();
    const lengths: [number, number][] = [];
    for await (const [item, source] of readAhead(items(9), open)) {
      let length = 0;
      for await (const chunk of source) length += chunk.length;
      lengths.push([item, length]);
    }
    expect(lengths).toEqual(items(9).map((item) => [item, 2 * 1024 * 1024 + 1]));
    expect(new Set(ended)).toEqual(new Set(items(9)));
  });

  it('opens few sources before their turn', async () => {
    const { open, begun } = tracked();
    const reading = readAhead(items(100), open);
    await reading.next();
    expect(begun).toEqual(items(5));
    await reading.return(undefined);
  });

  it('throws the error of a source at its turn, and gives up those behind', async () => {
    const { open, begun, ended } = tracked(2);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const [item, source] of readAhead(items(50), open)) {
        for await (const chunk of source) seen.push(chunk.length > 0 ? item : -1);
      }
    })();
    await expect(reading).rejects.toThrow('damaged 2');
    expect(seen).toEqual([0, 0, 1, 1]);
    await expect.poll(() => ended.length).toBe(begun.length);
  });

  it('gives up everything when the consumer stops', async () => {
    const { open, begun, ended } = tracked();
    for await (const [, source] of readAhead(items(50), open)) {
      await source.next();
      break;
    }
    await expect.poll(() => ended.length).toBe(begun.length);
  });
});

import { describe, expect, it } from 'vitest';
import { answerBody, BegunSource, SMALL_ANSWER_BYTES } from './begun-source.ts';

/** Gives chunks, and notes how many were taken and whether it was told to stop. */
function chunksOf(...chunks: Uint8Array[]) {
  const seen = { taken: 0, isStopped: false };
  async function* generate() {
    try {
      for (const chunk of chunks) {
        seen.taken += 1;
        yield chunk;
      }
    } finally {
      seen.isStopped = true;
    }
  }
  return { seen, source: generate() };
}

async function* failing(...chunks: Uint8Array[]) {
  yield* chunks;
  throw new Error('damaged');
}

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('BegunSource', () => {
  it('is whole when the source ends within the limit', async () => {
    const { source, seen } = chunksOf(bytes(1), bytes(2, 3));
    const begun = await BegunSource.begin(source, 3);
    expect(seen).toEqual({ taken: 2, isStopped: true });
    expect([...(begun.whole ?? [])]).toEqual([1, 2, 3]);
  });

  it('reads no further than the first chunk beyond the limit, and goes on from there', async () => {
    const { source, seen } = chunksOf(bytes(1), bytes(2), bytes(3), bytes(4));
    const begun = await BegunSource.begin(source, 1);
    expect(seen).toEqual({ taken: 2, isStopped: false });
    expect(begun.whole).toBeUndefined();
    const all: number[] = [];
    for await (const chunk of begun) all.push(...chunk);
    expect(all).toEqual([1, 2, 3, 4]);
  });

  it('rejects for a fault in the beginning, and throws a later one when its turn comes', async () => {
    await expect(BegunSource.begin(failing(bytes(1)), 10)).rejects.toThrow('damaged');
    const begun = await BegunSource.begin(failing(bytes(1), bytes(2)), 1);
    await expect(begun.next()).resolves.toMatchObject({ done: false });
    await expect(begun.next()).resolves.toMatchObject({ done: false });
    await expect(begun.next()).rejects.toThrow('damaged');
  });

  it('stops the source when it is given up before anybody iterates it', async () => {
    const { source, seen } = chunksOf(bytes(1), bytes(2), bytes(3));
    const begun = await BegunSource.begin(source, 0);
    await begun.return();
    expect(seen.isStopped).toBe(true);
    await expect(begun.next()).resolves.toMatchObject({ done: true });
  });
});

describe('answerBody', () => {
  it('is pieces for a small answer and a stream for a long one', async () => {
    const small = await answerBody(chunksOf(bytes(7)).source);
    expect(small).toEqual([bytes(7)]);
    const long = await answerBody(chunksOf(new Uint8Array(SMALL_ANSWER_BYTES), bytes(1), bytes(2)).source);
    expect(long).toBeInstanceOf(BegunSource);
  });
});

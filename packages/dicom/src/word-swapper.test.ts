import { describe, expect, it } from 'vitest';
import { swapWords, WordSwapper, wordBytesOf } from './word-swapper.ts';

describe('wordBytesOf', () => {
  it('is 1 for text, bytes and the unknown, which no byte order touches', () => {
    expect((['PN', 'OB', 'UN', 'UT', 'SQ'] as const).map(wordBytesOf)).toEqual([1, 1, 1, 1, 1]);
  });

  it('takes AT for two numbers', () => {
    expect((['AT', 'OW', 'FL', 'OL', 'FD', 'OV'] as const).map(wordBytesOf)).toEqual([2, 2, 4, 4, 8, 8]);
  });
});

describe('swapWords', () => {
  it('turns whole words and leaves a cut one and the original alone', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5);
    expect([...swapWords(bytes, 2)]).toEqual([2, 1, 4, 3, 5]);
    expect([...swapWords(bytes, 4)]).toEqual([4, 3, 2, 1, 5]);
    expect([...swapWords(bytes, 8)]).toEqual([1, 2, 3, 4, 5]);
    expect([...swapWords(bytes, 1)]).toEqual([1, 2, 3, 4, 5]);
    expect([...bytes]).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('WordSwapper', () => {
  it.each([1, 2, 4, 8] as const)('gives the same for any cutting: words of %d', (wordBytes) => {
    const bytes = Uint8Array.from({ length: 83 }, (_, index) => index);
    for (const step of [1, 3, 5, 8, 100]) {
      const swapper = new WordSwapper(wordBytes);
      const pieces: Uint8Array[] = [];
      for (let from = 0; from < bytes.length; from += step) {
        pieces.push(swapper.push(bytes.subarray(from, from + step)));
      }
      pieces.push(swapper.end());
      expect(Buffer.concat(pieces).equals(swapWords(bytes, wordBytes))).toBe(true);
    }
  });
});

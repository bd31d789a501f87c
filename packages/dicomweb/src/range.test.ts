import { describe, expect, it } from 'vitest';
import { contentRange, parseRange, unsatisfiedRange } from './range.ts';

describe('parseRange', () => {
  it.each([
    ['bytes=0-0', { offset: 0, length: 1 }],
    ['bytes=2-5', { offset: 2, length: 4 }],
    ['bytes=2-', { offset: 2, length: 8 }],
    ['bytes=2-100', { offset: 2, length: 8 }],
    ['bytes=-3', { offset: 7, length: 3 }],
    ['bytes=-100', { offset: 0, length: 10 }],
    ['Bytes= 9-9 ', { offset: 9, length: 1 }],
    [undefined, undefined],
    ['bytes=-', undefined],
    ['bytes=5-2', undefined],
    ['bytes=0-1,3-4', undefined],
    ['items=0-1', undefined],
    ['bytes=a-b', undefined],
  ])('%s of ten bytes', (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected);
  });

  it.each([
    ['bytes=10-', 10],
    ['bytes=10-20', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
    ['bytes=-1', 0],
  ])('%s of %i bytes cannot be satisfied', (header, length) => {
    expect(() => parseRange(header, length)).toThrow(
      expect.objectContaining({ code: 'range-not-satisfiable', parameter: 'Range' }),
    );
  });

  it('writes Content-Range', () => {
    expect(contentRange({ offset: 2, length: 4 }, 10)).toBe('bytes 2-5/10');
    expect(unsatisfiedRange(10)).toBe('bytes */10');
  });
});

import { describe, expect, it } from 'vitest';
import { PageAnchors } from './page-anchors.ts';

describe('PageAnchors', () => {
  it('knows where a page ended, by search and offset, for ten minutes', () => {
    let now = 0;
    const anchors = new PageAnchors(() => now);
    anchors.remember('a', 10, ['2024-01-01', 7]);
    anchors.remember('a', 20, ['2023-01-01', 3]);
    expect(anchors.find('a', 10)).toEqual(['2024-01-01', 7]);
    expect(anchors.find('a', 20)).toEqual(['2023-01-01', 3]);
    expect(anchors.find('a', 15)).toBeUndefined();
    expect(anchors.find('b', 10)).toBeUndefined();
    anchors.remember('a', 10, [null, 1]);
    expect(anchors.find('a', 10)).toEqual([null, 1]);
    now = 10 * 60_000;
    expect(anchors.find('a', 10)).toBeUndefined();
  });

  it('forgets the oldest of more than ten thousand', () => {
    const anchors = new PageAnchors(() => 0);
    for (let offset = 0; offset <= 10_000; offset += 1) anchors.remember('a', offset, [offset]);
    expect(anchors.find('a', 0)).toBeUndefined();
    expect(anchors.find('a', 1)).toEqual([1]);
    expect(anchors.find('a', 10_000)).toEqual([10_000]);
  });
});

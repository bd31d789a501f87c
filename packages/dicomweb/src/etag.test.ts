import { describe, expect, it } from 'vitest';
import { entityTag, isMatchFulfilled, isNoneMatchFulfilled, isRangeWanted } from './etag.ts';

const tag = entityTag(7, 'application/dicom+json');

describe('entityTag', () => {
  it('is strong, quoted and tells its parts apart', () => {
    expect(tag).toBe('"7:application%2Fdicom%2Bjson"');
    expect(entityTag('a', 'b:c')).not.toBe(entityTag('a:b', 'c'));
    expect(entityTag('"')).toBe('"%22"');
  });
});

describe('conditions', () => {
  it.each([
    [undefined, false, true],
    ['*', true, true],
    [tag, true, true],
    [`W/${tag}`, true, false],
    [`"x", ${tag}`, true, true],
    ['"x"', false, false],
    ['nonsense', false, false],
  ])('%s', (header, noneMatch, match) => {
    expect(isNoneMatchFulfilled(header, tag)).toBe(noneMatch);
    expect(isMatchFulfilled(header, tag)).toBe(match);
  });

  it('If-Range wants exactly this tag', () => {
    expect(isRangeWanted(undefined, tag)).toBe(true);
    expect(isRangeWanted(tag, tag)).toBe(true);
    expect(isRangeWanted(`W/${tag}`, tag)).toBe(false);
    expect(isRangeWanted('Sat, 29 Oct 1994 19:43:31 GMT', tag)).toBe(false);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { essenceOf, formatMediaType, parseMediaType, parseMediaTypeList } from './media-type.ts';

function shape(text: string): unknown {
  const mediaType = parseMediaType(text);
  return mediaType === undefined
    ? undefined
    : [essenceOf(mediaType), Object.fromEntries(mediaType.parameters)];
}

describe('parseMediaType', () => {
  it.each([
    ['application/dicom', ['application/dicom', {}]],
    [' Application/DICOM ', undefined],
    ['Application/DICOM ', ['application/dicom', {}]],
    [
      'multipart/related; type="application/dicom"; boundary=a',
      ['multipart/related', { type: 'application/dicom', boundary: 'a' }],
    ],
    [
      'multipart/related;type=application/dicom;boundary=a',
      ['multipart/related', { type: 'application/dicom', boundary: 'a' }],
    ],
    ['a/b ; C = d', ['a/b', { c: 'd' }]],
    ['a/b; c="d\\"\\\\; e"', ['a/b', { c: 'd"\\; e' }]],
    ['a/b; c=1; C=2', ['a/b', { c: '1' }]],
    ['a/b;; c=1;', ['a/b', { c: '1' }]],
    ['a/b; boundary=gc0p4Jq0M:2Yt08j,U534c0p?=', ['a/b', { boundary: 'gc0p4Jq0M:2Yt08j,U534c0p?=' }]],
    ['a', undefined],
    ['a/', undefined],
    ['/b', undefined],
    ['a/b c', undefined],
    ['a/b; c', undefined],
    ['a/b; c="d', undefined],
    ['', undefined],
  ])('reads %s', (text, expected) => {
    expect(shape(text)).toEqual(expected);
  });

  it('reads back what formatMediaType writes', () => {
    const value = fc.string({ minLength: 1, unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,8}$/), value), (parameters) => {
        const text = formatMediaType('multipart/related', Object.entries(parameters));
        expect(shape(text)).toEqual(['multipart/related', parameters]);
      }),
    );
  });

  it('ends in bounded time on anything', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect([undefined, 'object']).toContain(parseMediaType(text) === undefined ? undefined : 'object');
      }),
    );
    expect(parseMediaType(`a/b${';'.repeat(100_000)}`)).toBeDefined();
  });
});

describe('parseMediaTypeList', () => {
  it('separates at commas outside of quotes', () => {
    const list = parseMediaTypeList('a/b;c="d,e", ,f/g;h=i;q=.5,*;q=.2');
    expect(list?.map(essenceOf)).toEqual(['a/b', 'f/g', '*/*']);
    expect(list?.[0]?.parameters.get('c')).toBe('d,e');
  });

  it('is undefined if one element cannot be read', () => {
    expect(parseMediaTypeList('a/b, nonsense')).toBeUndefined();
    expect(parseMediaTypeList('')).toEqual([]);
  });
});

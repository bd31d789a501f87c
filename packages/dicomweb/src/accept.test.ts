import { describe, expect, it } from 'vitest';
import { parseAccept } from './accept.ts';
import { essenceOf } from './media-type.ts';

describe('parseAccept', () => {
  it('reads weights and parameters, also behind the weight', () => {
    const { header, query } = parseAccept(
      'multipart/related; type="application/dicom";transfer-syntax=1.2;q=0.5;boundary=**, application/dicom+json',
    );
    expect(query).toEqual([]);
    expect(header.map((range) => [essenceOf(range), range.quality])).toEqual([
      ['multipart/related', 0.5],
      ['application/dicom+json', 1],
    ]);
    expect(Object.fromEntries(header[0]?.parameters ?? [])).toEqual({
      type: 'application/dicom',
      'transfer-syntax': '1.2',
      boundary: '**',
    });
  });

  it.each([undefined, '', ' '])('takes the header %j for anything', (text) => {
    expect(parseAccept(text).header.map(essenceOf)).toEqual(['*/*']);
  });

  it('takes nothing for granted beside a query parameter', () => {
    expect(parseAccept(undefined, 'application/dicom').header).toEqual([]);
  });

  it('restores the plus that a query turns into a space', () => {
    const value = new URLSearchParams(
      'accept=multipart/related;type="application/dicom+xml",application/dicom+json',
    ).get('accept');
    const { query } = parseAccept(undefined, value);
    expect(query[0]?.parameters.get('type')).toBe('application/dicom+xml');
    expect(query.map(essenceOf)).toEqual(['multipart/related', 'application/dicom+json']);
  });

  it.each([
    ['nonsense', []],
    ['nonsense, a/b', ['a/b 1']],
    ['a/b;q=2, c/d;q=x, e/f;q=0.3', ['a/b 1', 'c/d 1', 'e/f 0.3']],
    ['a/b;type="x,y";q=0.5, ,/, c', ['a/b 0.5']],
    ['a/b;p="open, c/d', ['c/d 1']],
  ])('ignores what is not valid in the header %s (PS3.18 §8.7.7)', (text, expected) => {
    const { header } = parseAccept(text);
    expect(header.map((range) => `${essenceOf(range)} ${range.quality}`)).toEqual(expected);
  });

  it.each([
    [`${'a/b,'.repeat(10_000)}c/d`, null, 'Accept'],
    [undefined, 'nonsense', 'accept'],
    [undefined, 'a/b;q=2', 'accept'],
  ])('refuses %s %s, naming the place', (header, query, parameter) => {
    expect(() => parseAccept(header, query)).toThrow(
      expect.objectContaining({ code: 'bad-request', parameter }),
    );
  });
});

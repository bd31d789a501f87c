import { describe, expect, it } from 'vitest';
import { JsonArraySplitter } from './json-array-splitter.ts';

/** The data sets of a body that comes in pieces of this length. */
function split(text: string, pieceBytes: number, longest = 1_000): string[] {
  const body = Buffer.from(text);
  const splitter = new JsonArraySplitter(longest);
  const ranges = [];
  for (let from = 0; from < body.length; from += pieceBytes)
    ranges.push(...splitter.push(body.subarray(from, from + pieceBytes)));
  splitter.end();
  return ranges.map(({ offset, length }) => body.toString('utf8', offset, offset + length));
}

describe('JsonArraySplitter', () => {
  const sets = ['{"a":"}{][\\"\\\\"}', '{}', '{"b":{"c":[{"d":"қ"}]}}'];

  it.each([1, 2, 3, 7, 1_000])('finds the objects of an array, in pieces of %i bytes', (pieceBytes) => {
    expect(split(`\ufeff [ ${sets.join(' ,\r\n')} ] \n`, pieceBytes)).toEqual(sets);
    expect(split('[]', pieceBytes)).toEqual([]);
    expect(split(` ${sets[0]} `, pieceBytes)).toEqual([sets[0]]);
  });

  it.each(['', '[', '[{}', '[{}, ', '{"a":"}', '[{"a":1'])('is not at its end: %j', (text) => {
    expect(() => split(text, 10)).toThrow(expect.objectContaining({ code: 'truncated' }));
  });

  it.each(['x', '[1]', '[{}{}]', '[,{}]', '[{},]', '{}{}', '[] {}', '[[{}]]', '"{}"', 'null'])(
    'is no array of objects: %j',
    (text) => {
      expect(() => split(text, 10)).toThrow(expect.objectContaining({ code: 'malformed' }));
    },
  );

  it('holds no data set that is too long; those before stand', () => {
    const splitter = new JsonArraySplitter(10);
    expect(splitter.push(Buffer.from('[{"a":1},'))).toHaveLength(1);
    expect(() => splitter.push(Buffer.from('{"a":12345678'))).toThrow(
      expect.objectContaining({ code: 'limit-exceeded' }),
    );
  });
});

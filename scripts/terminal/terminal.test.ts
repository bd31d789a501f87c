import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatSeconds, formatTime } from './format.ts';
import { details, table } from './table.ts';
import { userPath } from './user-path.ts';

describe('numbers', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [999_949, '1.0 MB'],
    [1_234_567, '1.2 MB'],
    [123_456_789, '123 MB'],
    [5e15, '5.0 PB'],
  ])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, '0'],
    [1_000, '1 000'],
    [1_234_567, '1 234 567'],
  ])('count %i is %s', (count, text) => expect(formatCount(count)).toBe(text));

  it.each([
    [0.25, '0.3 s'],
    [59.6, '1 min 0 s'],
    [75, '1 min 15 s'],
    [7_265, '2 h 1 min'],
  ])('%f seconds are %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

  it('shows times in UTC', () => {
    expect(formatTime(new Date('2026-03-01T08:00:00.123Z'))).toBe('2026-03-01T08:00:00Z');
    expect(formatTime(undefined)).toBe('-');
  });
});

describe('table', () => {
  it('lines columns up, numbers to the right, wide characters counted twice', () => {
    expect(
      table(
        ['NAME', 'SIZE', 'NOTE'],
        [
          ['병원', 5, undefined],
          ['clinic', 1_000, 'x'],
        ],
      ).split('\n'),
    ).toEqual(['NAME    SIZE  NOTE', '병원       5  -', 'clinic  1000  x']);
  });

  it('says that there is nothing', () => expect(table(['NAME'], [])).toBe('None.'));
});

describe('details', () => {
  it('leaves out what has no value', () => {
    expect(
      details([
        ['code', 'A'],
        ['character set', undefined],
        ['count', 0],
      ]),
    ).toBe('code   A\ncount  0');
  });
});

describe('userPath', () => {
  it('is relative to where npm was called', () => {
    expect(userPath('x', { npm_lifecycle_event: 'import', INIT_CWD: '/home/anna' })).toBe('/home/anna/x');
    expect(userPath('/y', { npm_lifecycle_event: 'import', INIT_CWD: '/home/anna' })).toBe('/y');
    expect(userPath('x', { INIT_CWD: '/home/anna' })).toBe(`${process.cwd()}/x`);
  });

  it('is never the current folder because a variable had no value', () => {
    expect(() => userPath('')).toThrow('The path is empty: name a file or a folder.');
  });
});

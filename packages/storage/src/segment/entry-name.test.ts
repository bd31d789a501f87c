import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StorageError } from '../errors.ts';
import { entryName } from './entry-name.ts';

describe('entryName', () => {
  it('is the ordinal and the UID', () => {
    expect(entryName(1, '1.2.840.1', 'part10')).toBe('1-1.2.840.1.dcm');
    expect(entryName(12, '1.2.840.1', 'received')).toBe('12-1.2.840.1.part');
  });

  it('encodes everything that could mean something to a file system or a shell', () => {
    expect(entryName(1, '../a b%', 'part10')).toBe('1-..%2Fa%20b%25.dcm');
    expect(entryName(1, 'ә', 'part10')).toBe('1-%D3%99.dcm');
  });

  it('never gives two UIDs the same name, and can be read back', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (uid) => {
        const name = entryName(3, uid, 'part10');
        expect(name).toMatch(/^3-[0-9A-Za-z._%-]+\.dcm$/);
        expect(decodeURIComponent(name.slice(2, -4))).toBe(uid);
      }),
    );
  });

  it('refuses what no name can be made of', () => {
    for (const [ordinal, uid] of [
      [0, '1.2'],
      [1.5, '1.2'],
      [1, ''],
      [1, '\ud800'],
    ] as const) {
      expect(() => entryName(ordinal, uid, 'part10')).toThrow(StorageError);
    }
  });
});

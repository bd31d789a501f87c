import { describe, expect, it } from 'vitest';
import { type TransferSyntax, TransferSyntaxes, transferSyntaxOf } from './transfer-syntax.ts';
import { isWellFormedUid } from './uid.ts';

const all: readonly TransferSyntax[] = Object.values(TransferSyntaxes);

describe('transfer syntaxes', () => {
  it('have different, well-formed UIDs and names, and are found by UID', () => {
    expect(new Set(all.map(({ uid }) => uid)).size).toBe(all.length);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all.filter(({ uid }) => !isWellFormedUid(uid) || transferSyntaxOf(uid)?.uid !== uid)).toEqual([]);
  });

  it('knows none but those', () => {
    expect(transferSyntaxOf('1.2.840.10008.1.2.')).toBeUndefined();
    expect(transferSyntaxOf('')).toBeUndefined();
  });

  it.each([
    ['1.2.840.10008.1.2', { explicitVr: false, encapsulated: false, compression: 'none' }],
    ['1.2.840.10008.1.2.1.98', { encapsulated: true, compression: 'none', lossy: 'never' }],
    ['1.2.840.10008.1.2.1.99', { deflated: true, encapsulated: false }],
    ['1.2.840.10008.1.2.2', { byteOrder: 'big', pixelDataByteOrder: 'big', explicitVr: true, retired: true }],
    ['1.2.840.10008.1.2.4.50', { compression: 'jpeg-baseline', lossy: 'always', encapsulated: true }],
    ['1.2.840.10008.1.2.4.57', { compression: 'jpeg-lossless', lossy: 'never' }],
    ['1.2.840.10008.1.2.4.81', { compression: 'jpeg-ls', lossy: 'possible' }],
    ['1.2.840.10008.1.2.4.91', { compression: 'jpeg-2000', lossy: 'possible' }],
    ['1.2.840.10008.1.2.4.95', { deflated: true, encapsulated: false }],
    ['1.2.840.10008.1.2.4.102', { compression: 'h264', lossy: 'always' }],
    ['1.2.840.10008.1.2.4.111', { compression: 'jpeg-xl', lossy: 'always' }],
    ['1.2.840.10008.1.2.4.202', { compression: 'htj2k', lossy: 'never' }],
    ['1.2.840.10008.1.2.5', { compression: 'rle', lossy: 'never' }],
    ['1.2.840.113619.5.2', { byteOrder: 'little', pixelDataByteOrder: 'big', explicitVr: false }],
  ])('%s', (uid, facts) => {
    expect(transferSyntaxOf(uid)).toMatchObject(facts);
  });

  it('compression without encapsulation or the contrary is rare', () => {
    const odd = all.filter(({ encapsulated, compression }) => encapsulated !== (compression !== 'none'));
    expect(odd.map(({ uid }) => uid.slice('1.2.840.10008.1.2.'.length))).toEqual([
      '1.98',
      '4.94',
      '4.95',
      '4.204',
      '4.205',
      '6.1',
      '6.2',
      '7.1',
      '7.2',
      '7.3',
    ]);
  });
});

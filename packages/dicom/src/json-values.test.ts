import { describe, expect, it } from 'vitest';
import { inlineBinaryOf, isWholeNumbers, jsonNumbers, numberOrText } from './json-values.ts';

function hex(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(' ', ''), 'hex');
}

describe('jsonNumbers', () => {
  it.each([
    ['US', '0100 ffff', '0001 ffff', [1, 65_535]],
    ['SS', '0100 ffff', '0001 ffff', [1, -1]],
    ['UL', '01000000 ffffffff', '00000001 ffffffff', [1, 4_294_967_295]],
    ['SL', '01000000 ffffffff', '00000001 ffffffff', [1, -1]],
    ['FL', '0000803f cdcccc3d', '3f800000 3dcccccd', [1, Math.fround(0.1)]],
    ['FD', '9a9999999999b93f', '3fb999999999999a', [0.1]],
    [
      'UV',
      'ffffffffffff1f00 0000000000002000',
      '001fffffffffffff 0020000000000000',
      [9_007_199_254_740_991, '9007199254740992'],
    ],
    [
      'SV',
      'ffffffffffffffff 0000000000000080',
      'ffffffffffffffff 8000000000000000',
      [-1, '-9223372036854775808'],
    ],
    ['AT', '18001063 e07f1000', '00186310 7fe00010', ['00186310', '7FE00010']],
  ] as const)('reads %s in both byte orders', (vr, little, big, values) => {
    expect(jsonNumbers(hex(little), vr, 'little')).toEqual(values);
    expect(jsonNumbers(hex(big), vr, 'big')).toEqual(values);
  });

  it('writes what is no number as text', () => {
    expect(jsonNumbers(hex('0000c07f 0000807f 000080ff'), 'FL', 'little')).toEqual(['NaN', 'inf', '-inf']);
    expect(jsonNumbers(hex('000000000000f87f'), 'FD', 'little')).toEqual(['NaN']);
  });

  it('leaves bytes after the last whole value out, also in views that are not aligned', () => {
    expect(jsonNumbers(hex('00 0100 02').subarray(1), 'US', 'little')).toEqual([1]);
    expect(jsonNumbers(hex('01'), 'US', 'little')).toEqual([]);
    expect([
      isWholeNumbers(hex('0100'), 'US'),
      isWholeNumbers(hex('01'), 'US'),
      isWholeNumbers(hex('01'), 'LO'),
    ]).toEqual([true, false, true]);
  });
});

describe('numberOrText', () => {
  it.each([
    ['IS', '12', 12],
    ['IS', '+012', 12],
    ['IS', '-7', -7],
    ['IS', '1.5', '1.5'],
    ['IS', '0x10', '0x10'],
    ['IS', '9007199254740993', '9007199254740993'],
    ['IS', '1 2', '1 2'],
    ['DS', '0.661468', 0.661468],
    ['DS', '1.', 1],
    ['DS', '.5', 0.5],
    ['DS', '-1.5E+3', -1500],
    ['DS', '-0.0', 0],
    ['DS', '1e400', '1e400'],
    ['DS', '1,5', '1,5'],
    ['DS', 'NaN', 'NaN'],
    ['DS', 'Infinity', 'Infinity'],
    ['DS', '1.9.10.0', '1.9.10.0'],
  ] as const)('reads %s %s as %j', (vr, text, value) => {
    expect(numberOrText(text, vr)).toBe(value);
  });
});

describe('inlineBinaryOf', () => {
  it('gives little endian bytes whatever the source was, and leaves the source alone', () => {
    const bytes = hex('0001020304050607');
    const swapped = [
      ['OB', '0001020304050607'],
      ['UN', '0001020304050607'],
      ['OW', '0100030205040706'],
      ['OF', '0302010007060504'],
      ['OL', '0302010007060504'],
      ['OD', '0706050403020100'],
      ['OV', '0706050403020100'],
    ] as const;
    for (const [vr, little] of swapped) {
      expect([vr, inlineBinaryOf(bytes, vr, 'big')]).toEqual([vr, hex(little).toString('base64')]);
      expect(inlineBinaryOf(bytes, vr, 'little')).toBe(bytes.toString('base64'));
    }
    expect(bytes).toEqual(hex('0001020304050607'));
  });
});

import { describe, expect, it } from 'vitest';
import { element, part10, sequence } from '../test-support/encode.ts';
import type { DataSet } from './data-set.ts';
import { readPart10 } from './part10-reader.ts';
import { Tags } from './tag.ts';
import {
  floatsOf,
  intOf,
  intsOf,
  itemsOf,
  readFloats,
  readIntegers,
  readStrings,
  stringOf,
  stringsOf,
  uidOf,
} from './values.ts';

const tag = 0x00091001;

function dataSetWith(vr: string, value: string | Uint8Array): DataSet {
  return readPart10(part10(element(tag, vr, value))).dataSet;
}

function bytesOf(array: ArrayBufferView): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

describe('whole numbers', () => {
  it.each([
    ['US', bytesOf(Uint16Array.of(1, 65_535)), [1, 65_535]],
    ['SS', bytesOf(Int16Array.of(-1, 7)), [-1, 7]],
    ['UL', bytesOf(Uint32Array.of(4_000_000_000)), [4_000_000_000]],
    ['SL', bytesOf(Int32Array.of(-5)), [-5]],
    ['UV', bytesOf(BigUint64Array.of(2n ** 40n)), [2 ** 40]],
    ['SV', bytesOf(BigInt64Array.of(-(2n ** 40n))), [-(2 ** 40)]],
    ['AT', Buffer.from([0x08, 0x00, 0x18, 0x00]), [Tags.SOPInstanceUID]],
    ['IS', '12\\ -3 \\+4', [12, -3, 4]],
  ])('%s', (vr, value, numbers) => {
    expect(readIntegers(dataSetWith(vr, value), tag)).toEqual({ state: 'values', values: numbers });
    expect(intsOf(dataSetWith(vr, value), tag)).toEqual(numbers);
    expect(intOf(dataSetWith(vr, value), tag)).toBe(numbers[0]);
  });

  it.each([
    ['IS', '1A'],
    ['IS', '1.5'],
    ['IS', '1\\'],
    ['US', Buffer.alloc(3)],
    ['UV', Buffer.alloc(8, 0xff)],
    ['LO', '12'],
    ['FD', Buffer.alloc(8)],
  ])('%s that is none is invalid, not absent', (vr, value) => {
    expect(readIntegers(dataSetWith(vr, value), tag)).toEqual({ state: 'invalid' });
    expect(intOf(dataSetWith(vr, value), tag)).toBeUndefined();
  });
});

describe('numbers', () => {
  it.each([
    ['DS', '1.5\\-2e3\\.5\\3. ', [1.5, -2000, 0.5, 3]],
    ['FL', bytesOf(Float32Array.of(0.5)), [0.5]],
    ['FD', bytesOf(Float64Array.of(0.1, Number.NaN)), [0.1, Number.NaN]],
    ['US', bytesOf(Uint16Array.of(3)), [3]],
  ])('%s', (vr, value, numbers) => {
    expect(floatsOf(dataSetWith(vr, value), tag)).toEqual(numbers);
  });

  it.each(['1,5', '0x10', 'Infinity', 'NaN', '1\\x'])('DS "%s" is invalid', (text) => {
    expect(readFloats(dataSetWith('DS', text), tag)).toEqual({ state: 'invalid' });
  });
});

describe('texts', () => {
  it('splits and trims by VR', () => {
    expect(stringsOf(dataSetWith('CS', 'ORIGINAL\\ PRIMARY '), tag)).toEqual(['ORIGINAL', 'PRIMARY']);
    expect(stringsOf(dataSetWith('UI', '1.2\\1.3\0'), tag)).toEqual(['1.2', '1.3']);
    expect(stringsOf(dataSetWith('LT', ' a\\b  '), tag)).toEqual([' a\\b']);
    expect(stringOf(dataSetWith('SH', 'x\\y'), tag)).toBe('x');
  });

  it('decodes with what it is given', () => {
    const decode = (bytes: Uint8Array) => [Buffer.from(bytes).toString('utf8')];
    expect(stringOf(dataSetWith('PN', 'Ð¨Ð'), tag, decode)).toBe(
      Buffer.from('Ð¨Ð', 'latin1').toString('utf8'),
    );
  });

  it('takes one UID only', () => {
    expect(uidOf(dataSetWith('UI', '1.2\0'), tag)).toBe('1.2');
    expect(uidOf(dataSetWith('UI', '1.2\\1.3'), tag)).toBeUndefined();
  });
});

describe('absent, empty, invalid', () => {
  it('are three results', () => {
    expect(readStrings(dataSetWith('LO', 'x'), Tags.PatientID)).toEqual({ state: 'absent' });
    expect(readStrings(dataSetWith('LO', ''), tag)).toEqual({ state: 'empty' });
    expect(readStrings(dataSetWith('LO', '  '), tag)).toEqual({ state: 'empty' });
    expect(readStrings(dataSetWith('US', Buffer.alloc(2)), tag)).toEqual({ state: 'invalid' });
    expect(readIntegers(dataSetWith('IS', '  '), tag)).toEqual({ state: 'empty' });
    expect(readIntegers(dataSetWith('US', ''), tag)).toEqual({ state: 'empty' });
  });

  it('a value that was not kept is invalid', () => {
    expect(readStrings(dataSetWith('UT', 'x'.repeat(70_000)), tag)).toEqual({ state: 'invalid' });
  });
});

describe('UN', () => {
  it('of a known tag is read as implicit VR little endian', () => {
    const rows = readPart10(part10(element(Tags.Rows, 'UN', Buffer.from([2, 1])))).dataSet;
    expect(intOf(rows, Tags.Rows)).toBe(258);
    const name = readPart10(part10(element(Tags.PatientID, 'UN', 'id'))).dataSet;
    expect(stringOf(name, Tags.PatientID)).toBe('id');
  });

  it('of an unknown tag is invalid', () => {
    expect(readStrings(dataSetWith('UN', 'xx'), tag)).toEqual({ state: 'invalid' });
  });
});

describe('items', () => {
  it('are there or not', () => {
    const { dataSet } = readPart10(part10(sequence(tag, [Buffer.alloc(0)])));
    expect(itemsOf(dataSet, tag)).toHaveLength(1);
    expect(itemsOf(dataSet, Tags.ContentSequence)).toBeUndefined();
  });
});

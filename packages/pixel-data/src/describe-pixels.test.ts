import { type DataSet, type Tag, Tags, type Vr } from '@sandyq/dicom';
import { describe, expect, it } from 'vitest';
import { bitsPerFrame, describePixels } from './describe-pixels.ts';

function dataSetOf(values: readonly (readonly [tag: Tag, vr: Vr, value: Uint8Array])[]): DataSet {
  return {
    elements: new Map(
      values.map(([tag, vr, value]) => [tag, { tag, vr, offset: 0, length: value.length, value }]),
    ),
  };
}

function short(value: number, byteOrder: 'little' | 'big' = 'little'): Uint8Array {
  return byteOrder === 'little'
    ? Uint8Array.of(value & 0xff, value >> 8)
    : Uint8Array.of(value >> 8, value & 0xff);
}

function text(value: string): Uint8Array {
  return Buffer.from(value, 'latin1');
}

function imageWith(numberOfFrames?: string): DataSet {
  return dataSetOf([
    [Tags.SamplesPerPixel, 'US', short(1)],
    [Tags.PhotometricInterpretation, 'CS', text('MONOCHROME2 ')],
    ...(numberOfFrames === undefined ? [] : [[Tags.NumberOfFrames, 'IS', text(numberOfFrames)] as const]),
    [Tags.Rows, 'US', short(512)],
    [Tags.Columns, 'US', short(300)],
    [Tags.BitsAllocated, 'US', short(16)],
  ]);
}

describe('describePixels', () => {
  it('reads the Image Pixel attributes', () => {
    expect(describePixels(imageWith(), 'little')).toEqual({
      rows: 512,
      columns: 300,
      samplesPerPixel: 1,
      bitsAllocated: 16,
      photometricInterpretation: 'MONOCHROME2',
      numberOfFrames: 1,
      numberOfFramesSource: 'absent',
    });
  });

  it('reads big-endian numbers', () => {
    const dataSet = dataSetOf([
      [Tags.SamplesPerPixel, 'US', short(3, 'big')],
      [Tags.PlanarConfiguration, 'US', short(1, 'big')],
      [Tags.Rows, 'US', short(2, 'big')],
      [Tags.Columns, 'US', short(258, 'big')],
      [Tags.BitsAllocated, 'US', short(8, 'big')],
    ]);
    expect(describePixels(dataSet, 'big')).toMatchObject({
      samplesPerPixel: 3,
      planarConfiguration: 1,
      columns: 258,
      photometricInterpretation: '',
    });
  });

  it.each([
    ['12', 12, 'stated'],
    [' 3 ', 3, 'stated'],
    ['+4', 4, 'stated'],
    ['7\0', 7, 'stated'],
    ['', 1, 'empty'],
    ['  ', 1, 'empty'],
    ['1A', 1, 'invalid'],
    ['0', 1, 'invalid'],
    ['-2', 1, 'invalid'],
    ['1.5', 1, 'invalid'],
    ['2\\3', 1, 'invalid'],
  ])('reads Number of Frames %j', (value, numberOfFrames, numberOfFramesSource) => {
    expect(describePixels(imageWith(value), 'little')).toMatchObject({
      numberOfFrames,
      numberOfFramesSource,
    });
  });

  it.each([Tags.Rows, Tags.Columns, Tags.SamplesPerPixel, Tags.BitsAllocated])(
    'describes nothing without %i or with zero, nothing or two values in it',
    (tag) => {
      for (const value of [undefined, short(0), new Uint8Array(0), Uint8Array.of(1, 0, 2, 0)]) {
        const elements = new Map(imageWith().elements);
        if (value === undefined) elements.delete(tag);
        else elements.set(tag, { tag, vr: 'US', offset: 0, length: value.length, value });
        expect(describePixels({ elements }, 'little')).toBeUndefined();
      }
    },
  );
});

describe('bitsPerFrame', () => {
  it('rounds subsampled frames up to whole bits only', () => {
    const description = describePixels(imageWith(), 'little');
    if (description === undefined) throw new Error('described image expected');
    expect(bitsPerFrame(description)).toBe(512 * 300 * 16);
    expect(bitsPerFrame({ ...description, rows: 3, columns: 5, bitsAllocated: 1 })).toBe(15);
    const colour = { ...description, samplesPerPixel: 3, bitsAllocated: 8 };
    expect(bitsPerFrame({ ...colour, photometricInterpretation: 'YBR_FULL_422' })).toBe(512 * 300 * 16);
    expect(bitsPerFrame({ ...colour, photometricInterpretation: 'YBR_PARTIAL_420' })).toBe(512 * 300 * 12);
  });
});

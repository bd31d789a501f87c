import { type NativePixelData, Tags } from '@sandyq/dicom';
import { describe, expect, it } from 'vitest';
import type { PixelDescription } from './describe-pixels.ts';
import { PixelDataError } from './errors.ts';
import { layoutPixelData } from './layout-pixel-data.ts';

const little = { compression: 'none', deflated: false, pixelDataByteOrder: 'little' } as const;
const big = { ...little, pixelDataByteOrder: 'big' } as const;

function described(overrides: Partial<PixelDescription> = {}): PixelDescription {
  return {
    rows: 4,
    columns: 6,
    samplesPerPixel: 1,
    bitsAllocated: 16,
    photometricInterpretation: 'MONOCHROME2',
    numberOfFrames: 1,
    numberOfFramesSource: 'absent',
    ...overrides,
  };
}

function native(length: number, vr: NativePixelData['vr'] = 'OW'): NativePixelData {
  return { kind: 'native', tag: Tags.PixelData, vr, offset: 1000, length };
}

function faultOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('native pixel data', () => {
  it('lays frames one after another', () => {
    const description = described({ numberOfFrames: 3, numberOfFramesSource: 'stated' });
    expect(layoutPixelData(native(144), description, little)).toEqual({
      layout: { kind: 'native', offset: 1000, length: 144, bitsPerFrame: 384, frames: 3 },
      warnings: [],
    });
  });

  it('counts 1-bit frames in bits', () => {
    const description = described({
      rows: 3,
      columns: 3,
      bitsAllocated: 1,
      numberOfFrames: 5,
      numberOfFramesSource: 'stated',
    });
    const { layout, warnings } = layoutPixelData(native(6, 'OB'), description, little);
    expect(layout).toMatchObject({ bitsPerFrame: 9, frames: 5 });
    expect(warnings).toEqual([]);
  });

  it.each([
    ['YBR_FULL_422', 4 * 6 * 2],
    ['YBR_PARTIAL_422', 4 * 6 * 2],
    ['YBR_PARTIAL_420', (4 * 6 * 3) / 2],
    ['YBR_FULL', 4 * 6 * 3],
    ['RGB', 4 * 6 * 3],
  ])('knows the size of a %s frame', (photometricInterpretation, bytes) => {
    const description = described({ samplesPerPixel: 3, bitsAllocated: 8, photometricInterpretation });
    const { layout, warnings } = layoutPixelData(native(bytes), description, little);
    expect(layout).toMatchObject({ bitsPerFrame: bytes * 8, frames: 1 });
    expect(warnings).toEqual([]);
  });

  it('believes the length when chroma is called subsampled but is not', () => {
    const description = described({
      samplesPerPixel: 3,
      bitsAllocated: 8,
      photometricInterpretation: 'YBR_FULL_422',
      numberOfFrames: 2,
      numberOfFramesSource: 'stated',
    });
    const { layout, warnings } = layoutPixelData(native(144), description, little);
    expect(layout).toMatchObject({ bitsPerFrame: 72 * 8, frames: 2 });
    expect(warnings).toEqual(['chroma-not-subsampled']);
  });

  it('refuses what is too short and says by how much', () => {
    const error = faultOf(() => layoutPixelData(native(46), described(), little));
    expect(error).toBeInstanceOf(PixelDataError);
    expect(error).toMatchObject({ code: 'pixel-data-too-short', expected: 48, actual: 46 });
  });

  it('refuses a claim of more bytes than any machine has, without making them', () => {
    const huge = described({
      rows: 65_535,
      columns: 65_535,
      samplesPerPixel: 65_535,
      bitsAllocated: 65_535,
      numberOfFrames: 9_999_999_999,
      numberOfFramesSource: 'stated',
    });
    expect(faultOf(() => layoutPixelData(native(48), huge, little))).toMatchObject({
      code: 'pixel-data-too-short',
      actual: 48,
    });
  });

  it('accepts an empty value as pixel data without frames', () => {
    expect(layoutPixelData(native(0), described(), little)).toEqual({
      layout: { kind: 'native', offset: 1000, length: 0, bitsPerFrame: 384, frames: 0 },
      warnings: ['pixel-data-empty'],
    });
  });

  it('keeps what is not described as pixel data without frames', () => {
    const { layout, warnings } = layoutPixelData(native(48), undefined, little);
    expect(layout).toMatchObject({ frames: 0, length: 48 });
    expect(warnings).toEqual(['pixels-not-described']);
  });

  it('warns of bytes after the last frame, except one of padding', () => {
    const odd = described({ rows: 3, columns: 3, bitsAllocated: 8 });
    expect(layoutPixelData(native(10), odd, little).warnings).toEqual([]);
    expect(layoutPixelData(native(12), odd, little).warnings).toEqual(['pixel-data-too-long']);
  });

  it.each(['empty', 'invalid'] as const)('counts frames by the length when their number is %s', (source) => {
    const description = described({ numberOfFramesSource: source });
    expect(layoutPixelData(native(144), description, little)).toMatchObject({
      layout: { frames: 3 },
      warnings: ['number-of-frames-invalid'],
    });
    expect(layoutPixelData(native(150), description, little)).toMatchObject({
      layout: { frames: 1 },
      warnings: ['number-of-frames-invalid', 'pixel-data-too-long'],
    });
  });

  it('does not count frames when none are announced', () => {
    expect(layoutPixelData(native(144), described(), little)).toMatchObject({
      layout: { frames: 1 },
      warnings: ['pixel-data-too-long'],
    });
  });

  it('names the words of big-endian values by VR', () => {
    const layoutOf = (vr: NativePixelData['vr'], bitsAllocated: number, length: number) =>
      layoutPixelData(native(length, vr), described({ bitsAllocated }), big).layout;
    expect(layoutOf('OW', 16, 48)).toMatchObject({ swappedWordBytes: 2 });
    expect(layoutOf('OF', 32, 96)).toMatchObject({ swappedWordBytes: 4 });
    expect(layoutOf('OD', 64, 192)).toMatchObject({ swappedWordBytes: 8 });
    expect(layoutOf('OB', 8, 24)).not.toHaveProperty('swappedWordBytes');
  });

  it('says when offsets are those of the inflated data set', () => {
    const { layout } = layoutPixelData(native(48), described(), { ...little, deflated: true });
    expect(layout).toMatchObject({ deflated: true });
  });
});

import { type Compression, type EncapsulatedPixelData, Tags } from '@sandyq/dicom';
import { describe, expect, it } from 'vitest';
import type { PixelDescription } from './describe-pixels.ts';
import { layoutPixelData } from './layout-pixel-data.ts';

const jpegHead = 0xffd8ffe0;
const jpeg2000Head = 0xff4fff51;
const elsewhere = 0x12345678;

function described(numberOfFrames: number, source: PixelDescription['numberOfFramesSource'] = 'stated') {
  return {
    rows: 4,
    columns: 6,
    samplesPerPixel: 1,
    bitsAllocated: 8,
    photometricInterpretation: 'MONOCHROME2',
    numberOfFrames,
    numberOfFramesSource: source,
  };
}

/** Fragments of 10, 20, 30 … bytes with these heads. */
function encapsulated(
  heads: readonly number[],
  tables: { basicOffsets?: readonly number[]; extendedOffsets?: readonly number[] } = {},
): EncapsulatedPixelData {
  const basicOffsets = tables.basicOffsets ?? [];
  let offset = 1008 + basicOffsets.length * 4;
  const fragments = heads.map((head, index) => {
    const fragment = { offset: offset + 8, length: (index + 1) * 10, head };
    offset = fragment.offset + fragment.length;
    return fragment;
  });
  return {
    kind: 'encapsulated',
    tag: Tags.PixelData,
    vr: 'OB',
    offset: 1000,
    length: offset + 8 - 1000,
    basicOffsetTable: { offset: 1008, length: basicOffsets.length * 4 },
    fragments,
    ...tables,
    basicOffsets,
  };
}

function layOut(pixelData: EncapsulatedPixelData, description: PixelDescription, compression: Compression) {
  const syntax = { compression, deflated: false, pixelDataByteOrder: 'little' } as const;
  const { layout, warnings } = layoutPixelData(pixelData, description, syntax);
  if (layout.kind !== 'encapsulated') throw new Error('encapsulated layout expected');
  return { frames: layout.frames, firstFragments: layout.firstFragments, warnings, layout };
}

function faultOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('encapsulated pixel data', () => {
  it('takes one fragment a frame, whatever the compression', () => {
    const pixelData = encapsulated([elsewhere, elsewhere, elsewhere]);
    const { layout, warnings } = layOut(pixelData, described(3), 'rle');
    expect(layout).toEqual({
      kind: 'encapsulated',
      offset: 1000,
      length: pixelData.length,
      table: [1008, 0],
      fragments: [
        [1016, 10],
        [1034, 20],
        [1062, 30],
      ],
      frames: 3,
    });
    expect(warnings).toEqual([]);
  });

  it('takes all fragments for the only frame', () => {
    const result = layOut(
      encapsulated([jpegHead, elsewhere, elsewhere]),
      described(1, 'absent'),
      'jpeg-baseline',
    );
    expect(result).toMatchObject({ frames: 1, firstFragments: [0], warnings: [] });
  });

  // Fragments begin at 0, 18, 46 and 84 from the first item.
  it('follows the Basic Offset Table', () => {
    const pixelData = encapsulated([elsewhere, elsewhere, elsewhere, elsewhere], { basicOffsets: [0, 46] });
    expect(layOut(pixelData, described(2), 'jpeg-baseline')).toMatchObject({
      frames: 2,
      firstFragments: [0, 2],
      warnings: [],
    });
  });

  it('follows the Extended Offset Table, and it before the basic one', () => {
    const pixelData = encapsulated([elsewhere, elsewhere, elsewhere, elsewhere], {
      extendedOffsets: [0, 84],
      basicOffsets: [0, 46],
    });
    expect(layOut(pixelData, described(2), 'rle')).toMatchObject({
      firstFragments: [0, 3],
      warnings: ['offset-table-wrong'],
    });
  });

  it.each([
    ['too few entries', [0]],
    ['too many entries', [0, 18, 46]],
    ['not from 0', [18, 46]],
    ['not at an item', [0, 47]],
    ['not rising', [0, 0]],
    ['beyond the end', [0, 4000]],
  ])('does without a wrong table: %s', (_, basicOffsets) => {
    const pixelData = encapsulated([jpegHead, elsewhere, jpegHead, elsewhere], { basicOffsets });
    expect(layOut(pixelData, described(2), 'jpeg-ls')).toMatchObject({
      firstFragments: [0, 2],
      warnings: ['offset-table-wrong'],
    });
  });

  it('believes codestream starts before a table that fits the items but not them', () => {
    const pixelData = encapsulated([jpegHead, elsewhere, jpegHead, elsewhere], { basicOffsets: [0, 18] });
    expect(layOut(pixelData, described(2), 'jpeg-lossless')).toMatchObject({
      firstFragments: [0, 2],
      warnings: ['offset-table-wrong'],
    });
  });

  it('warns of a wrong table that it does not need', () => {
    const pixelData = encapsulated([elsewhere, elsewhere], { basicOffsets: [0, 46] });
    expect(layOut(pixelData, described(2), 'rle')).toMatchObject({
      frames: 2,
      warnings: ['offset-table-wrong'],
    });
  });

  it.each([
    ['jpeg-baseline', jpegHead],
    ['jpeg-ls', 0xffd8fff7],
    ['jpeg-2000', jpeg2000Head],
    ['jpeg-2000', 0x0000000c],
    ['htj2k', jpeg2000Head],
    ['jpeg-xl', 0xff0a1234],
    ['jpeg-xl', 0x0000000c],
  ] as const)('splits %s at codestream starts (%i)', (compression, head) => {
    const pixelData = encapsulated([head, elsewhere, elsewhere, head, elsewhere]);
    expect(layOut(pixelData, described(2), compression)).toMatchObject({ frames: 2, firstFragments: [0, 3] });
  });

  it.each([
    ['rle', [elsewhere, elsewhere, elsewhere]],
    ['deflated-frame', [elsewhere, elsewhere, elsewhere]],
    ['none', [elsewhere, elsewhere, elsewhere]],
    ['jpeg-baseline', [jpegHead, elsewhere, elsewhere]],
    ['jpeg-baseline', [elsewhere, jpegHead, jpegHead]],
    ['jpeg-baseline', [jpeg2000Head, elsewhere, jpeg2000Head]],
  ] as const)('refuses %s frames that nothing tells apart', (compression, heads) => {
    expect(faultOf(() => layOut(encapsulated(heads), described(2), compression))).toMatchObject({
      code: 'frames-not-separable',
      expected: 2,
      actual: 3,
    });
  });

  it('refuses fewer fragments than frames', () => {
    expect(faultOf(() => layOut(encapsulated([jpegHead]), described(2), 'jpeg-ls'))).toMatchObject({
      code: 'too-few-fragments',
      expected: 2,
      actual: 1,
    });
  });

  it.each(['mpeg2', 'h264', 'h265'] as const)('answers %s as one stream', (compression) => {
    expect(layOut(encapsulated([elsewhere]), described(250), compression)).toMatchObject({
      frames: 1,
      firstFragments: undefined,
    });
    expect(layOut(encapsulated([elsewhere, elsewhere]), described(250), compression)).toMatchObject({
      frames: 1,
      firstFragments: [0],
    });
  });

  it('accepts no fragments as no frames', () => {
    expect(layOut(encapsulated([]), described(1), 'jpeg-ls')).toMatchObject({
      frames: 0,
      firstFragments: undefined,
      warnings: ['pixel-data-empty'],
    });
  });

  it('counts frames by the table or the codestreams when their number is invalid', () => {
    const bySource = (pixelData: EncapsulatedPixelData) =>
      layOut(pixelData, described(1, 'invalid'), 'jpeg-ls');
    expect(bySource(encapsulated([elsewhere, elsewhere], { basicOffsets: [0, 18] }))).toMatchObject({
      frames: 2,
      warnings: ['number-of-frames-invalid'],
    });
    expect(bySource(encapsulated([jpegHead, elsewhere, jpegHead]))).toMatchObject({ frames: 2 });
    expect(bySource(encapsulated([elsewhere, elsewhere]))).toMatchObject({ frames: 1, firstFragments: [0] });
  });

  it('takes pixel data that is not described as one frame', () => {
    const syntax = { compression: 'jpeg-ls', deflated: false, pixelDataByteOrder: 'little' } as const;
    expect(layoutPixelData(encapsulated([jpegHead]), undefined, syntax)).toMatchObject({
      layout: { frames: 1 },
      warnings: ['pixels-not-described'],
    });
  });
});

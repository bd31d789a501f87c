import { crc32 } from 'node:zlib';
import type { PixelDataLayout } from '@sandyq/dicom';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BlockLayoutInput,
  blockBoundaries,
  maximumBlockBytes,
  maximumBlocks,
} from './block-boundaries.ts';
import { CrcBlocks } from './crc-blocks.ts';
import { sampleBytes } from './testing/segment-kit.ts';

const MiB = maximumBlockBytes;

describe('blockBoundaries', () => {
  it('cuts an entry without pixel data each MiB', () => {
    expect(blockBoundaries({ length: 0 })).toEqual([]);
    expect(blockBoundaries({ length: 1 })).toEqual([1]);
    expect(blockBoundaries({ length: MiB })).toEqual([MiB]);
    expect(blockBoundaries({ length: 2 * MiB + 1 })).toEqual([MiB, 2 * MiB, 2 * MiB + 1]);
  });

  it('cuts at the start of native pixel data, after each frame, and long frames from their own start', () => {
    const native = (layout: Omit<PixelDataLayout & { kind: 'native' }, 'kind'>) => ({
      kind: 'native' as const,
      ...layout,
    });
    expect(
      blockBoundaries({
        length: 1000,
        pixelData: native({ offset: 100, length: 802, bitsPerFrame: 3200, frames: 2 }),
      }),
    ).toEqual([100, 500, 900, 1000]);
    expect(
      blockBoundaries({
        length: 3 * MiB + 200,
        pixelData: native({ offset: 100, length: 3 * MiB, bitsPerFrame: 12 * MiB, frames: 2 }),
      }),
    ).toEqual([100, 100 + MiB, 100 + 1.5 * MiB, 100 + 2.5 * MiB, 100 + 3 * MiB, 3 * MiB + 200]);
  });

  it('treats a deflated data set as one without pixel data: its offsets are not those of the entry', () => {
    const pixelData = {
      kind: 'native',
      offset: 5000,
      length: 802,
      bitsPerFrame: 3200,
      frames: 2,
      deflated: true,
    } as const;
    expect(blockBoundaries({ length: 1000, pixelData })).toEqual([1000]);
  });

  it('cuts 1-bit frames at whole bytes, and frames in one byte once', () => {
    const pixelData = { kind: 'native', offset: 10, length: 4, bitsPerFrame: 3, frames: 9 } as const;
    expect(blockBoundaries({ length: 14, pixelData })).toEqual([10, 11, 12, 13, 14]);
  });

  it('cuts encapsulated pixel data after the offset table and each fragment', () => {
    const pixelData: PixelDataLayout = {
      kind: 'encapsulated',
      offset: 100,
      length: 16 + 8 + 50 + 8 + 60 + 8,
      table: [108, 8],
      fragments: [
        [124, 50],
        [182, 60],
      ],
      frames: 2,
    };
    expect(blockBoundaries({ length: 300, pixelData })).toEqual([100, 116, 174, 242, 300]);
  });

  it('refuses layouts that do not lie in the entry or are out of order', () => {
    const native = { kind: 'native', offset: 10, length: 40, bitsPerFrame: 160, frames: 2 } as const;
    const wrong: readonly BlockLayoutInput[] = [
      { length: -1 },
      { length: 0.5 },
      { length: 49, pixelData: native },
      { length: 50, pixelData: { ...native, frames: 3 } },
      { length: 50, pixelData: { ...native, bitsPerFrame: 0 } },
      { length: 50, pixelData: { ...native, offset: -1 } },
      { length: 50, pixelData: encapsulated([18, 2], [[28, 30]]) },
      { length: 50, pixelData: encapsulated([18, 2], [[19, 5]]) },
      { length: 50, pixelData: encapsulated([9, 0], []) },
    ];
    for (const input of wrong) {
      expect(() => blockBoundaries(input)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    }
  });

  it('refuses more blocks than any instance has', () => {
    const frames = maximumBlocks + 1;
    const pixelData = { kind: 'native', offset: 0, length: frames, bitsPerFrame: 8, frames } as const;
    expect(() => blockBoundaries({ length: frames, pixelData })).toThrow(/2097152 blocks/);
  });
});

describe('CrcBlocks', () => {
  it('takes the CRC of each block in passing, whatever the chunks', () => {
    fc.assert(
      fc.property(
        arbitraryLayout,
        fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1 }),
        fc.boolean(),
        (input, chunks, frames) => {
          const bytes = sampleBytes(input.length);
          const crcs = new CrcBlocks();
          tellCuts(crcs, input, frames);
          for (let from = 0, index = 0; from < bytes.length; index += 1) {
            const to = from + (chunks[index % chunks.length] ?? 1);
            crcs.update(bytes.subarray(from, to));
            from = to;
          }
          expect(crcs.finish().equals(expectedCrcs(bytes, blockBoundaries(input)))).toBe(true);
          expect(crcs.ends).toEqual(blockBoundaries(input));
        },
      ),
    );
  });

  it('takes cuts while the bytes pass, and ignores those that come too late', () => {
    const crcs = new CrcBlocks();
    crcs.cutAt(10);
    crcs.update(sampleBytes(20));
    crcs.cutAt(5);
    crcs.cutAt(10);
    crcs.cutAt(40);
    crcs.cutAt(30);
    crcs.update(sampleBytes(30));
    crcs.finish();
    expect(crcs.ends).toEqual([10, 30, 40, 50]);
  });

  it('forgets the cuts it has passed', () => {
    const crcs = new CrcBlocks();
    for (let offset = 1; offset <= 20_000; offset += 1) {
      crcs.cutAt(offset);
      crcs.update(Buffer.alloc(1));
    }
    expect(crcs.ends).toHaveLength(20_000);
  });

  it('refuses impossible frames before their bytes come', () => {
    for (const [bits, frames] of [
      [0, 1],
      [8, -1],
      [8, maximumBlocks + 1],
      [Number.NaN, 1],
    ] as const) {
      expect(() => new CrcBlocks().framesFrom(0, bits, frames)).toThrow(
        expect.objectContaining({ code: 'invalid-argument' }),
      );
    }
  });
});

function encapsulated(
  table: readonly [number, number],
  fragments: readonly (readonly [number, number])[],
): PixelDataLayout {
  return { kind: 'encapsulated', offset: 10, length: 40, table, fragments, frames: fragments.length };
}

function tellCuts(crcs: CrcBlocks, { pixelData }: BlockLayoutInput, asFrames: boolean): void {
  if (pixelData === undefined) return;
  if (pixelData.kind === 'native' && asFrames) {
    crcs.framesFrom(pixelData.offset, pixelData.bitsPerFrame, pixelData.frames);
    return;
  }
  crcs.cutAt(pixelData.offset);
  if (pixelData.kind === 'native') {
    for (let frame = 1; frame <= pixelData.frames; frame += 1) {
      crcs.cutAt(pixelData.offset + Math.ceil((frame * pixelData.bitsPerFrame) / 8));
    }
    return;
  }
  for (const [offset, length] of [pixelData.table, ...pixelData.fragments]) crcs.cutAt(offset + length);
}

function expectedCrcs(bytes: Buffer, ends: readonly number[]): Buffer {
  const list = Buffer.alloc(ends.length * 4);
  for (const [index, end] of ends.entries())
    list.writeUInt32LE(crc32(bytes.subarray(ends[index - 1] ?? 0, end)), index * 4);
  return list;
}

const arbitraryLayout: fc.Arbitrary<BlockLayoutInput> = fc
  .record({
    offset: fc.nat(900),
    after: fc.nat(900),
    native: fc.boolean(),
    bitsPerFrame: fc.integer({ min: 1, max: 6000 }),
    lengths: fc.array(fc.nat(2000), { maxLength: 10 }),
  })
  .map(({ offset, after, native, bitsPerFrame, lengths }): BlockLayoutInput => {
    if (native) {
      const frames = lengths.length;
      const length = Math.ceil((frames * bitsPerFrame) / 8);
      return {
        length: offset + length + after,
        pixelData: { kind: 'native', offset, length, bitsPerFrame, frames },
      };
    }
    let position = offset + 8;
    const fragments = lengths.map((length) => {
      const start = position + 8;
      position = start + length;
      return [start, length] as const;
    });
    return {
      length: position + after,
      pixelData: {
        kind: 'encapsulated',
        offset,
        length: position - offset,
        table: [offset + 8, 0],
        fragments,
        frames: fragments.length,
      },
    };
  });

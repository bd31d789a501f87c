/** The formulas of PS3.3 C.7.6.3, C.9.2 and C.11 on numbers worked out by hand. */
import { describe, expect, it } from 'vitest';
import type { DecodedFrame } from '../decoded-frame.ts';
import { colourPicture } from './colour-picture.ts';
import { greyPicture } from './grey-picture.ts';
import { shadeFunction, type VoiFunction } from './grey-transform.ts';
import { lookUp, readLookupTable } from './lookup-table.ts';
import { overlayInSamples, withOverlay } from './overlay.ts';
import { valuesOf } from './sample-values.ts';

function frameOf(samples: ArrayBufferView, overrides: Partial<DecodedFrame> = {}): DecodedFrame {
  const bitsAllocated = overrides.bitsAllocated ?? 16;
  const bitsStored = overrides.bitsStored ?? bitsAllocated;
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  return {
    rows: 1,
    columns: (bytes.length * 8) / bitsAllocated / (overrides.samplesPerPixel ?? 1),
    samplesPerPixel: 1,
    bitsAllocated,
    bitsStored,
    highBit: bitsStored - 1,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
    samples: bytes,
    ...overrides,
  };
}

describe('valuesOf', () => {
  it('masks what is above the High Bit and takes the sign from it', () => {
    const words = Uint16Array.of(0xf001, 0x0fff, 0x0800);
    expect([...valuesOf(frameOf(words, { bitsStored: 12 }))]).toEqual([1, 0xfff, 0x800]);
    expect([...valuesOf(frameOf(words, { bitsStored: 12, pixelRepresentation: 1 }))]).toEqual([1, -1, -2048]);
    expect([...valuesOf(frameOf(words, { bitsStored: 12, highBit: 15 }))]).toEqual([0xf00, 0xff, 0x80]);
  });

  it('reads bits, bytes, words, long words and floats from any offset', () => {
    expect([...valuesOf(frameOf(Uint8Array.of(0b101), { bitsAllocated: 1, columns: 5 }))]).toEqual([
      1, 0, 1, 0, 0,
    ]);
    expect([...valuesOf(frameOf(Int8Array.of(-1, 2), { bitsAllocated: 8, pixelRepresentation: 1 }))]).toEqual(
      [-1, 2],
    );
    expect([...valuesOf(frameOf(Uint32Array.of(4e9), { bitsAllocated: 32 }))]).toEqual([4e9]);
    const floats = Buffer.concat([Buffer.alloc(1), Buffer.from(Float32Array.of(1.5).buffer)]).subarray(1);
    expect([...valuesOf(frameOf(floats, { bitsAllocated: 32, pixelRepresentation: undefined }))]).toEqual([
      1.5,
    ]);
    const doubles = frameOf(Float64Array.of(0.1), { bitsAllocated: 64, pixelRepresentation: undefined });
    expect([...valuesOf(doubles)]).toEqual([0.1]);
    expect(() => valuesOf(frameOf(new Uint8Array(3), { bitsAllocated: 24 }))).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
  });
});

describe('shadeFunction', () => {
  const shades = (kind: VoiFunction, center: number, width: number, ...values: readonly number[]) =>
    values.map(shadeFunction({ voi: { kind: 'window', function: kind, center, width }, isInverted: false }));

  it('is linear as C.11.2.1.2.1 has it', () => {
    // Notes there: center 2048, width 4096 is the identity of 12 bits; 0 is black, 4095 is white.
    expect(shades('LINEAR', 2048, 4096, -1, 0, 2048, 4095, 4096)).toEqual([0, 0, 128, 255, 255]);
    // Center 2048, width 1: a threshold.
    expect(shades('LINEAR', 2048, 1, 2047, 2048)).toEqual([0, 255]);
    // Center 0, width 100: from -50 to 49.
    expect(shades('LINEAR', 0, 100, -50, -0.5, 49)).toEqual([0, 128, 255]);
  });

  it('is linear exactly as C.11.2.1.3.2 has it', () => {
    expect(shades('LINEAR_EXACT', 2048, 4096, 0, 1024, 2048, 4096)).toEqual([0, 64, 128, 255]);
    expect(shades('LINEAR_EXACT', 0.5, 1, 0, 0.25, 1)).toEqual([0, 64, 255]);
    expect(shades('LINEAR_EXACT', 7, 0, 7, 8)).toEqual([0, 255]);
  });

  it('is a sigmoid as C.11.2.1.3.1 has it', () => {
    expect(shades('SIGMOID', 100, 40, 100, 110, 90, 1e6, -1e6)).toEqual([
      128,
      Math.round(255 / (1 + Math.exp(-1))),
      Math.round(255 / (1 + Math.exp(1))),
      255,
      0,
    ]);
    expect(shades('SIGMOID', 7, 0, 7, 8)).toEqual([0, 255]);
  });

  it('rescales first, looks up tables, and inverts last', () => {
    const voi = { kind: 'window', function: 'LINEAR', center: 0, width: 100 } as const;
    const modality = { kind: 'linear', slope: 2, intercept: -1024 } as const;
    expect([487, 512, 537].map(shadeFunction({ modality, voi, isInverted: false }))).toEqual([0, 129, 255]);
    expect([487, 512, 537].map(shadeFunction({ modality, voi, isInverted: true }))).toEqual([255, 126, 0]);
    const table = { firstMapped: 10, entries: Uint16Array.of(0, 1000, 4095), bits: 12 };
    const tables = {
      modality: { kind: 'table', table },
      voi: { kind: 'table', table: { ...table, firstMapped: 0 } },
    } as const;
    // 10 → 0 → black; 11 → 1000 → beyond the VOI table, its last entry.
    expect([9, 10, 11].map(shadeFunction({ ...tables, isInverted: false }))).toEqual([0, 0, 255]);
  });
});

describe('readLookupTable', () => {
  it('undoes the peculiarities of descriptors', () => {
    expect(readLookupTable([0, 0, 16], new Uint16Array(65_536), false)?.entries.length).toBe(65_536);
    expect(readLookupTable([2, 0xfc00, 16], Uint16Array.of(1, 2), true)?.firstMapped).toBe(-1024);
    expect(readLookupTable([2, -1024, 16], Uint16Array.of(1, 2), true)?.firstMapped).toBe(-1024);
    expect(readLookupTable([2, 0xfc00, 16], Uint16Array.of(1, 2), false)?.firstMapped).toBe(0xfc00);
    expect([...(readLookupTable([3, 0, 8], Uint16Array.of(0x0201, 0x0003), false)?.entries ?? [])]).toEqual([
      1, 2, 3,
    ]);
  });

  it.each([[[3, 0, 16]], [[2, 0]], [[2, 0, 17]], [[2, 0, 0]]])(
    'has nothing of %j with two entries',
    (descriptor) => {
      expect(readLookupTable(descriptor, Uint16Array.of(1, 2), false)).toBeUndefined();
    },
  );

  it('takes its ends for values outside', () => {
    const table = { firstMapped: 5, entries: Uint8Array.of(7, 8, 9), bits: 8 };
    expect([-9, 5, 6, 7, 99].map((value) => lookUp(table, value))).toEqual([7, 7, 8, 9, 9]);
  });
});

describe('greyPicture', () => {
  it('spans the values of the frame where no window is known', () => {
    const picture = greyPicture(frameOf(Int16Array.of(-100, 0, 100), { pixelRepresentation: 1 }), {
      isInverted: false,
    });
    expect(picture).toMatchObject({ rows: 1, columns: 3, channels: 1 });
    expect([...picture.pixels]).toEqual([0, 128, 255]);
    const turned = { kind: 'linear', slope: -1, intercept: 5 } as const;
    expect([
      ...greyPicture(frameOf(Uint16Array.of(0, 9)), { modality: turned, isInverted: false }).pixels,
    ]).toEqual([255, 0]);
    expect([...greyPicture(frameOf(Uint16Array.of(7, 7)), { isInverted: false }).pixels]).toEqual([0, 0]);
  });

  it('gives the same shades with and without a table of them', () => {
    const values = Int16Array.from({ length: 70_000 }, (_, index) => index - 35_000);
    const frame = frameOf(values, { pixelRepresentation: 1 });
    const voi = { kind: 'window', function: 'LINEAR', center: 40, width: 400 } as const;
    const shade = shadeFunction({ voi, isInverted: true });
    const { pixels } = greyPicture(frame, { voi, isInverted: true });
    expect(Buffer.compare(pixels, Uint8Array.from(values, shade))).toBe(0);
  });
});

describe('colourPicture', () => {
  const colours = (
    photometricInterpretation: string,
    samples: readonly number[],
    overrides: Partial<DecodedFrame> = {},
  ) => [
    ...colourPicture(
      frameOf(Uint8Array.from(samples), {
        bitsAllocated: 8,
        samplesPerPixel: 3,
        photometricInterpretation,
        ...overrides,
      }),
    ).pixels,
  ];

  it('turns YBR into RGB', () => {
    // C.7.6.3.1.2: white, black, and the primaries of CCIR 601.
    expect(colours('YBR_FULL', [255, 128, 128, 0, 128, 128])).toEqual([255, 255, 255, 0, 0, 0]);
    expect(colours('YBR_FULL', [76, 85, 255, 150, 44, 21, 29, 255, 107])).toEqual([
      254, 0, 0, 0, 255, 1, 0, 0, 254,
    ]);
    expect(colours('YBR_PARTIAL_422', [235, 235, 128, 128], { columns: 2 })).toEqual([
      255, 255, 255, 255, 255, 255,
    ]);
    expect(colours('YBR_PARTIAL_422', [16, 235, 128, 128], { columns: 2 })).toEqual([0, 0, 0, 255, 255, 255]);
    expect(colours('YBR_FULL_422', [0, 255, 128, 128], { columns: 2 })).toEqual([0, 0, 0, 255, 255, 255]);
  });

  it('lays planes side by side and keeps the highest eight bits', () => {
    expect(colours('RGB', [1, 2, 3, 4, 5, 6], { planarConfiguration: 1 })).toEqual([1, 3, 5, 2, 4, 6]);
    const deep = frameOf(Uint16Array.of(0x1234, 0xff00, 0x00ff), {
      samplesPerPixel: 3,
      photometricInterpretation: 'RGB',
    });
    expect([...colourPicture(deep).pixels]).toEqual([0x12, 0xff, 0]);
  });

  it('looks up palettes of 16 bits, and of 8 that say 16', () => {
    const frame = frameOf(Uint8Array.of(0, 1), {
      bitsAllocated: 8,
      photometricInterpretation: 'PALETTE COLOR',
    });
    const deep = { firstMapped: 0, entries: Uint16Array.of(0, 0xff00), bits: 16 };
    const shallow = { firstMapped: 0, entries: Uint16Array.of(7, 255), bits: 16 };
    expect([...colourPicture(frame, [deep, deep, shallow]).pixels]).toEqual([0, 0, 7, 255, 255, 255]);
    expect(() => colourPicture(frame)).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });

  it('refuses colours that are none', () => {
    expect(() => colours('HSV', [1, 2, 3])).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });
});

describe('overlays', () => {
  const picture = { rows: 2, columns: 3, channels: 1, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6) } as const;

  it('are drawn where they lie, and not beyond the picture', () => {
    const plane = { rows: 2, columns: 2, origin: [2, 3], bits: Uint8Array.of(0b1111) } as const;
    expect([...withOverlay(picture, plane).pixels]).toEqual([1, 2, 3, 4, 5, 255]);
    expect([...withOverlay(picture, { ...plane, origin: [0, 0] }, 9).pixels]).toEqual([9, 2, 3, 4, 5, 6]);
    expect([...picture.pixels]).toEqual([1, 2, 3, 4, 5, 6]);
    const colour = { ...picture, rows: 1, columns: 2, channels: 3 } as const;
    expect([...withOverlay(colour, { ...plane, rows: 1, origin: [1, 2] }).pixels]).toEqual([
      1, 2, 3, 255, 255, 255,
    ]);
  });

  it('are found in unused bits of samples', () => {
    const frame = frameOf(Uint16Array.of(0x1001, 0x0fff, 0x1000), { bitsStored: 12 });
    expect(overlayInSamples(frame, 12)).toEqual({
      rows: 1,
      columns: 3,
      origin: [1, 1],
      bits: Uint8Array.of(0b101),
    });
  });
});

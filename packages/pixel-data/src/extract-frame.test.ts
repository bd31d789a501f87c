import type { EncapsulatedPixelDataLayout, NativePixelDataLayout } from '@sandyq/dicom';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extractFrame } from './extract-frame.ts';
import { frameRange } from './frame-range.ts';

/** Reads the frame as retrieval does: one range of the entry. */
function retrieve(
  entry: Uint8Array,
  layout: Parameters<typeof frameRange>[0],
  frameIndex: number,
): Uint8Array {
  const range = frameRange(layout, frameIndex);
  return extractFrame(entry.subarray(range.offset, range.offset + range.length), range);
}

/** Slow and independent: bit after bit, words of big-endian data read as numbers. */
function sliceSlowly(value: Uint8Array, layout: NativePixelDataLayout, frameIndex: number): Uint8Array {
  const wordBytes = layout.swappedWordBytes ?? 1;
  const bitAt = (bit: number): number => {
    const byte = Math.floor(bit / 8);
    const word = Math.floor(byte / wordBytes);
    const stored = word * wordBytes + (wordBytes - 1 - (byte % wordBytes));
    return ((value[wordBytes === 1 ? byte : stored] ?? 0) >> (bit % 8)) & 1;
  };
  const frame = new Uint8Array(Math.ceil(layout.bitsPerFrame / 8));
  for (let bit = 0; bit < layout.bitsPerFrame; bit++) {
    const byte = Math.floor(bit / 8);
    frame[byte] = (frame[byte] ?? 0) | (bitAt(frameIndex * layout.bitsPerFrame + bit) << (bit % 8));
  }
  return frame;
}

describe('native frames', () => {
  it('are the same as a bit by bit slice, for any frame size and word size', () => {
    const cases = fc.record({
      bitsPerFrame: fc.integer({ min: 1, max: 200 }),
      frames: fc.integer({ min: 1, max: 9 }),
      offset: fc.integer({ min: 0, max: 20 }),
      swappedWordBytes: fc.constantFrom(undefined, 2 as const, 4 as const, 8 as const),
      seed: fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
    });
    fc.assert(
      fc.property(cases, ({ bitsPerFrame, frames, offset, swappedWordBytes, seed }) => {
        const word = swappedWordBytes ?? 2;
        const length = Math.ceil((bitsPerFrame * frames) / (word * 8)) * word;
        const entry = Uint8Array.from({ length: offset + length + 3 }, () => seed.next().value ?? 0);
        const layout: NativePixelDataLayout = {
          kind: 'native',
          offset,
          length,
          bitsPerFrame,
          frames,
          swappedWordBytes,
        };
        const value = entry.subarray(offset, offset + length);
        for (let index = 0; index < frames; index++) {
          const range = frameRange(layout, index);
          expect(range.offset).toBeGreaterThanOrEqual(offset);
          expect(range.offset + range.length).toBeLessThanOrEqual(offset + length);
          expect([...retrieve(entry, layout, index)]).toEqual([...sliceSlowly(value, layout, index)]);
        }
      }),
    );
  });

  it('put the first pixel of a 1-bit frame in the lowest bit and zeros behind the last', () => {
    const layout = { kind: 'native', offset: 0, length: 4, bitsPerFrame: 9, frames: 3 } as const;
    const entry = Uint8Array.of(0b1111_1111, 0b0000_0011, 0b1111_1110, 0xff);
    expect([...retrieve(entry, layout, 0)]).toEqual([0xff, 1]);
    expect([...retrieve(entry, layout, 1)]).toEqual([0b0000_0001, 1]);
    expect([...retrieve(entry, layout, 2)]).toEqual([0xff, 1]);
  });

  it('leave the bytes handed over as they were', () => {
    const layout = {
      kind: 'native',
      offset: 0,
      length: 4,
      bitsPerFrame: 16,
      frames: 2,
      swappedWordBytes: 2,
    } as const;
    const entry = Uint8Array.of(1, 2, 3, 4);
    expect([...retrieve(entry, layout, 1)]).toEqual([4, 3]);
    expect([...entry]).toEqual([1, 2, 3, 4]);
  });
});

describe('encapsulated frames', () => {
  const entry = Uint8Array.from({ length: 100 }, (_, index) => index);
  const layout: EncapsulatedPixelDataLayout = {
    kind: 'encapsulated',
    offset: 10,
    length: 80,
    table: [18, 0],
    fragments: [
      [26, 4],
      [38, 2],
      [48, 6],
    ],
    frames: 2,
    firstFragments: [0, 2],
  };

  it('are fragments without the item headers between them', () => {
    expect(frameRange(layout, 0)).toMatchObject({ offset: 26, length: 14 });
    expect([...retrieve(entry, layout, 0)]).toEqual([26, 27, 28, 29, 38, 39]);
    expect([...retrieve(entry, layout, 1)]).toEqual([48, 49, 50, 51, 52, 53]);
  });

  it('are single fragments where nothing else is said', () => {
    const { firstFragments: _, ...oneEach } = { ...layout, frames: 3 };
    expect([...retrieve(entry, oneEach, 1)]).toEqual([38, 39]);
  });
});

describe('what cannot be', () => {
  const layout = { kind: 'native', offset: 0, length: 4, bitsPerFrame: 16, frames: 2 } as const;

  it.each([-1, 2, 0.5, Number.NaN])('frame index %d of two frames', (frameIndex) => {
    expect(() => frameRange(layout, frameIndex)).toThrow(
      expect.objectContaining({ code: 'no-such-frame', expected: 2 }),
    );
  });

  it('bytes that are not the range', () => {
    const range = frameRange(layout, 1);
    expect(() => extractFrame(new Uint8Array(1), range)).toThrow(
      expect.objectContaining({ code: 'wrong-range-length', expected: 2, actual: 1 }),
    );
  });
});

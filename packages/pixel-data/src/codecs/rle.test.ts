import { describe, expect, it } from 'vitest';
import type { FrameShape } from '../decoded-frame.ts';
import { decodeRle, encodeRle } from './rle.ts';

const shape: FrameShape = {
  rows: 2,
  columns: 3,
  samplesPerPixel: 1,
  bitsAllocated: 16,
  bitsStored: 16,
  highBit: 15,
  pixelRepresentation: 0,
  planarConfiguration: 0,
  photometricInterpretation: 'MONOCHROME2',
};

/** Segments behind the header that fits them. */
function encodedOf(...segments: readonly (readonly number[])[]): Buffer {
  const header = Buffer.alloc(64);
  header.writeUInt32LE(segments.length);
  let offset = 64;
  for (const [index, { length }] of segments.entries()) {
    header.writeUInt32LE(offset, 4 + 4 * index);
    offset += length;
  }
  return Buffer.concat([header, ...segments.map((segment) => Buffer.from(segment))]);
}

describe('decodeRle', () => {
  it('puts the most significant byte first and undoes runs, literals and no-operations', () => {
    const high = [256 - 5, 1];
    const low = [2, 10, 11, 12, 128, 256 - 2, 7, 0];
    const samples = new Uint16Array(decodeRle(encodedOf(high, low), shape).buffer);
    expect([...samples]).toEqual([0x10a, 0x10b, 0x10c, 0x107, 0x107, 0x107]);
  });

  it.each([
    ['cut in its header', Buffer.alloc(63), 'truncated-codestream'],
    ['with a segment cut', encodedOf([256 - 5, 1], [2, 10, 11]), 'truncated-codestream'],
    ['with a segment short by a byte', encodedOf([256 - 5, 1], [4, 1, 2, 3, 4, 5]), 'truncated-codestream'],
    ['with a run beyond its plane', encodedOf([256 - 6, 1], [256 - 5, 1]), 'malformed-codestream'],
    ['with rows too many', encodedOf([256 - 5, 1, 256 - 5, 1], [256 - 5, 1]), 'malformed-codestream'],
    ['with another number of segments', encodedOf([256 - 5, 1]), 'description-mismatch'],
    ['with sixteen segments', Buffer.alloc(64, 16), 'malformed-codestream'],
  ])('refuses a frame %s', (_name, encoded, code) => {
    expect(() => decodeRle(encoded, shape)).toThrow(expect.objectContaining({ code }));
  });
});

describe('encodeRle', () => {
  it('encodes each row by itself, with segments of even length', () => {
    const encoded = encodeRle(Uint8Array.of(7, 7, 7, 7, 8, 9), { ...shape, bitsAllocated: 8 });
    expect([...encoded.subarray(64)]).toEqual([256 - 2, 7, 2, 7, 8, 9]);
    expect(encoded.length % 2).toBe(0);
  });

  it('refuses more than fifteen byte planes', () => {
    expect(() => encodeRle(new Uint8Array(0), { ...shape, samplesPerPixel: 4, bitsAllocated: 32 })).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
  });
});

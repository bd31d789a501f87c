import { describe, expect, it } from 'vitest';
import { encodeTrailer, parseTrailer, trailerBytes, trailerDistanceBytes } from './trailer.ts';

const trailer = { receiptOffset: 268_435_456, receiptLength: 4711, receiptSha256: 'ab'.repeat(32) };

function tailOf(text: Uint8Array): Buffer {
  const tail = Buffer.alloc(trailerDistanceBytes);
  tail.set(text);
  return tail;
}

describe('the trailer', () => {
  it('is text of a fixed length', () => {
    const bytes = encodeTrailer(trailer);
    expect(bytes).toHaveLength(trailerBytes);
    expect(bytes.toString()).toBe(
      'sandyq segment trailer\nformat 0001\nreceipt-offset 0000000268435456\n' +
        `receipt-length 0000000000004711\nreceipt-sha256 ${'ab'.repeat(32)}\n`,
    );
    expect(parseTrailer(tailOf(bytes), 'x')).toEqual(trailer);
  });

  it('of another version is told from a damaged one', () => {
    const other = Buffer.from(encodeTrailer(trailer).toString().replace('0001', '0002'));
    expect(() => parseTrailer(tailOf(other), 'x')).toThrow(
      expect.objectContaining({ code: 'unsupported-format' }),
    );
  });

  it('is damaged by any changed byte of its frame and by anything after it', () => {
    const bytes = tailOf(encodeTrailer(trailer));
    for (const index of [0, 22, 23, 35, 50, 66, 70, 115, 178, 179, 511, 512, 1535]) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 0x80;
      expect(() => parseTrailer(changed, 'x')).toThrow(expect.objectContaining({ code: 'damaged' }));
    }
    expect(() => parseTrailer(bytes.subarray(1), 'x')).toThrow(expect.objectContaining({ code: 'damaged' }));
  });

  it('is not written without a digest or with an impossible offset', () => {
    for (const wrong of [{ receiptSha256: 'AB' }, { receiptOffset: -1 }, { receiptLength: 1e17 }]) {
      expect(() => encodeTrailer({ ...trailer, ...wrong })).toThrow(
        expect.objectContaining({ code: 'invalid-argument' }),
      );
    }
  });
});

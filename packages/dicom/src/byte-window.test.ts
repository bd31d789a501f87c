import { describe, expect, it } from 'vitest';
import { ByteWindow } from './byte-window.ts';

/** Reads `sizes` one after another, feeding `bytes` in pieces; returns what was read. */
function readAll(bytes: Uint8Array, pieceLength: number, sizes: readonly number[]): Buffer[] {
  const window = new ByteWindow();
  const read: Buffer[] = [];
  let next = 0;
  for (let from = 0; from < bytes.length; from += pieceLength) {
    const piece = Uint8Array.from(bytes.subarray(from, from + pieceLength));
    window.feed(piece);
    for (let size = sizes[next]; size !== undefined && window.ensure(size); size = sizes[next]) {
      expect(window.offset).toBe(sizes.slice(0, next).reduce((sum, before) => sum + before, 0));
      read.push(Buffer.from(window.bytes.subarray(window.position, window.position + size)));
      window.position += size;
      next += 1;
    }
    window.release();
    piece.fill(0xee);
  }
  return read;
}

describe('ByteWindow', () => {
  const bytes = Uint8Array.from({ length: 2000 }, (_, index) => index % 251);
  const sizes = [8, 1, 700, 12, 0, 8, 1000, 8, 263];

  it.each([1, 2, 3, 7, 8, 9, 255, 256, 257, 1024, 1999, 2000])(
    'gives the same bytes in pieces of %i',
    (pieceLength) => {
      expect(Buffer.concat(readAll(bytes, pieceLength, sizes)).equals(bytes)).toBe(true);
    },
  );

  it('skips what is visible and what comes later, without copying', () => {
    const window = new ByteWindow(100);
    const passed: number[] = [];
    const take = (piece: Uint8Array) => passed.push(...piece);
    window.feed(Uint8Array.of(1, 2, 3));
    expect(window.ensure(4)).toBe(false);
    window.release();
    window.feed(Uint8Array.of(4, 5, 6));
    expect(window.skip(5, take) + window.skip(2, take)).toBe(5);
    window.release();
    expect(passed).toEqual([1, 2, 3, 4, 5]);
    expect(window.offset).toBe(105);
    expect(window.available).toBe(1);
  });

  it('refers to the chunk itself while it is whole', () => {
    const window = new ByteWindow();
    const chunk = new Uint8Array(64);
    window.feed(chunk);
    expect(window.ensure(64)).toBe(true);
    expect(window.bytes).toBe(chunk);
  });

  it('lets go of a used chunk', () => {
    const window = new ByteWindow();
    window.feed(new Uint8Array(64));
    window.skip(64);
    window.release();
    expect(window.bytes.length).toBe(0);
    expect(window.offset).toBe(64);
  });
});

import type { NativePixelDataLayout } from '@sandyq/dicom';
import { extractFrame, type FrameRange, frameRange } from '@sandyq/pixel-data';
import { describe, expect, it } from 'vitest';
import { frameReads } from './frame-reads.ts';

/** Puts frames together from an entry, as frame-bodies.ts does from the store. */
function framesFrom(entry: Uint8Array, frames: readonly FrameRange[], longestReadBytes: number) {
  const bodies: number[][] = [];
  let reads = 0;
  for (const { offset, length, pieces } of frameReads(frames, longestReadBytes)) {
    reads += 1;
    expect(length).toBeLessThanOrEqual(longestReadBytes);
    const bytes = entry.subarray(offset, offset + length);
    for (const { position, isFirst, range } of pieces) {
      const from = range.offset - offset;
      const body = extractFrame(bytes.subarray(from, from + range.length), range);
      if (isFirst) expect(position).toBe(bodies.length);
      if (isFirst) bodies.push([...body]);
      else bodies[position]?.push(...body);
    }
  }
  return { bodies, reads };
}

const entry = Uint8Array.from({ length: 4096 }, (_, index) => (index * 167 + (index >>> 5)) & 0xff);

function native(bitsPerFrame: number, frames: number, more: Partial<NativePixelDataLayout> = {}) {
  return { kind: 'native', offset: 100, length: 3000, bitsPerFrame, frames, ...more } as const;
}

const ranges = (layout: Parameters<typeof frameRange>[0], ...frameNumbers: number[]) =>
  frameNumbers.map((number) => frameRange(layout, number - 1));

const wanted = (frames: readonly FrameRange[]) =>
  frames.map((range) => [...extractFrame(entry.subarray(range.offset, range.offset + range.length), range)]);

describe('frameReads', () => {
  it('reads neighbours at once', () => {
    const frames = ranges(native(800, 20), 1, 2, 3, 7, 8, 5);
    const { bodies, reads } = framesFrom(entry, frames, 1000);
    expect(bodies).toEqual(wanted(frames));
    expect(reads).toBe(3);
  });

  it('reads no more at once than allowed', () => {
    const frames = ranges(native(800, 20), 1, 2, 3, 4, 5);
    expect(framesFrom(entry, frames, 250)).toEqual({ bodies: wanted(frames), reads: 3 });
  });

  it.each([
    ['whole bytes', native(800 * 10, 2)],
    ['single bits', native(799 * 9 + 2, 3)],
    ['big-endian words', native(8000, 2, { swappedWordBytes: 2 })],
    ['bits in big-endian words', native(4999, 4, { swappedWordBytes: 2 })],
    ['long big-endian words', native(6400, 2, { swappedWordBytes: 8 })],
  ])('cuts long native frames: %s', (_what, layout) => {
    const frames = ranges(layout, ...Array.from({ length: layout.frames }, (_, index) => index + 1));
    const { bodies, reads } = framesFrom(entry, frames, 64);
    expect(bodies).toEqual(wanted(frames));
    expect(reads).toBeGreaterThan(10);
  });

  it('joins fragments, reads neighbouring frames at once, and cuts long fragments', () => {
    const fragments = [
      [108, 50],
      [166, 30],
      [204, 500],
      [712, 10],
    ] as const;
    const layout = {
      kind: 'encapsulated',
      offset: 100,
      length: 700,
      table: [100, 0],
      fragments,
      frames: 3,
      firstFragments: [0, 2, 3],
    } as const;
    const frames = ranges(layout, 1, 2, 3);
    expect(framesFrom(entry, frames, 1000)).toEqual({ bodies: wanted(frames), reads: 1 });
    expect(framesFrom(entry, frames, 120)).toMatchObject({ bodies: wanted(frames) });
    const starts = [...frameReads(ranges(layout, 2), 120)].map(({ offset }) => offset);
    // CRC blocks begin at the item header, 8 bytes before the fragment.
    expect(starts.slice(0, 3)).toEqual([204, 204 - 8 + 120, 204 - 8 + 240]);
  });

  it('gives an empty frame its place', () => {
    const empty: FrameRange = { kind: 'encapsulated', offset: 120, length: 0, parts: [[0, 0]] };
    expect(framesFrom(entry, [empty, ...ranges(native(80, 1), 1)], 100).bodies).toHaveLength(2);
  });

  it('gives a frame as often as it is wanted', () => {
    const frames = ranges(native(80, 5), 2, 2, 1);
    expect(framesFrom(entry, frames, 100).bodies).toEqual(wanted(frames));
  });
});

import { describe, expect, it } from 'vitest';
import { nativeLength, nativeValue } from './native-value.ts';

async function* from(frames: readonly Uint8Array[]) {
  yield* frames;
}

function description(rows: number, columns: number, bitsAllocated: number) {
  return {
    rows,
    columns,
    samplesPerPixel: 1,
    bitsAllocated,
    photometricInterpretation: 'MONOCHROME2',
    numberOfFrames: 1,
    numberOfFramesSource: 'stated',
  } as const;
}

/** Lowest bit first (PS3.5 §8.1.1). */
function bitsOf(bytes: Uint8Array, count: number): string {
  return Array.from({ length: count }, (_, at) => ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1).join('');
}

describe('nativeValue', () => {
  it('puts bytes one after the other', async () => {
    const frames = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)];
    const shape = description(1, 3, 8);
    expect(Buffer.concat(await Array.fromAsync(nativeValue(from(frames), shape)))).toEqual(
      Buffer.from([1, 2, 3, 4, 5, 6]),
    );
    expect(nativeLength(shape, frames[0] ?? Uint8Array.of(), 2)).toBe(6);
  });

  it.each([1, 3, 7, 8, 9, 15, 20])('puts single bits one after the other: %i a frame', async (frameBits) => {
    const shape = description(1, frameBits, 1);
    const texts = Array.from({ length: 11 }, (_, frame) =>
      Array.from({ length: frameBits }, (_bit, at) => ((frame * 7 + at * at) % 3 === 0 ? 1 : 0)).join(''),
    );
    const frames = texts.map((text) => {
      const bytes = new Uint8Array(Math.ceil(frameBits / 8));
      for (const [at, bit] of [...text].entries())
        bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (Number(bit) << (at & 7));
      return bytes;
    });
    const value = Buffer.concat(await Array.fromAsync(nativeValue(from(frames), shape)));
    expect(bitsOf(value, frameBits * 11)).toBe(texts.join(''));
    expect(value).toHaveLength(nativeLength(shape, frames[0] ?? Uint8Array.of(), 11));
  });
});

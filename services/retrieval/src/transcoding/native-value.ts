/** Decoded frames as one native value (PS3.5 §8.1.1): one after the other without gaps, in bits. */
import type { PixelDescription } from '@sandyq/pixel-data';

/** Length in bytes of so many frames like this one, without padding. */
export function nativeLength(
  { rows, columns, samplesPerPixel, bitsAllocated }: PixelDescription,
  firstFrame: Uint8Array,
  frames: number,
): number {
  if (bitsAllocated !== 1) return firstFrame.length * frames;
  return Math.ceil((rows * columns * samplesPerPixel * frames) / 8);
}

/** The bytes of the value: frames of single bits begin where the one before ends, in the middle of a byte. */
export async function* nativeValue(
  frames: AsyncIterable<Uint8Array>,
  { rows, columns, samplesPerPixel, bitsAllocated }: PixelDescription,
): AsyncGenerator<Uint8Array> {
  const frameBits = rows * columns * samplesPerPixel;
  if (bitsAllocated !== 1 || frameBits % 8 === 0) {
    yield* frames;
    return;
  }
  let rest = 0;
  let restBits = 0;
  for await (const frame of frames) {
    const joined = new Uint8Array(Math.ceil((restBits + frameBits) / 8));
    joined[0] = rest;
    for (const [index, byte] of frame.entries()) {
      joined[index] = (joined[index] ?? 0) | ((byte << restBits) & 0xff);
      if (index + 1 < joined.length) joined[index + 1] = byte >> (8 - restBits);
    }
    restBits = (restBits + frameBits) % 8;
    rest = restBits === 0 ? 0 : (joined.at(-1) ?? 0);
    yield restBits === 0 ? joined : joined.subarray(0, -1);
  }
  if (restBits > 0) yield Uint8Array.of(rest);
}

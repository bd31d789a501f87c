/** Images of noise that follows from a seed. Not a test. */
import type { FrameShape } from '@sandyq/pixel-data';
import type { PlainImage } from './encoded-images.ts';
import type { SeededRandom } from './seeded-random.ts';

/** 12-bit grey frames in words of 16 bits. */
export function noisyImage(random: SeededRandom, frames = 1): PlainImage {
  const shape: FrameShape = {
    rows: 24,
    columns: 20,
    samplesPerPixel: 1,
    bitsAllocated: 16,
    bitsStored: 12,
    highBit: 11,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
  };
  const frame = () => {
    const samples = Buffer.alloc(shape.rows * shape.columns * 2);
    for (let at = 0; at < samples.length; at += 2) samples.writeUInt16LE(random.integer(0, 4096), at);
    return samples;
  };
  return { shape, frames: Array.from({ length: frames }, frame) };
}

/** The image with the lowest bit of one pixel of its last frame turned over. */
export function withOneOtherPixel({ shape, frames }: PlainImage): PlainImage {
  const others = frames.map((frame) => Buffer.from(frame));
  const last = others.at(-1);
  last?.writeUInt8(last.readUInt8(140) ^ 1, 140);
  return { shape, frames: others };
}

/** Images of every kind of samples that an archive meets, made from a seed; and real ones. Not a test. */

import { readPart10 } from '@sandyq/dicom';
import {
  describePixels,
  extractFrame,
  type FrameShape,
  frameBytesOf,
  frameRange,
  layoutPixelData,
  shapeOf,
} from '@sandyq/pixel-data';
import { readCorpusFile } from '../../../../../test/support/corpus.ts';
import type { PlainImage } from '../../../../../test/support/encoded-images.ts';
import type { SeededRandom } from '../../../../../test/support/seeded-random.ts';

const grey: FrameShape = {
  rows: 13,
  columns: 11,
  samplesPerPixel: 1,
  bitsAllocated: 16,
  bitsStored: 16,
  highBit: 15,
  pixelRepresentation: 0,
  planarConfiguration: 0,
  photometricInterpretation: 'MONOCHROME2',
};
const colour = { samplesPerPixel: 3, photometricInterpretation: 'RGB' };
const bits = (bitsAllocated: number, bitsStored: number) => ({
  bitsAllocated,
  bitsStored,
  highBit: bitsStored - 1,
});

/** By name. */
export const sampleShapes: Readonly<Record<string, { readonly shape: FrameShape; readonly frames: number }>> =
  {
    '1 bit, 3 frames': { shape: { ...grey, ...bits(1, 1) }, frames: 3 },
    '8 bits': { shape: { ...grey, ...bits(8, 8) }, frames: 1 },
    '12 bits in 16': { shape: { ...grey, ...bits(16, 12) }, frames: 1 },
    '12 bits in 16, signed, 2 frames': {
      shape: { ...grey, ...bits(16, 12), pixelRepresentation: 1 },
      frames: 2,
    },
    '16 bits, signed': { shape: { ...grey, pixelRepresentation: 1 }, frames: 1 },
    'RGB, 2 frames': { shape: { ...grey, ...bits(8, 8), ...colour }, frames: 2 },
    'RGB by plane': { shape: { ...grey, ...bits(8, 8), ...colour, planarConfiguration: 1 }, frames: 1 },
    YBR_FULL: {
      shape: { ...grey, ...bits(8, 8), ...colour, photometricInterpretation: 'YBR_FULL' },
      frames: 1,
    },
  };

/** Samples of that shape: any number that Bits Stored allow, signs repeated above them. */
export function sampleImage(name: string, random: SeededRandom): PlainImage {
  const { shape, frames } = sampleShapes[name] ?? { shape: grey, frames: 1 };
  return { shape, frames: Array.from({ length: frames }, () => sampleFrame(shape, random)) };
}

function sampleFrame(shape: FrameShape, random: SeededRandom): Uint8Array {
  const samples = Buffer.alloc(frameBytesOf(shape));
  if (shape.bitsAllocated < 16) {
    for (const index of samples.keys()) samples[index] = random.integer(0, 256);
    const used = (shape.rows * shape.columns) % 8;
    const last = samples.length - 1;
    if (shape.bitsAllocated === 1) samples[last] = (samples[last] ?? 0) & ((1 << used) - 1);
    return samples;
  }
  const least = shape.pixelRepresentation === 1 ? -(2 ** (shape.bitsStored - 1)) : 0;
  for (let offset = 0; offset < samples.length; offset += 2) {
    const value = random.integer(least, least + 2 ** shape.bitsStored);
    samples.writeUInt16LE(value & 0xffff, offset);
  }
  return samples;
}

/** The image with the lowest bit of one pixel of its last frame turned over. */
export function withOtherPixel({ shape, frames }: PlainImage): PlainImage {
  const others = frames.map((frame) => Buffer.from(frame));
  const last = others.at(-1);
  const at = shape.bitsAllocated === 16 ? 2 * 70 : 17;
  last?.writeUInt8(last.readUInt8(at) ^ 1, at);
  return { shape, frames: others };
}

/** The frames of a native file of the corpus. */
export function corpusImage(path: string): PlainImage {
  const bytes = readCorpusFile(path);
  const { pixelData, dataSet, byteOrder, transferSyntax } = readPart10(bytes);
  const description = describePixels(dataSet, byteOrder);
  if (pixelData?.kind !== 'native' || description === undefined) throw new Error(`${path} is not native`);
  const { layout } = layoutPixelData(pixelData, description, transferSyntax);
  const frames = Array.from({ length: layout.frames }, (_, index) => {
    const range = frameRange(layout, index);
    return extractFrame(bytes.subarray(range.offset, range.offset + range.length), range);
  });
  return { shape: shapeOf(description), frames };
}

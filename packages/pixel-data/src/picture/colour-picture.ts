/** Colour frames as three bytes a pixel: RGB, palette and YBR colours (PS3.3 C.7.6.3.1.2, C.7.9). */
import { CodecError } from '../codec-errors.ts';
import type { DecodedFrame } from '../decoded-frame.ts';
import { interleave } from '../transcode/containers.ts';
import type { Picture } from './grey-picture.ts';
import { type LookupTable, lookUp } from './lookup-table.ts';
import { valuesOf } from './sample-values.ts';

/** Red, green and blue Palette Color Lookup Tables. */
export type Palette = readonly [red: LookupTable, green: LookupTable, blue: LookupTable];

/**
 * A colour frame in native form as RGB. Samples of more than 8 bits keep their highest 8.
 * @throws CodecError 'unsupported' for photometric interpretations that are neither colour here nor defined any more
 */
export function colourPicture(frame: DecodedFrame, palette?: Palette): Picture {
  const { rows, columns, photometricInterpretation } = frame;
  const pixels =
    photometricInterpretation === 'PALETTE COLOR' ? paletteColours(frame, palette) : trueColours(frame);
  return { rows, columns, channels: 3, pixels };
}

function paletteColours(frame: DecodedFrame, palette: Palette | undefined): Uint8Array<ArrayBuffer> {
  if (palette === undefined) throw new CodecError('unsupported', 'palette colour without a palette');
  const values = valuesOf(frame);
  const pixels = new Uint8Array(values.length * 3);
  const shifts = paletteShifts(palette);
  for (let index = 0; index < values.length; index++) {
    for (const [channel, table] of palette.entries()) {
      pixels[index * 3 + channel] = lookUp(table, values[index] ?? 0) >> (shifts[channel] ?? 0);
    }
  }
  return pixels;
}

/** Bits by which the entries of each table have to be shifted to be bytes. */
export function paletteShifts(palette: Palette): readonly number[] {
  return palette.map(shiftOf);
}

/** Many writers announce 16 bits and fill 8. */
function shiftOf({ entries, bits }: LookupTable): number {
  return bits > 8 && entries.some((entry) => entry > 255) ? bits - 8 : 0;
}

function trueColours(frame: DecodedFrame): Uint8Array<ArrayBuffer> {
  const convert = conversions[frame.photometricInterpretation];
  if (convert === undefined || frame.samplesPerPixel !== 3) {
    throw new CodecError(
      'unsupported',
      `colour of ${frame.samplesPerPixel} samples a pixel in this photometric interpretation`,
    );
  }
  const samples = eightBits(frame);
  const full = samples.length < frame.rows * frame.columns * 3 ? fullChroma(samples) : samples;
  const pixels = new Uint8ClampedArray(frame.rows * frame.columns * 3);
  for (let offset = 0; offset < pixels.length; offset += 3) convert(full, pixels, offset);
  return new Uint8Array(pixels.buffer);
}

/** Sample by sample, the highest 8 bits of each. */
function eightBits(frame: DecodedFrame): Uint8Array {
  const { bitsAllocated, bitsStored, planarConfiguration, samples } = frame;
  if (bitsAllocated === 8) return planarConfiguration === 1 ? interleave(samples, 3, 1) : samples;
  const shift = Math.max(0, bitsStored - 8);
  const values = Uint8Array.from(valuesOf(frame), (value) => Math.floor(value / 2 ** shift));
  return planarConfiguration === 1 ? interleave(values, 3, 1) : values;
}

/** Native 4:2:2 lies as Y Y Cb Cr for two pixels (C.7.6.3.1.2): both get the same chroma. */
function fullChroma(samples: Uint8Array): Uint8Array {
  const full = new Uint8Array((samples.length / 2) * 3);
  for (let from = 0, to = 0; from + 3 < samples.length; from += 4, to += 6) {
    const [first = 0, second = 0, blue = 0, red = 0] = samples.subarray(from, from + 4);
    full.set([first, blue, red, second, blue, red], to);
  }
  return full;
}

/** Writes the pixel at the offset; the target clamps and rounds. */
type Convert = (samples: Uint8Array, target: Uint8ClampedArray, offset: number) => void;

/** Inverses of the equations of C.7.6.3.1.2. */
const conversions: Readonly<Record<string, Convert>> = {
  RGB: (samples, target, offset) => target.set(samples.subarray(offset, offset + 3), offset),
  YBR_FULL: fromFullRange,
  YBR_FULL_422: fromFullRange,
  YBR_PARTIAL_422: fromPartialRange,
};

function fromFullRange(samples: Uint8Array, target: Uint8ClampedArray, offset: number): void {
  write(
    target,
    offset,
    samples[offset] ?? 0,
    (samples[offset + 1] ?? 0) - 128,
    (samples[offset + 2] ?? 0) - 128,
  );
}

function fromPartialRange(samples: Uint8Array, target: Uint8ClampedArray, offset: number): void {
  const luminance = ((samples[offset] ?? 0) - 16) * (255 / 219);
  const blue = ((samples[offset + 1] ?? 0) - 128) * (255 / 224);
  write(target, offset, luminance, blue, ((samples[offset + 2] ?? 0) - 128) * (255 / 224));
}

function write(
  target: Uint8ClampedArray,
  offset: number,
  luminance: number,
  blue: number,
  red: number,
): void {
  target[offset] = luminance + 1.402 * red;
  target[offset + 1] = luminance - 0.344136 * blue - 0.714136 * red;
  target[offset + 2] = luminance + 1.772 * blue;
}

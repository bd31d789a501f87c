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

function paletteColours(frame: DecodedFrame, palette: Palette | undefined): Uint8Array {
  if (palette === undefined) throw new CodecError('unsupported', 'palette colour without a palette');
  const values = valuesOf(frame);
  const pixels = new Uint8Array(values.length * 3);
  const shifts = paletteShifts(palette);
  for (const [channel, table] of palette.entries()) {
    const shift = shifts[channel] ?? 0;
    for (let index = 0; index < values.length; index++) {
      pixels[index * 3 + channel] = lookUp(table, values[index] ?? 0) >> shift;
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

function trueColours(frame: DecodedFrame): Uint8Array {
  const toRgb = conversions[frame.photometricInterpretation];
  if (toRgb === undefined || frame.samplesPerPixel !== 3) {
    throw new CodecError(
      'unsupported',
      `colour of ${frame.samplesPerPixel} samples a pixel in this photometric interpretation`,
    );
  }
  const bytes = frame.rows * frame.columns * 3;
  const samples = eightBits(frame);
  return toRgb((samples.length < bytes ? fullChroma(samples) : samples).subarray(0, bytes));
}

/** Sample by sample, the highest 8 bits of each. Shares memory with the frame where that is how it lies. */
function eightBits(frame: DecodedFrame): Uint8Array {
  const { bitsAllocated, bitsStored, planarConfiguration, samples } = frame;
  const shift = Math.max(0, bitsStored - 8);
  const bytes =
    bitsAllocated === 8
      ? samples
      : Uint8Array.from(valuesOf(frame), (value) => Math.floor(value / 2 ** shift));
  return planarConfiguration === 1 ? interleave(bytes, 3, 1) : bytes;
}

/** Native 4:2:2 lies as Y Y Cb Cr for two pixels (C.7.6.3.1.2): both get the same chroma. */
function fullChroma(samples: Uint8Array): Uint8Array {
  const full = new Uint8Array((samples.length / 2) * 3);
  for (let from = 0, to = 0; from + 3 < samples.length; from += 4, to += 6) {
    full[to] = samples[from] ?? 0;
    full[to + 3] = samples[from + 1] ?? 0;
    full[to + 1] = full[to + 4] = samples[from + 2] ?? 0;
    full[to + 2] = full[to + 5] = samples[from + 3] ?? 0;
  }
  return full;
}

/** Pixels of three bytes to red, green and blue: inverses of the equations of C.7.6.3.1.2. */
const conversions: Readonly<Record<string, (pixels: Uint8Array) => Uint8Array>> = {
  RGB: (pixels) => pixels,
  YBR_FULL: fromFullRange,
  YBR_FULL_422: fromFullRange,
  YBR_PARTIAL_422: fromPartialRange,
};

function fromFullRange(pixels: Uint8Array): Uint8Array {
  const colours = new Uint8ClampedArray(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    write(colours, at, pixels[at] ?? 0, (pixels[at + 1] ?? 0) - 128, (pixels[at + 2] ?? 0) - 128);
  }
  return new Uint8Array(colours.buffer);
}

function fromPartialRange(pixels: Uint8Array): Uint8Array {
  const colours = new Uint8ClampedArray(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const luminance = ((pixels[at] ?? 0) - 16) * (255 / 219);
    const blue = ((pixels[at + 1] ?? 0) - 128) * (255 / 224);
    write(colours, at, luminance, blue, ((pixels[at + 2] ?? 0) - 128) * (255 / 224));
  }
  return new Uint8Array(colours.buffer);
}

/** Writes a pixel; the target clamps and rounds. */
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

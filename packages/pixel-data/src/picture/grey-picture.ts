/** Grey frames as one byte a pixel, ready for an image encoder. */
import { type DecodedFrame, sampleCountOf } from '../decoded-frame.ts';
import { fullWindow, type GreyTransform, modalityValue, shadeFunction } from './grey-transform.ts';
import { type SampleValues, valuesOf } from './sample-values.ts';

/** Pixels of one byte (grey) or three (red, green, blue), row by row. */
export interface Picture {
  readonly rows: number;
  readonly columns: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** What of a grey transform is known; without a VOI LUT the values of the frame span black to white. */
export type GreyOptions = Omit<GreyTransform, 'voi'> & Partial<Pick<GreyTransform, 'voi'>>;

/** Up to 16 bits each value is computed once and looked up for every pixel. */
const mostTabulatedBits = 16;

/**
 * A frame of MONOCHROME1 or MONOCHROME2 as shades.
 * @throws CodecError 'unsupported' where Bits Allocated is none of 1, 8, 16, 32, 64
 */
export function greyPicture(frame: DecodedFrame, options: GreyOptions): Picture {
  const values = valuesOf(frame);
  const shade = shadeFunction({ ...options, voi: options.voi ?? windowOf(values, options) });
  const pixels = new Uint8Array(sampleCountOf(frame));
  const isTabulated = frame.bitsAllocated <= mostTabulatedBits && pixels.length > 2 ** frame.bitsStored;
  const toShade = isTabulated ? tabulated(shade) : shade;
  for (let index = 0; index < pixels.length; index++) pixels[index] = toShade(values[index] ?? 0);
  return { rows: frame.rows, columns: frame.columns, channels: 1, pixels };
}

function windowOf(values: SampleValues, { modality }: GreyOptions): GreyTransform['voi'] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  if (least > greatest) return fullWindow(0, 1);
  // A negative slope or a table turns the ends around or apart.
  const ends = [modalityValue(modality, least), modalityValue(modality, greatest)];
  return fullWindow(Math.min(...ends), Math.max(...ends));
}

/** 16-bit values, signed or not, fall on 65,536 places. */
function tabulated(shade: (stored: number) => number): (stored: number) => number {
  const known = new Int16Array(0x10000).fill(-1);
  return (stored) => {
    const place = stored & 0xffff;
    const found = known[place] ?? -1;
    if (found !== -1) return found;
    const computed = shade(stored);
    known[place] = computed;
    return computed;
  };
}

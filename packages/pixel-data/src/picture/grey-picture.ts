/** Grey frames as one byte a pixel, ready for an image encoder. */
import { CodecError } from '../codec-errors.ts';
import { type DecodedFrame, sampleCountOf } from '../decoded-frame.ts';
import {
  fullWindow,
  type GreyTransform,
  modalityValue,
  type StoredRange,
  shadeFunction,
} from './grey-transform.ts';
import { type SampleValues, valuesOf } from './sample-values.ts';

/** Pixels of one byte (grey) or three (red, green, blue), row by row. */
export interface Picture {
  readonly rows: number;
  readonly columns: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/**
 * What of a grey transform is known. Without a VOI LUT the values that 8 bits or fewer can hold span black to white; of
 * deeper or rescaled frames the values that are there.
 */
export type GreyOptions = Omit<GreyTransform, 'voi'> & { readonly voi?: GreyTransform['voi'] | undefined };

/** Up to 16 bits each value is computed once and looked up for every pixel. */
const mostTabulatedBits = 16;

/**
 * A frame of MONOCHROME1 or MONOCHROME2 as shades.
 * @throws CodecError 'unsupported' where Bits Allocated is none of 1, 8, 16, 32, 64
 */
export function greyPicture(frame: DecodedFrame, options: GreyOptions): Picture {
  if (frame.samplesPerPixel !== 1) {
    throw new CodecError('unsupported', `grey of ${frame.samplesPerPixel} samples a pixel`);
  }
  const values = valuesOf(frame);
  const shade = shadeFunction({ ...options, voi: options.voi ?? windowOf(values, frame, options) });
  const pixels = new Uint8Array(sampleCountOf(frame));
  const isTabulated = frame.bitsAllocated <= mostTabulatedBits && pixels.length > 2 ** frame.bitsStored;
  const toShade = isTabulated ? tabulated(shade) : shade;
  for (let index = 0; index < pixels.length; index++) pixels[index] = toShade(values[index] ?? 0);
  return { rows: frame.rows, columns: frame.columns, channels: 1, pixels };
}

function windowOf(values: SampleValues, frame: DecodedFrame, options: GreyOptions): GreyTransform['voi'] {
  const { modality } = options;
  const isShallow = frame.bitsStored <= 8 && frame.pixelRepresentation === 0 && modality === undefined;
  const { least, greatest } = isShallow
    ? { least: 0, greatest: 2 ** frame.bitsStored - 1 }
    : rangeOf(values, options);
  if (least > greatest) return fullWindow(0, 1);
  // A negative slope or a table turns the ends around or apart.
  const ends = [modalityValue(modality, least), modalityValue(modality, greatest)];
  return fullWindow(Math.min(...ends), Math.max(...ends));
}

/** Of what is image: padding, not-a-number and infinity are not. Least above greatest where nothing is. */
function rangeOf(values: SampleValues, { padding }: GreyOptions): StoredRange {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    const isPadding = padding !== undefined && value >= padding.least && value <= padding.greatest;
    if (isPadding || !Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return { least, greatest };
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

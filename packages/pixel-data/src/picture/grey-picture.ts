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
import { containersOf, storedValueOf, valuesOf } from './sample-values.ts';

/** Pixels of one byte (grey) or three (red, green, blue), row by row. May share memory with the frame: not to be written. */
export interface Picture {
  readonly rows: number;
  readonly columns: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

/**
 * What of a grey transform is known. Without a VOI LUT the values that 8 bits or fewer can hold span black to white; of
 * deeper or rescaled frames the values that are there.
 */
export type GreyOptions = Omit<GreyTransform, 'voi'> & { readonly voi?: GreyTransform['voi'] | undefined };

/** Containers of so many bits have few enough values: each is computed once and looked up for every pixel. */
const tabulatedBits: readonly number[] = [8, 16];

/**
 * A frame of MONOCHROME1 or MONOCHROME2 as shades.
 * @throws CodecError 'unsupported' where Bits Allocated is none of 1, 8, 16, 32, 64
 */
export function greyPicture(frame: DecodedFrame, options: GreyOptions): Picture {
  if (frame.samplesPerPixel !== 1) {
    throw new CodecError('unsupported', `grey of ${frame.samplesPerPixel} samples a pixel`);
  }
  const isTabulated = tabulatedBits.includes(frame.bitsAllocated);
  const pixels = isTabulated ? tabulatedShades(frame, options) : computedShades(frame, options);
  return { rows: frame.rows, columns: frame.columns, channels: 1, pixels };
}

function tabulatedShades(frame: DecodedFrame, options: GreyOptions): Uint8Array<ArrayBuffer> {
  const containers = unsignedContainers(frame);
  const table = shadeTable(containers, frame, options);
  const pixels = new Uint8Array(sampleCountOf(frame));
  const count = Math.min(pixels.length, containers.length);
  for (let index = 0; index < count; index++) pixels[index] = table[containers[index] ?? 0] ?? 0;
  return pixels;
}

/** The shade of every container that occurs. */
function shadeTable(
  containers: Uint8Array | Uint16Array,
  frame: DecodedFrame,
  options: GreyOptions,
): Uint8Array<ArrayBuffer> {
  const { bitsAllocated, pixelRepresentation } = frame;
  const unused = 32 - bitsAllocated;
  const isSigned = pixelRepresentation === 1;
  const toValue = storedValueOf(frame) ?? ((whole) => (isSigned ? (whole << unused) >> unused : whole));
  const table = new Uint8Array(2 ** bitsAllocated);
  for (let index = 0; index < containers.length; index++) table[containers[index] ?? 0] = 1;
  const occurring: number[] = [];
  for (let container = 0; container < table.length; container++) {
    if (table[container] === 1) occurring.push(container);
  }
  const values = occurring.map(toValue);
  const shade = shadeFunction({ ...options, voi: options.voi ?? windowOf(values, frame, options) });
  for (const [index, container] of occurring.entries()) table[container] = shade(values[index] ?? 0);
  return table;
}

function unsignedContainers(frame: DecodedFrame): Uint8Array | Uint16Array {
  const { buffer, byteOffset, length } = containersOf(frame);
  return frame.bitsAllocated === 8
    ? new Uint8Array(buffer, byteOffset, length)
    : new Uint16Array(buffer, byteOffset, length);
}

function computedShades(frame: DecodedFrame, options: GreyOptions): Uint8Array<ArrayBuffer> {
  const values = valuesOf(frame);
  const shade = shadeFunction({ ...options, voi: options.voi ?? windowOf(values, frame, options) });
  const pixels = new Uint8Array(sampleCountOf(frame));
  for (let index = 0; index < pixels.length; index++) pixels[index] = shade(values[index] ?? 0);
  return pixels;
}

function windowOf(
  values: ArrayLike<number>,
  frame: DecodedFrame,
  options: GreyOptions,
): GreyTransform['voi'] {
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
function rangeOf(values: ArrayLike<number>, { padding }: GreyOptions): StoredRange {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    const isPadding = padding !== undefined && value >= padding.least && value <= padding.greatest;
    if (isPadding || !Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return { least, greatest };
}

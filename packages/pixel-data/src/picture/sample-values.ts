/** The numbers that a frame's containers hold (PS3.5 §8.1.1), ready for lookup tables. */
import { CodecError } from '../codec-errors.ts';
import { type DecodedFrame, sampleCountOf } from '../decoded-frame.ts';
import { unpackBits } from '../transcode/containers.ts';

/** Numbers of any of the kinds that samples come in. */
export type SampleValues =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/**
 * The values of all samples, in the order they lie. Bits above High Bit (old overlays) are masked, the sign is the bit at
 * High Bit, bits below it that are not stored are shifted out. May share memory with the frame.
 * @throws CodecError 'unsupported' where Bits Allocated is none of 1, 8, 16, 32, 64
 */
export function valuesOf(frame: DecodedFrame): SampleValues {
  const { bitsAllocated, samples } = frame;
  if (bitsAllocated === 1) return unpackBits(samples, sampleCountOf(frame));
  const containers = containersOf(frame);
  const toValue = storedValueOf(frame);
  return toValue === undefined ? containers : containers.map(toValue);
}

/**
 * The containers as they are, whatever bits of them are stored. Shares memory with the frame where that is aligned.
 * @throws CodecError 'unsupported' where Bits Allocated is none of 8, 16, 32, 64
 */
export function containersOf({ bitsAllocated, pixelRepresentation, samples }: DecodedFrame): SampleValues {
  const bytes = bitsAllocated / 8;
  const { buffer, byteOffset } = samples.byteOffset % bytes === 0 ? samples : Uint8Array.from(samples);
  const count = Math.floor(samples.length / bytes);
  const isSigned = pixelRepresentation === 1;
  switch (bitsAllocated) {
    case 8:
      return isSigned ? new Int8Array(buffer, byteOffset, count) : new Uint8Array(buffer, byteOffset, count);
    case 16:
      return isSigned
        ? new Int16Array(buffer, byteOffset, count)
        : new Uint16Array(buffer, byteOffset, count);
    case 32:
      if (pixelRepresentation === undefined) return new Float32Array(buffer, byteOffset, count);
      return isSigned
        ? new Int32Array(buffer, byteOffset, count)
        : new Uint32Array(buffer, byteOffset, count);
    case 64:
      if (pixelRepresentation === undefined) return new Float64Array(buffer, byteOffset, count);
      break;
    default:
  }
  throw new CodecError('unsupported', `numbers of ${bitsAllocated} bits`);
}

/** From a container to the value in it; undefined where the whole container is the value. */
export function storedValueOf({
  bitsAllocated,
  bitsStored,
  highBit,
  pixelRepresentation,
}: DecodedFrame): ((container: number) => number) | undefined {
  const isWhole =
    bitsStored === bitsAllocated || bitsStored < 1 || highBit >= bitsAllocated || highBit + 1 < bitsStored;
  if (isWhole || pixelRepresentation === undefined) return undefined;
  const above = 31 - highBit;
  const unused = 32 - bitsStored;
  return pixelRepresentation === 1
    ? (container) => (container << above) >> unused
    : (container) => (container << above) >>> unused;
}

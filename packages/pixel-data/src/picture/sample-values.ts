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
 * High Bit, bits below it that are not stored are shifted out.
 * @throws CodecError 'unsupported' where Bits Allocated is none of 1, 8, 16, 32, 64
 */
export function valuesOf(frame: DecodedFrame): SampleValues {
  const { bitsAllocated, pixelRepresentation, samples } = frame;
  if (bitsAllocated === 1) return unpackBits(samples, sampleCountOf(frame));
  // A copy is aligned for every element type, whatever buffer the samples lie in.
  const { buffer } = Uint8Array.from(samples);
  if (pixelRepresentation === undefined && bitsAllocated === 32) return new Float32Array(buffer);
  if (pixelRepresentation === undefined && bitsAllocated === 64) return new Float64Array(buffer);
  const isSigned = pixelRepresentation === 1;
  return storedBits(containersOf(buffer, bitsAllocated, isSigned), frame, isSigned);
}

function containersOf(buffer: ArrayBuffer, bitsAllocated: number, isSigned: boolean): SampleValues {
  if (bitsAllocated === 8) return isSigned ? new Int8Array(buffer) : new Uint8Array(buffer);
  if (bitsAllocated === 16) return isSigned ? new Int16Array(buffer) : new Uint16Array(buffer);
  if (bitsAllocated === 32) return isSigned ? new Int32Array(buffer) : new Uint32Array(buffer);
  throw new CodecError('unsupported', `numbers of ${bitsAllocated} bits`);
}

function storedBits(values: SampleValues, frame: DecodedFrame, isSigned: boolean): SampleValues {
  const { bitsAllocated, bitsStored, highBit } = frame;
  const isWhole =
    bitsStored === bitsAllocated || bitsStored < 1 || highBit >= bitsAllocated || highBit + 1 < bitsStored;
  if (isWhole) return values;
  const above = 31 - highBit;
  const unused = 32 - bitsStored;
  for (let index = 0; index < values.length; index++) {
    const top = (values[index] ?? 0) << above;
    values[index] = isSigned ? top >> unused : top >>> unused;
  }
  return values;
}

/** Samples in the one form that they have in common whatever encoding they came from: for comparing pixel values. */
import { type DecodedFrame, type FrameShape, frameBytesOf } from './decoded-frame.ts';
import { interleave } from './transcode/containers.ts';

/**
 * The samples of a frame, sample by sample, little endian. Unused bits above a signed sample's High Bit repeat its sign,
 * as some codecs leave them and others do not (PS3.5 §8.1.1); other bits there (overlays of old images) stay. Unused bits
 * after the last 1-bit sample are zero. May share memory with the frame, which stays unchanged.
 */
export function canonicalSamples(frame: DecodedFrame): Uint8Array {
  if (frame.bitsAllocated === 1) return withZeroTail(frame);
  return withSigns(bySample(frame), frame);
}

function bySample(frame: DecodedFrame): Uint8Array {
  const { samples, planarConfiguration, samplesPerPixel, bitsAllocated } = frame;
  const isByPlane = planarConfiguration === 1 && samplesPerPixel > 1 && bitsAllocated % 8 === 0;
  // Subsampled chroma knows no planes.
  if (!isByPlane || samples.length !== frameBytesOf(frame)) return samples;
  return interleave(samples, samplesPerPixel, bitsAllocated / 8);
}

function withZeroTail({ samples, rows, columns, samplesPerPixel }: DecodedFrame): Uint8Array {
  const used = (rows * columns * samplesPerPixel) % 8;
  const last = samples.length - 1;
  const tail = samples[last] ?? 0;
  if (used === 0 || tail >> used === 0) return samples;
  const copy = Uint8Array.from(samples);
  copy[last] = tail & ((1 << used) - 1);
  return copy;
}

/** Numbers of two's complement in containers that are larger than they are. */
function withSigns(samples: Uint8Array, shape: FrameShape): Uint8Array {
  const { bitsAllocated, bitsStored, highBit, pixelRepresentation } = shape;
  const isWider = bitsStored >= 1 && bitsStored < bitsAllocated && highBit === bitsStored - 1;
  const isReadable = bitsAllocated === 8 || bitsAllocated === 16 || bitsAllocated === 32;
  if (pixelRepresentation !== 1 || !isWider || !isReadable) return samples;
  const bytes = bitsAllocated / 8;
  const view = new DataView(samples.buffer, samples.byteOffset, samples.byteLength);
  const signBit = 2 ** (bitsStored - 1);
  const end = 2 ** bitsStored;
  let signed: DataView | undefined;
  for (let offset = 0; offset + bytes <= samples.length; offset += bytes) {
    const value = valueAt(view, offset, bytes);
    if (value < signBit || value >= end) continue;
    signed ??= new DataView(Uint8Array.from(samples).buffer);
    setValue(signed, offset, bytes, value - end);
  }
  return signed === undefined ? samples : new Uint8Array(signed.buffer);
}

function valueAt(view: DataView, offset: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(offset);
  return bytes === 2 ? view.getUint16(offset, true) : view.getUint32(offset, true);
}

function setValue(view: DataView, offset: number, bytes: number, value: number): void {
  if (bytes === 1) view.setInt8(offset, value);
  else if (bytes === 2) view.setInt16(offset, value, true);
  else view.setInt32(offset, value, true);
}

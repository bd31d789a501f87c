/** How many bits of each sample a lossless code stream must carry. */
import type { FrameShape } from '../decoded-frame.ts';

/**
 * Bits Stored where every sample is a number of so many bits in its container; else all of Bits Allocated: old images
 * keep overlays or rubbish above the High Bit, and lossless means those too.
 * @param samples containers of 8 or 16 bits, little endian
 */
export function precisionOf(samples: Uint8Array, shape: FrameShape): number {
  const { bitsAllocated, bitsStored, highBit, pixelRepresentation } = shape;
  const isUsable = bitsStored >= 1 && bitsStored < bitsAllocated && highBit === bitsStored - 1;
  if (!isUsable) return bitsAllocated;
  const isSigned = pixelRepresentation === 1;
  const least = isSigned ? -(2 ** (bitsStored - 1)) : 0;
  const greatest = isSigned ? 2 ** (bitsStored - 1) - 1 : 2 ** bitsStored - 1;
  const view = new DataView(samples.buffer, samples.byteOffset, samples.byteLength);
  for (let offset = 0; offset < samples.length; offset += bitsAllocated / 8) {
    const value = valueAt(view, offset, bitsAllocated, isSigned);
    if (value < least || value > greatest) return bitsAllocated;
  }
  return bitsStored;
}

function valueAt(view: DataView, offset: number, bitsAllocated: number, isSigned: boolean): number {
  if (bitsAllocated === 8) return isSigned ? view.getInt8(offset) : view.getUint8(offset);
  return isSigned ? view.getInt16(offset, true) : view.getUint16(offset, true);
}

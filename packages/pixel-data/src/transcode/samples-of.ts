/** Makes a frame's samples of what a codec decoded, after comparing the sizes once more. */
import { CodecError } from '../codec-errors.ts';
import type { CodestreamHeader } from '../codestream/codestream-header.ts';
import { type FrameShape, sampleCountOf } from '../decoded-frame.ts';
import { packBits, widen } from './containers.ts';

/**
 * Containers of Bits Allocated bits of the codec's output, which has a byte for each sample up to 8 bits of precision
 * and two up to 16.
 * @throws CodecError 'truncated-codestream' where the codec gave less than the image without an error
 */
export function samplesOf(
  decoded: Uint8Array<ArrayBuffer>,
  { precision, isSigned }: Pick<CodestreamHeader, 'precision'> & { readonly isSigned: boolean },
  shape: FrameShape,
): Uint8Array<ArrayBuffer> {
  const containerBits = precision <= 8 ? 8 : 16;
  const expected = (sampleCountOf(shape) * containerBits) / 8;
  if (decoded.length !== expected) {
    throw new CodecError('truncated-codestream', `the codec gave ${decoded.length} of ${expected} bytes`);
  }
  if (shape.bitsAllocated === 1) return packBits(decoded);
  if (shape.bitsAllocated < containerBits || shape.bitsAllocated % 8 !== 0) {
    throw new CodecError('unsupported', `${precision}-bit samples in ${shape.bitsAllocated} bits allocated`);
  }
  return widen(decoded, containerBits, shape.bitsAllocated, isSigned);
}

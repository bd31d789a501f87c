/** Makes a frame of the bytes of its range. No decoding: compressed frames stay compressed. */
import { swapWords } from '@sandyq/dicom';
import { PixelDataError } from './errors.ts';
import type { EncapsulatedFrameRange, FrameRange, NativeFrameRange } from './frame-range.ts';

/**
 * The frame of exactly the bytes of its range. The result may share memory with `bytes`, which stay unchanged.
 * @throws PixelDataError 'wrong-range-length'
 */
export function extractFrame(bytes: Uint8Array, range: FrameRange): Uint8Array {
  return range.kind === 'native' ? extractNativeFrame(bytes, range) : joinFragments(bytes, range);
}

/**
 * A native frame in little endian: containers of Bits Allocated bits without gaps, planar configuration as stored,
 * 1-bit pixels with the first one in the lowest bit; unused bits of the last byte are zero (PS3.5 §8.1.1, §8.2).
 * @throws PixelDataError 'wrong-range-length'
 */
export function extractNativeFrame(bytes: Uint8Array, range: NativeFrameRange): Uint8Array {
  requireLength(bytes, range);
  const { skippedBits, bitLength, swappedWordBytes } = range;
  const little = swappedWordBytes === undefined ? bytes : swapWords(bytes, swappedWordBytes);
  const start = Math.floor(skippedBits / 8);
  const shift = skippedBits % 8;
  const length = Math.ceil(bitLength / 8);
  if (shift === 0 && bitLength % 8 === 0) return little.subarray(start, start + length);
  const frame = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    const low = little[start + index] ?? 0;
    const high = little[start + index + 1] ?? 0;
    frame[index] = shift === 0 ? low : (low >>> shift) | (high << (8 - shift));
  }
  clearTail(frame, bitLength);
  return frame;
}

/**
 * The bytes of a compressed frame: its fragments without item headers, trailing padding kept (PS3.5 §A.4).
 * @throws PixelDataError 'wrong-range-length'
 */
export function joinFragments(bytes: Uint8Array, range: EncapsulatedFrameRange): Uint8Array {
  requireLength(bytes, range);
  const [only, ...others] = range.parts;
  if (only === undefined) return new Uint8Array(0);
  if (others.length === 0) return bytes.subarray(only[0], only[0] + only[1]);
  return Buffer.concat(range.parts.map(([offset, length]) => bytes.subarray(offset, offset + length)));
}

function clearTail(frame: Uint8Array, bitLength: number): void {
  const usedBits = bitLength % 8;
  const last = frame.length - 1;
  if (usedBits !== 0) frame[last] = (frame[last] ?? 0) & ((1 << usedBits) - 1);
}

function requireLength(bytes: Uint8Array, range: FrameRange): void {
  if (bytes.length === range.length) return;
  throw new PixelDataError(
    'wrong-range-length',
    `the frame's range has ${range.length} bytes, ${bytes.length} were handed over`,
    { expected: range.length, actual: bytes.length },
  );
}

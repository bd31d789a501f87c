/** Which bytes of an entry hold one frame. Pure arithmetic: the caller reads the range and hands it to extractFrame. */
import type { EncapsulatedPixelDataLayout, NativePixelDataLayout, PixelDataLayout } from '@sandyq/dicom';
import { PixelDataError } from './errors.ts';

/** One contiguous run of bytes of the entry, and what to do with it to get the frame. */
export type FrameRange = NativeFrameRange | EncapsulatedFrameRange;

/** Native pixel data: the frame's bits lie in the range, perhaps not at its start (PS3.5 §8.1.1). */
export interface NativeFrameRange {
  readonly kind: 'native';
  /** Bytes of the entry (of the inflated data set where the layout says `deflated`). */
  readonly offset: number;
  readonly length: number;
  /** Bits before the frame's first bit, counted in little-endian order: from the lowest bit of the first byte. */
  readonly skippedBits: number;
  readonly bitLength: number;
  /** Absent = little endian; else the range consists of big-endian words of that many bytes (the last one may be cut). */
  readonly swappedWordBytes?: 2 | 4 | 8 | undefined;
}

/** Encapsulated pixel data: the frame is the concatenation of its fragments (PS3.5 §A.4). */
export interface EncapsulatedFrameRange {
  readonly kind: 'encapsulated';
  /** Bytes of the entry from the first fragment's first byte to the last one's end, item headers between them included. */
  readonly offset: number;
  readonly length: number;
  /** The fragments, as offsets relative to the range's start. */
  readonly parts: readonly (readonly [offset: number, length: number])[];
}

/**
 * The byte range of the frame with this index (from 0).
 * @throws PixelDataError 'no-such-frame'
 */
export function frameRange(layout: PixelDataLayout, frameIndex: number): FrameRange {
  if (!Number.isInteger(frameIndex) || frameIndex < 0 || frameIndex >= layout.frames) {
    throw new PixelDataError(
      'no-such-frame',
      `frame index ${frameIndex} asked of pixel data with ${layout.frames} frames`,
      { expected: layout.frames, actual: frameIndex },
    );
  }
  return layout.kind === 'native' ? nativeRange(layout, frameIndex) : encapsulatedRange(layout, frameIndex);
}

function nativeRange(layout: NativePixelDataLayout, frameIndex: number): NativeFrameRange {
  const { bitsPerFrame, swappedWordBytes } = layout;
  const wordBits = (swappedWordBytes ?? 1) * 8;
  const firstBit = frameIndex * bitsPerFrame;
  const start = Math.floor(firstBit / wordBits) * (wordBits / 8);
  const end = Math.ceil((firstBit + bitsPerFrame) / wordBits) * (wordBits / 8);
  return {
    kind: 'native',
    offset: layout.offset + start,
    length: Math.min(end, layout.length) - start,
    skippedBits: firstBit - start * 8,
    bitLength: bitsPerFrame,
    ...(swappedWordBytes === undefined ? {} : { swappedWordBytes }),
  };
}

function encapsulatedRange(layout: EncapsulatedPixelDataLayout, frameIndex: number): EncapsulatedFrameRange {
  const { fragments, firstFragments } = layout;
  const first = firstFragments === undefined ? frameIndex : (firstFragments[frameIndex] ?? 0);
  const end = firstFragments === undefined ? first + 1 : (firstFragments[frameIndex + 1] ?? fragments.length);
  const chosen = fragments.slice(first, end);
  const offset = chosen[0]?.[0] ?? layout.offset;
  const last = chosen.at(-1);
  return {
    kind: 'encapsulated',
    offset,
    length: last === undefined ? 0 : last[0] + last[1] - offset,
    parts: chosen.map(([start, length]) => [start - offset, length] as const),
  };
}

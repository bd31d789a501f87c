// How an entry is divided into the blocks that have a CRC-32 each. A pure function of what the receipt says, so that
// the receipt keeps the CRCs only. Part of the storage format: it can't change within a format version.
import type { EncapsulatedPixelDataLayout, NativePixelDataLayout, PixelDataLayout } from '@sandyq/dicom';
import { StorageError } from '../errors.ts';

/** What the blocks of an entry follow from: its length in bytes, and its pixel data if there are any. */
export interface BlockLayoutInput {
  readonly length: number;
  readonly pixelData?: PixelDataLayout | undefined;
}

/** No block is longer, so a verified read never holds more than this. */
export const maximumBlockBytes = 1024 * 1024;

/** More blocks than any sensible instance has; 8 MiB of CRCs. */
export const maximumBlocks = 2 * 1024 * 1024;

/** Called for each block in order; return false to stop. */
export type BlockVisitor = (start: number, end: number, index: number) => boolean;

/**
 * The end of each block, ascending, the last being `length`; an empty entry has none. A block ends where the pixel
 * data value begins; after each native frame (at the next whole byte); after the offset table item and after each
 * fragment; at the end of the entry; and 1 MiB after its own start. Errors: `invalid-argument` for a layout that
 * does not lie in the entry or is not in order, and for more than {@link maximumBlocks}.
 */
export function blockBoundaries(input: BlockLayoutInput): number[] {
  const ends: number[] = [];
  visitBlocks(input, (_start, end) => ends.push(end) > 0);
  return ends;
}

/** Calls `visit` for each block of {@link blockBoundaries} without building the list. Errors: as there. */
export function visitBlocks({ length, pixelData }: BlockLayoutInput, visit: BlockVisitor): void {
  if (!isCount(length)) throw invalidLayout(`length ${length}`);
  let start = 0;
  let count = 0;
  const addBlock = (end: number): boolean => {
    if (count >= maximumBlocks) throw invalidLayout(`more than ${maximumBlocks} blocks`);
    const proceed = visit(start, end, count);
    start = end;
    count += 1;
    return proceed;
  };
  const cutAt = (end: number): boolean => {
    if (end > length) throw invalidLayout(`byte ${end} of an entry of ${length} bytes`);
    for (let next = start + maximumBlockBytes; next < end; next += maximumBlockBytes) {
      if (!addBlock(next)) return false;
    }
    return end === start || addBlock(end);
  };
  if (pixelData === undefined || isDeflated(pixelData) || visitCuts(pixelData, length, cutAt)) cutAt(length);
}

/** Offsets in an inflated data set are no offsets in the entry. */
function isDeflated(pixelData: PixelDataLayout): boolean {
  return pixelData.kind === 'native' && pixelData.deflated === true;
}

/** Where a native frame ends in the value field, in whole bytes from its start. */
export function nativeFrameEnd(frameIndex: number, bitsPerFrame: number): number {
  return Math.ceil(((frameIndex + 1) * bitsPerFrame) / 8);
}

function visitCuts(
  pixelData: PixelDataLayout,
  entryLength: number,
  cutAt: (end: number) => boolean,
): boolean {
  const { kind, offset, length } = pixelData;
  if (!isCount(offset) || !isCount(length) || offset + length > entryLength) {
    throw invalidLayout(`pixel data at ${offset}, of ${length} bytes, in an entry of ${entryLength}`);
  }
  if (!cutAt(offset)) return false;
  return kind === 'native' ? visitFrames(pixelData, cutAt) : visitFragments(pixelData, cutAt);
}

function visitFrames(layout: NativePixelDataLayout, cutAt: (end: number) => boolean): boolean {
  const { offset, length, bitsPerFrame, frames } = layout;
  if (!isCount(frames) || !isCount(bitsPerFrame) || bitsPerFrame === 0)
    throw invalidLayout('impossible frames');
  if (frames > 0 && nativeFrameEnd(frames - 1, bitsPerFrame) > length) {
    throw invalidLayout(`${frames} frames of ${bitsPerFrame} bits in ${length} bytes`);
  }
  for (let index = 0; index < frames; index += 1) {
    if (!cutAt(offset + nativeFrameEnd(index, bitsPerFrame))) return false;
  }
  return true;
}

function visitFragments(layout: EncapsulatedPixelDataLayout, cutAt: (end: number) => boolean): boolean {
  const end = layout.offset + layout.length;
  let position = layout.offset;
  const visitItem = (item: readonly [offset: number, length: number]): boolean => {
    const offset = item[0];
    const length = item[1];
    if (!isCount(offset) || !isCount(length) || offset < position || offset + length > end) {
      throw invalidLayout(`fragment at ${offset}, of ${length} bytes, after byte ${position}`);
    }
    position = offset + length;
    return cutAt(position);
  };
  return visitItem(layout.table) && layout.fragments.every(visitItem);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function invalidLayout(what: string): StorageError {
  return new StorageError('invalid-argument', `the entry can't be divided into blocks: ${what}`);
}

/** Which ranges of an entry to read for a list of frames, and which piece of which frame each of them gives. Pure. */
import type { EncapsulatedFrameRange, FrameRange, NativeFrameRange } from '@sandyq/pixel-data';

/** A frame, or a piece of a long one. */
export interface FramePiece {
  /** Position of the frame in the list wanted, from 0. */
  readonly position: number;
  /** Whether the frame begins with it. */
  readonly isFirst: boolean;
  readonly range: FrameRange;
}

/** One read of the store: bytes [offset, offset + length) of the entry, and what lies in them. */
export interface FrameRead {
  readonly offset: number;
  readonly length: number;
  readonly pieces: readonly FramePiece[];
}

/** No read is longer: frames beyond it come in pieces, neighbours up to it in one. */
export const LONGEST_READ_BYTES = 4 * 1024 * 1024;

/** An item header (PS3.5 §A.4) stands between the fragments of neighbouring frames. */
const ITEM_HEADER_BYTES = 8;

/** The reads for these frames, in their order; neighbours share one. */
export function* frameReads(
  frames: Iterable<FrameRange>,
  longestReadBytes: number = LONGEST_READ_BYTES,
): Generator<FrameRead> {
  let open: { offset: number; end: number; pieces: FramePiece[] } | undefined;
  for (const piece of piecesOf(frames, longestReadBytes)) {
    const { offset } = piece.range;
    const end = offset + piece.range.length;
    const isNeighbour =
      open !== undefined &&
      offset >= open.offset &&
      offset <= open.end + ITEM_HEADER_BYTES &&
      end >= open.end &&
      end - open.offset <= longestReadBytes;
    if (open !== undefined && isNeighbour) {
      open.pieces.push(piece);
      open.end = end;
      continue;
    }
    if (open !== undefined) yield closed(open);
    open = { offset, end, pieces: [piece] };
  }
  if (open !== undefined) yield closed(open);
}

function closed({ offset, end, pieces }: { offset: number; end: number; pieces: FramePiece[] }): FrameRead {
  return { offset, length: end - offset, pieces };
}

function* piecesOf(frames: Iterable<FrameRange>, longestBytes: number): Generator<FramePiece> {
  let position = 0;
  for (const frame of frames) {
    let isFirst = true;
    for (const range of frame.length <= longestBytes ? [frame] : split(frame, longestBytes)) {
      yield { position, isFirst, range };
      isFirst = false;
    }
    position += 1;
  }
}

function split(frame: FrameRange, longestBytes: number): Iterable<FrameRange> {
  return frame.kind === 'native' ? splitNative(frame, longestBytes) : splitEncapsulated(frame, longestBytes);
}

/** Pieces of whole 64-bit words, so that byte order and the place of the first bit are the same in each. */
function* splitNative(frame: NativeFrameRange, longestBytes: number): Generator<NativeFrameRange> {
  const wordBytes = 8;
  // A piece that does not begin at a whole byte or word reaches into the next one.
  const pieceBytes = Math.max(1, Math.floor(longestBytes / wordBytes) - 1) * wordBytes;
  for (let done = 0; done * 8 < frame.bitLength; done += pieceBytes) {
    const bitLength = Math.min(pieceBytes * 8, frame.bitLength - done * 8);
    const word = frame.swappedWordBytes ?? 1;
    const reach = Math.ceil((frame.skippedBits + bitLength) / (word * 8)) * word;
    yield {
      ...frame,
      offset: frame.offset + done,
      length: Math.min(reach, frame.length - done),
      bitLength,
    };
  }
}

/** Each fragment by itself, long ones in pieces that end where the CRC blocks of the entry do. */
function* splitEncapsulated(
  frame: EncapsulatedFrameRange,
  longestBytes: number,
): Generator<EncapsulatedFrameRange> {
  for (const [start, length] of frame.parts) {
    for (let done = 0; done < length; ) {
      const most = done === 0 ? longestBytes - ITEM_HEADER_BYTES : longestBytes;
      const size = Math.min(most, length - done);
      yield {
        kind: 'encapsulated',
        offset: frame.offset + start + done,
        length: size,
        parts: [[0, size]],
      };
      done += size;
    }
  }
}

/**
 * Frames of a deflated data set (PS3.5 §A.5). It is inflated in one pass from its beginning, so its frames come in their
 * own order; those that are wanted in another one wait for their turn.
 */
import type { NativePixelDataLayout } from '@sandyq/dicom';
import { HttpError } from '@sandyq/http';
import { extractFrame, type FrameRange, frameRange } from '@sandyq/pixel-data';
import { bulkValue, isPixelDataPath } from './bulk-value.ts';
import type { FrameBytes } from './frame-bytes.ts';

/** Frames that wait for their turn hold at most this much. */
const WAITING_BYTES = 64 * 1024 * 1024;

/** A frame wanted. */
interface AwaitedFrame {
  readonly position: number;
  readonly range: FrameRange;
}

/**
 * The frames with these indexes (from 0), in their order. Throws HttpError bad-request where too many of them would
 * have to wait.
 */
export async function* inflatedFrames(
  received: AsyncIterable<Uint8Array>,
  layout: NativePixelDataLayout,
  frameIndexes: readonly number[],
): AsyncGenerator<FrameBytes> {
  const awaited = frameIndexes
    .map((index, position): AwaitedFrame => ({ position, range: frameRange(layout, index) }))
    .sort((a, b) => a.range.offset - b.range.offset || a.position - b.position);
  const waiting = new Map<number, Uint8Array>();
  let waitingBytes = 0;
  let next = 0;
  for await (const { position, bytes } of inOwnOrder(received, layout.offset, awaited)) {
    waiting.set(position, bytes);
    waitingBytes += bytes.length;
    for (let ready = waiting.get(next); ready !== undefined; ready = waiting.get(next)) {
      waiting.delete(next);
      waitingBytes -= ready.length;
      yield { position: next, isFirst: true, bytes: ready, frameLength: ready.length };
      next += 1;
    }
    if (waitingBytes > WAITING_BYTES) throw unordered();
  }
}

async function* inOwnOrder(
  received: AsyncIterable<Uint8Array>,
  pixelDataOffset: number,
  awaited: readonly AwaitedFrame[],
): AsyncGenerator<{ readonly position: number; readonly bytes: Uint8Array }> {
  const inflated = new InflatedBytes(pixelDataOffset);
  let next = 0;
  for await (const piece of bulkValue(received, isPixelDataPath)) {
    inflated.add(piece);
    for (let frame = awaited[next]; frame !== undefined; frame = awaited[next]) {
      const { range, position } = frame;
      if (inflated.end < range.offset + range.length) break;
      yield { position, bytes: extractFrame(inflated.copy(range), range) };
      next += 1;
    }
    const upcoming = awaited[next];
    if (upcoming === undefined) return;
    inflated.dropBefore(upcoming.range.offset);
  }
}

/** The part of the inflated data set that frames still need. */
class InflatedBytes {
  #pieces: Uint8Array[] = [];
  #start: number;
  /** Offset after its last byte. */
  end: number;

  constructor(start: number) {
    this.#start = start;
    this.end = start;
  }

  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.end += piece.length;
  }

  copy({ offset, length }: FrameRange): Uint8Array {
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return Buffer.from(joined.subarray(offset - this.#start, offset - this.#start + length));
  }

  dropBefore(offset: number): void {
    for (let first = this.#pieces[0]; first !== undefined && this.#start < offset; first = this.#pieces[0]) {
      const dropped = Math.min(first.length, offset - this.#start);
      if (dropped === first.length) this.#pieces.shift();
      else this.#pieces[0] = first.subarray(dropped);
      this.#start += dropped;
    }
  }
}

function unordered(): HttpError {
  return new HttpError('bad-request', 'The instance is deflated: ask for its frames in ascending order.');
}

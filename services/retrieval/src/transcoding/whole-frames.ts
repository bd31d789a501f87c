/** Whole frames of the pieces that long ones come in. */
import type { FrameBytes } from '../frame-bytes.ts';

/** The bytes of each frame, in order. */
export async function* wholeFrames(pieces: AsyncIterable<FrameBytes>): AsyncGenerator<Uint8Array> {
  let frame: Uint8Array[] = [];
  for await (const { isFirst, bytes } of pieces) {
    if (isFirst && frame.length > 0) {
      yield joined(frame);
      frame = [];
    }
    frame.push(bytes);
  }
  if (frame.length > 0) yield joined(frame);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
}

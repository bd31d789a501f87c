/** A value of a native data set that can't be read in place, because it is deflated or its byte order changes inside. */
import { Part10Reader, toExplicitLittleEndian } from '@sandyq/dicom';

/** Paths of the elements that can hold the pixels of an instance (PS3.3 C.7.6.3, C.7.6.24). */
export function isPixelDataPath(path: string): boolean {
  return path === '7FE00010' || path === '7FE00008' || path === '7FE00009';
}

/**
 * The little-endian bytes of the first bulk value whose path is wanted; nothing if there is none. Reads from the
 * beginning of the data set up to the end of the value, in bounded memory.
 */
export async function* bulkValue(
  received: AsyncIterable<Uint8Array>,
  isWanted: (path: string) => boolean,
): AsyncGenerator<Uint8Array> {
  let bytesLeft: number | undefined;
  let pieces: Uint8Array[] = [];
  const reader = new Part10Reader({
    onBulkData: ({ path, length }, piece) => {
      if (bytesLeft === 0 || !isWanted(path)) return;
      bytesLeft = (bytesLeft ?? length ?? 0) - piece.length;
      // Lent for the time of the call.
      pieces.push(Uint8Array.from(piece));
    },
  });
  for await (const chunk of toExplicitLittleEndian(received)) {
    reader.push(chunk);
    yield* pieces;
    pieces = [];
    if (bytesLeft === 0) return;
  }
  reader.end();
  yield* pieces;
}

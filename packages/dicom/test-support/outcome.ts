/** What reading some bytes comes to, in a form that can be compared. */
import { DicomError } from '../src/errors.ts';
import { type Part10File, Part10Reader, type Part10ReaderOptions } from '../src/part10-reader.ts';

/** The file, or the message of the DicomError (code, place); any other error is thrown on. */
export type Outcome = { readonly file: Part10File } | { readonly fault: string };

/** Reads chunks as they are. */
export function outcomeOf(chunks: Iterable<Uint8Array>, options?: Part10ReaderOptions): Outcome {
  try {
    const reader = new Part10Reader(options);
    for (const chunk of chunks) reader.push(chunk);
    return { file: reader.end() };
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    return { fault: `${error.code}: ${error.message}` };
  }
}

/** Cuts bytes into chunks of the given lengths, taken in turn. */
export function* inChunks(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  let from = 0;
  for (let turn = 0; from < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? bytes.length;
    yield bytes.subarray(from, from + length);
    from += length;
  }
}

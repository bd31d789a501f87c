/** Reads multipart bodies whole, for tests. */
import { DicomwebError } from '../errors.ts';
import { type MultipartLimits, readMultipartRelated } from '../multipart-reader.ts';

export const boundary = 'b0undary';
export const contentType = `multipart/related; type="application/dicom"; boundary=${boundary}`;

/** The body in chunks of these lengths, the rest in one. */
export async function* chunksOf(body: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let position = 0;
  for (const length of cuts) {
    yield body.subarray(position, position + length);
    position += length;
  }
  if (position < body.length) yield body.subarray(position);
}

export interface ReadPart {
  headers: Record<string, string>;
  body: Buffer;
  fault: string | undefined;
}

export interface ReadResult {
  parts: ReadPart[];
  error: string | undefined;
}

/** Every part with its body, and the code of the error that ended the reading. */
export async function readAll(
  body: Uint8Array | string,
  options: { cuts?: readonly number[]; limits?: Partial<MultipartLimits>; type?: string } = {},
): Promise<ReadResult> {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  const parts: ReadPart[] = [];
  try {
    const source = chunksOf(bytes, options.cuts ?? []);
    for await (const part of readMultipartRelated(source, options.type ?? contentType, options.limits)) {
      const pieces: Uint8Array[] = [];
      const read = {
        headers: Object.fromEntries(part.headers),
        body: Buffer.alloc(0),
        fault: part.fault?.code,
      };
      parts.push(read);
      try {
        for await (const piece of part.body) pieces.push(piece);
      } finally {
        read.body = Buffer.concat(pieces);
      }
    }
    return { parts, error: undefined };
  } catch (error) {
    return { parts, error: error instanceof DicomwebError ? error.code : `not typed: ${String(error)}` };
  }
}

export function bodiesOf({ parts }: ReadResult): string[] {
  return parts.map(({ body }) => body.toString('latin1'));
}

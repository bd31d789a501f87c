/** The body of a multipart/related answer (PS3.18 §8.6.1.2). */
import type { MultipartWriter, PartHeaderFields } from '@sandyq/dicomweb';

/** A part of it. */
export interface BodyPart {
  readonly fields: PartHeaderFields;
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** The bytes of all parts and what stands around them. */
export async function* multipartBody(
  writer: MultipartWriter,
  parts: AsyncIterable<BodyPart> | Iterable<BodyPart>,
): AsyncGenerator<Uint8Array> {
  for await (const { fields, body } of parts) {
    yield writer.partHeader(fields);
    yield* body;
  }
  yield writer.closing;
}

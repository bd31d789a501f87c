/**
 * What was sent of an instance that is refused, as one object of the quarantine: a multipart/related body (RFC 2046 §5.1) of
 * its metadata and bulk data, which can be sent again as it is. The same parts give the same bytes, so that a repeat counts.
 */
import { createHash } from 'node:crypto';
import type { RequestPart } from './request-part.ts';

const boundaryPrefix = 'sandyq-refused-';
const boundaryDigits = 32;

/** The body; its first line is its boundary. */
export async function* refusedParts(parts: readonly RequestPart[]): AsyncGenerator<Uint8Array> {
  const boundary = boundaryPrefix + (await digestOf(parts[0]));
  for (const { contentType, contentLocation, bytes } of parts) {
    const location = contentLocation === undefined ? '' : `Content-Location: ${contentLocation}\r\n`;
    yield Buffer.from(`--${boundary}\r\nContent-Type: ${contentType}\r\n${location}\r\n`, 'latin1');
    yield* bytes.open();
    yield Buffer.from('\r\n', 'latin1');
  }
  yield Buffer.from(`--${boundary}--\r\n`, 'latin1');
}

async function digestOf(part: RequestPart | undefined): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of part?.bytes.open() ?? []) hash.update(chunk);
  return hash.digest('hex').slice(0, boundaryDigits);
}

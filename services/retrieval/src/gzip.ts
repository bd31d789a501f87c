/** The content coding gzip (RFC 9110 §8.4.1.3) for answers that are text. */
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/**
 * Node's zlib is Chromium's, whose level 1 looks for no long matches: on metadata, where instances repeat each other, level 3 takes
 * half the time and a quarter of the bytes; higher ones take longer for little (docs/decisions/0029).
 */
export const JSON_LEVEL = 3;

/** The source, compressed. Fails as the source does. */
export async function* gzipped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip({ level: JSON_LEVEL, chunkSize: 64 * 1024 });
  // Its failure is thrown below, where the stream it destroys is read.
  const pumping = pipeline(source, gzip).catch(() => undefined);
  try {
    for await (const chunk of gzip) yield chunk as Buffer;
  } finally {
    gzip.destroy();
    await pumping;
  }
}

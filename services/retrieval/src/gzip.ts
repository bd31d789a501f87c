/** The content coding gzip (RFC 9110 §8.4.1.3) for answers that are text. */
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';

/** The source, compressed at the level that costs least. Fails as the source does. */
export async function* gzipped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 64 * 1024 });
  // Its failure is thrown below, where the stream it destroys is read.
  const pumping = pipeline(source, gzip).catch(() => undefined);
  try {
    for await (const chunk of gzip) yield chunk as Buffer;
  } finally {
    gzip.destroy();
    await pumping;
  }
}

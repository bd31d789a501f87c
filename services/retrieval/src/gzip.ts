/** The content coding gzip (RFC 9110 §8.4.1.3) for answers that are text. */
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';

/** Whether Accept-Encoding names gzip, or any coding, with a weight that is not 0. */
export function acceptsGzip(header: string | readonly string[] | undefined): boolean {
  const weights = new Map<string, number>();
  for (const item of String(header ?? '').split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((word) => word.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    weights.set(coding, q === undefined ? 1 : Number(q.slice(2)));
  }
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0;
}

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

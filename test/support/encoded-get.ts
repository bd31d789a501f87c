/** GET whose body is taken as it comes over the wire, compressed or not; and under any name of the archive. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** An answer as it was sent. */
export interface EncodedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As it came. */
  readonly encoded: Buffer;
  /** Without the content coding. */
  readonly body: Buffer;
}

/** `headers` may name another `Host` than the one that is connected to. */
export function getEncoded(url: string, headers: Record<string, string> = {}): Promise<EncodedAnswer> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const encoded = Buffer.concat(chunks);
        const isGzip = response.headers['content-encoding'] === 'gzip';
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          encoded,
          body: isGzip ? gunzipSync(encoded) : encoded,
        });
      });
    })
      .on('error', reject)
      .end();
  });
}

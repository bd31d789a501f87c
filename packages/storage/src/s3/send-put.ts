// A signed PUT of a range with its length and MD5 stated. Used for whole objects and for parts.
import type { ByteRange } from '../object-store.ts';
import { discard } from './answer.ts';
import type { S3Call, S3Connection } from './s3-connection.ts';
import type { UploadSource } from './upload-source.ts';

/** What {@link sendPut} sends where. `md5` in hex. */
export interface PutRequest {
  readonly connection: S3Connection;
  readonly call: S3Call;
  readonly objectName: string;
  readonly query?: string;
  readonly source: UploadSource;
  readonly range: ByteRange;
  readonly md5: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends it, ends the source's stream whatever happens, and returns the ETag of the answer, '' if it has none. */
export async function sendPut(put: PutRequest): Promise<string> {
  const { connection, objectName, range } = put;
  const request = {
    method: 'PUT',
    bucketName: connection.bucket,
    objectName,
    ...(put.query === undefined ? {} : { query: put.query }),
    headers: {
      ...put.headers,
      'content-length': String(range.length),
      'content-md5': Buffer.from(put.md5, 'hex').toString('base64'),
    },
  };
  const body = await put.source.open(range);
  try {
    return await connection.call(put.call, async (client) => {
      const response = await client.makeRequestStreamAsync(request, body, '', [200], '');
      await discard(response);
      return (response.headers.etag ?? '').replaceAll('"', '');
    });
  } finally {
    if (!Buffer.isBuffer(body)) body.destroy();
  }
}

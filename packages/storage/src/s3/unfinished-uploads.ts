// Multipart uploads whose process died: invisible as objects, but they take space until somebody aborts them.
import { StorageError } from '../errors.ts';
import type { S3Connection } from './s3-connection.ts';

/** Aborts uploads below `prefix` begun before `before`, by the server's clock; returns how many. */
export async function abortUnfinishedUploads(
  connection: S3Connection,
  prefix: string,
  before: Date,
  signal: AbortSignal | undefined,
): Promise<number> {
  const what = `list unfinished uploads of ${prefix}`;
  let aborted = 0;
  let [keyMarker, uploadIdMarker] = ['', ''];
  for (let more = true; more; ) {
    const page = await connection.call({ what, signal }, (client) =>
      client.listIncompleteUploadsQuery(connection.bucket, prefix, keyMarker, uploadIdMarker, ''),
    );
    for (const { key, uploadId, initiated } of page.uploads) {
      if (initiated >= before) continue;
      await connection.call({ what: `abort upload of ${key}`, signal }, (client) =>
        client.abortMultipartUpload(connection.bucket, key, uploadId),
      );
      aborted += 1;
    }
    more = page.isTruncated;
    if (more && page.nextKeyMarker === keyMarker && page.nextUploadIdMarker === uploadIdMarker) {
      throw new StorageError('bad-answer', `${what}: the list does not advance`);
    }
    [keyMarker, uploadIdMarker] = [page.nextKeyMarker, page.nextUploadIdMarker];
  }
  return aborted;
}

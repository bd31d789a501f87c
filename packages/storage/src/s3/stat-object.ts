// HEAD of an object.
import { isStorageError, StorageError } from '../errors.ts';
import type { S3Connection } from './s3-connection.ts';

/** What the store says of an object. `size` in bytes; `etag` without quotes, '' if the store gives none. */
export interface S3Stat {
  readonly size: number;
  readonly lastModified: Date;
  readonly etag: string;
}

/** The object's facts, or undefined if there is none. A missing bucket is `unavailable`, not an absent object. */
export async function statObject(
  connection: S3Connection,
  objectName: string,
  signal: AbortSignal | undefined,
): Promise<S3Stat | undefined> {
  const { bucket } = connection;
  try {
    const call = { what: `stat ${objectName}`, signal };
    const found = await connection.call(call, (client) => client.statObject(bucket, objectName));
    if (Number.isSafeInteger(found.size)) return found;
    throw new StorageError('bad-answer', `stat ${objectName}: the store tells no size`);
  } catch (error) {
    if (!isStorageError(error, 'not-found')) throw error;
    await assertBucket(connection, signal);
    return undefined;
  }
}

/** Throws `unavailable` if the bucket does not exist: a HEAD has no body that could tell which of the two is missing. */
export async function assertBucket(connection: S3Connection, signal: AbortSignal | undefined): Promise<void> {
  const { bucket } = connection;
  const exists = await connection.call({ what: `look for bucket ${bucket}`, signal }, (client) =>
    client.bucketExists(bucket),
  );
  if (!exists)
    throw new StorageError('unavailable', `there is no bucket ${bucket}; make it or correct S3_BUCKET`);
}

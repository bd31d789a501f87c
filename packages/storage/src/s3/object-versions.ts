// The versions of one object in a bucket that keeps them.
import { StorageError } from '../errors.ts';
import type { S3Connection } from './s3-connection.ts';

/** A version, or a delete marker, which has no bytes and cannot be locked. */
export interface ObjectVersion {
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
}

/** Some of the versions left: those in the first answer, where the object's own come before any longer name's. */
export async function versionsOf(
  connection: S3Connection,
  objectName: string,
  signal: AbortSignal | undefined,
): Promise<ObjectVersion[]> {
  const what = `list the versions of ${objectName}`;
  const options = { Delimiter: '', MaxKeys: 1000, IncludeVersion: true };
  const page = await connection.call({ what, signal }, (client) =>
    client.listObjectsQuery(connection.bucket, objectName, '', options),
  );
  return (page.objects ?? [])
    .filter((entry) => entry.name === objectName)
    .map((entry) => {
      const versionId: unknown = 'versionId' in entry ? entry.versionId : undefined;
      const isDeleteMarker = 'isDeleteMarker' in entry && entry.isDeleteMarker === true;
      if (typeof versionId === 'string' && versionId !== '') return { versionId, isDeleteMarker };
      throw new StorageError('bad-answer', `${what}: a version without an id`);
    });
}

// Deletes an object for good: in a bucket with versions a plain DELETE would only hide it.
import { StorageError } from '../errors.ts';
import type { S3Connection } from './s3-connection.ts';

/** Removes every version and delete marker of the object. An object that is not there is deleted. */
export async function deleteObject(
  connection: S3Connection,
  objectName: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (;;) {
    const versions = await versionsOf(connection, objectName, signal);
    if (versions.length === 0) return;
    for (const versionId of versions) {
      await connection.call({ what: `delete ${objectName}`, signal }, (client) =>
        client.removeObject(connection.bucket, objectName, { versionId }),
      );
    }
  }
}

/** Some of the versions left: those in the first answer, where the object's own come before any longer name's. */
async function versionsOf(
  connection: S3Connection,
  objectName: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const what = `list the versions of ${objectName}`;
  const options = { Delimiter: '', MaxKeys: 1000, IncludeVersion: true };
  const page = await connection.call({ what, signal }, (client) =>
    client.listObjectsQuery(connection.bucket, objectName, '', options),
  );
  return (page.objects ?? [])
    .filter((entry) => entry.name === objectName)
    .map((entry) => {
      const versionId: unknown = 'versionId' in entry ? entry.versionId : undefined;
      if (typeof versionId === 'string' && versionId !== '') return versionId;
      throw new StorageError('bad-answer', `${what}: a version without an id`);
    });
}

// Deletes an object for good: in a bucket with versions a plain DELETE would only hide it.
import { isStorageError, StorageError } from '../errors.ts';
import { lockOfVersion } from './object-locks.ts';
import { versionsOf } from './object-versions.ts';
import type { S3Connection } from './s3-connection.ts';

/** Removes every version and delete marker of the object. An object that is not there is deleted. Error: `locked`. */
export async function deleteObject(
  connection: S3Connection,
  objectName: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (;;) {
    const versions = await versionsOf(connection, objectName, signal);
    if (versions.length === 0) return;
    for (const { versionId } of versions) {
      try {
        await connection.call({ what: `delete ${objectName}`, signal }, (client) =>
          client.removeObject(connection.bucket, objectName, { versionId }),
        );
      } catch (error) {
        throw await refusalOf(connection, { objectName, versionId, error }, signal);
      }
    }
  }
}

/** Servers say of a locked version only that they don't want to: it is asked for its lock. */
async function refusalOf(
  connection: S3Connection,
  { objectName, versionId, error }: { objectName: string; versionId: string; error: unknown },
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (!isStorageError(error, 'access-denied') && !isStorageError(error, 'bad-answer')) return error;
  try {
    const { hasLegalHold, retainedUntil } = await lockOfVersion(
      connection,
      { objectName, versionId },
      signal,
    );
    const locks = [
      ...(hasLegalHold ? ['a legal hold'] : []),
      ...(retainedUntil !== undefined && retainedUntil > new Date()
        ? [`its retention until ${retainedUntil.toISOString()}`]
        : []),
    ];
    if (locks.length === 0) return error;
    return new StorageError('locked', `${objectName} is locked by ${locks.join(' and ')}`, { cause: error });
  } catch (unread) {
    // Whoever may not delete may not ask either, or the server knows no locks: the first answer stands.
    if (isStorageError(unread)) return error;
    throw unread;
  }
}

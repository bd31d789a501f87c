// RestoreObject: an archived object (GLACIER and its like) is made readable for some days.
import { isStorageError } from '../errors.ts';
import { answerText } from './answer.ts';
import type { S3Connection } from './s3-connection.ts';

/** Long enough to be copied back, whoever else waits. */
const READABLE_DAYS = 7;

const REQUEST = `<RestoreRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Days>${READABLE_DAYS}</Days></RestoreRequest>`;

/** Under way already (409), and not archived at all (403), are as good. Errors: `not-found`, `unavailable`. */
export async function restoreObject(
  connection: S3Connection,
  objectName: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const request = {
    method: 'POST',
    bucketName: connection.bucket,
    objectName,
    query: 'restore',
    headers: { 'content-type': 'application/xml' },
  };
  try {
    await connection.call({ what: `restore ${objectName}`, signal }, async (client) =>
      answerText(await client.makeRequestAsync(request, REQUEST, [200, 202])),
    );
  } catch (error) {
    // RestoreAlreadyInProgress; InvalidObjectState of an object that can be read.
    if (!isStorageError(error, 'exists') && !isStorageError(error, 'nearline')) throw error;
  }
}

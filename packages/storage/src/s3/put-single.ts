// One PUT: atomic, and conditional, so that of many writers of a key exactly one wins.
import { isStorageError, StorageError } from '../errors.ts';
import { sendPut } from './send-put.ts';
import { wholeOf } from './upload-source.ts';
import { isStored, type Upload } from './verify-stored.ts';

/**
 * Puts all of a source with `If-None-Match: *` and Content-MD5. Where the outcome is unknown (the connection was
 * lost, the server failed) the object is looked at before anything is answered.
 */
export async function putSingle(upload: Upload): Promise<void> {
  const { connection, objectName, source, signal } = upload;
  const range = wholeOf(source);
  const md5 = await source.md5(range);
  const headers = { ...upload.headers, 'if-none-match': '*', 'content-type': 'application/octet-stream' };
  const call = { what: `put ${objectName}`, signal };
  try {
    const etag = await sendPut({ connection, call, objectName, source, range, md5, headers });
    if (upload.etag === 'opaque' || etag === md5) return;
    throw new StorageError(
      'damaged',
      `put ${objectName}: sent MD5 ${md5}, the store answers ${etag || 'none'}`,
    );
  } catch (error) {
    if (isStorageError(error, 'unavailable') && (await isStored(upload, [{ range, md5 }], error))) return;
    throw error;
  }
}

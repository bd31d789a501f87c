// Lists a bucket page by page. Each page is asked for by the last key of the one before, not by a token of the
// server: a token that looks like a number would not survive the client's XML parser.
import { throwIfAborted } from '../abort.ts';
import { StorageError } from '../errors.ts';
import { assertPrefix, isKey } from '../key.ts';
import type { ListOptions, ObjectStat } from '../object-store.ts';
import type { S3Connection } from './s3-connection.ts';

/** Keys asked for at a time; the most that the protocol gives. */
const defaultPageSize = 1000;

/** The objects whose keys begin with `prefix`, in key order; `storePrefix` is what the store puts before its keys. */
export async function* listObjects(
  connection: S3Connection,
  storePrefix: string,
  prefix: string,
  options: ListOptions,
  pageSize = defaultPageSize,
): AsyncGenerator<ObjectStat> {
  assertPrefix(prefix);
  const what = `list ${storePrefix}${prefix}`;
  let last = options.after === undefined ? '' : storePrefix + options.after;
  for (let more = true; more; ) {
    throwIfAborted(options.signal, what);
    const page = await connection.call({ what, signal: options.signal }, (client) =>
      client.listObjectsV2Query(connection.bucket, storePrefix + prefix, '', '', pageSize, last),
    );
    for (const { name, size, lastModified } of page.objects) {
      // The order is what resuming and every merge with the database rely on.
      if (typeof name !== 'string' || name <= last)
        throw new StorageError('bad-answer', `${what}: not in key order`);
      last = name;
      const key = name.slice(storePrefix.length);
      if (isKey(key) && lastModified !== undefined) yield { key, size, lastModified };
    }
    more = page.isTruncated;
    if (more && page.objects.length === 0) throw new StorageError('bad-answer', `${what}: an empty page`);
  }
}

/** An object store that is read no faster than a rate. */
import { Readable } from 'node:stream';
import type { ObjectStore } from '@sandyq/storage';
import type { TokenBucket } from './token-bucket.ts';

/** What is read is paid for before it is handed on; everything else passes. */
export function withRate(store: ObjectStore, bucket: TokenBucket): ObjectStore {
  return {
    kind: store.kind,
    putFile: (key, file, signal) => store.putFile(key, file, signal),
    putBytes: (key, bytes, signal) => store.putBytes(key, bytes, signal),
    stat: (key, signal) => store.stat(key, signal),
    read: async (key, range, signal) =>
      Readable.from(paid(await store.read(key, range, signal), bucket, signal), { highWaterMark: 1 }),
    list: (prefix, options) => store.list(prefix, options),
    delete: (key, signal) => store.delete(key, signal),
    check: (signal) => store.check(signal),
  };
}

async function* paid(
  stream: Readable,
  bucket: TokenBucket,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    await bucket.take(chunk.length, signal);
    yield chunk;
  }
}

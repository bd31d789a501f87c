// What the cases of the object store suite have in common: patterned bytes, reading, and errors by code.
import { AssertionError, equal } from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { isStorageError, type StorageErrorCode } from '../errors.ts';
import type { ByteRange, ObjectStore } from '../object-store.ts';

/** Length of the pattern: a prime, so that it falls in step with no block size. */
const period = 65_537;

/** Bytes in which every offset is told from its neighbours, and that differ from seed to seed. */
export function patterned(length: number, seed = 1): Buffer {
  const pattern = Buffer.allocUnsafe(Math.min(length, period));
  let state = seed * 2_654_435_761;
  for (let index = 0; index < pattern.length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    pattern[index] = state >>> 24;
  }
  return length <= period ? pattern : Buffer.alloc(length, pattern);
}

/** All that a read delivers. */
export async function bytesOf(store: ObjectStore, key: string, range?: ByteRange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await store.read(key, range)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Fails unless the object has exactly these bytes, by stat and by read. */
export async function assertHolds(store: ObjectStore, key: string, bytes: Uint8Array): Promise<void> {
  equal((await store.stat(key))?.size, bytes.length, `size of ${key}`);
  const read = await bytesOf(store, key);
  equal(
    Buffer.compare(read, bytes),
    0,
    `${key}: ${read.length} bytes read are not the ${bytes.length} that were put`,
  );
}

/** Fails unless there is no such object, whichever way one asks. */
export async function assertAbsent(store: ObjectStore, key: string): Promise<void> {
  equal(await store.stat(key), undefined, `stat of ${key}`);
  await assertFails('not-found', store.read(key));
  equal((await keysOf(store, key)).includes(key), false, `${key} is listed`);
}

/** The keys that a list delivers. */
export async function keysOf(store: ObjectStore, prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, after === undefined ? {} : { after })) keys.push(key);
  return keys;
}

/** Fails unless the promise rejects with a StorageError of this code. */
export async function assertFails(code: StorageErrorCode, promise: Promise<unknown>): Promise<void> {
  const outcome = await promise.then(
    () => 'success',
    (error: unknown) =>
      isStorageError(error) ? error.code : `an error that is no StorageError: ${String(error)}`,
  );
  if (outcome !== code) throw new AssertionError({ message: `expected ${code}, got ${outcome}` });
}

/** Reads a stream to its end, for its error. */
export async function drained(stream: NodeJS.ReadableStream): Promise<string> {
  return text(stream);
}

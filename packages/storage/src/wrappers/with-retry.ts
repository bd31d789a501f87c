// Repeats what may be repeated: everything but puts. A put is for the caller to repeat, under a fresh key.
import type { Readable } from 'node:stream';
import { awaitingConsumer } from '../late-consumer.ts';
import type { ByteRange, ListOptions, ObjectStat, ObjectStore } from '../object-store.ts';
import { ResumingReadable } from './resuming-readable.ts';
import { type RetryOptions, RetryPolicy } from './retry-policy.ts';

/**
 * The store with stat, read, list, delete and check repeated after retryable errors. A read that breaks in the middle
 * goes on where it broke, a list after its last key.
 */
export function withRetry(store: ObjectStore, options: RetryOptions = {}): ObjectStore {
  const policy = new RetryPolicy(options);
  return {
    kind: store.kind,
    putFile: (key, file, signal) => store.putFile(key, file, signal),
    putBytes: (key, bytes, signal) => store.putBytes(key, bytes, signal),
    stat: (key, signal) => policy.run(() => store.stat(key, signal), signal),
    read: (key, range, signal) => read(store, policy, key, range, signal),
    list: (prefix, listOptions) => list(store, policy, prefix, listOptions),
    delete: (key, signal) => policy.run(() => store.delete(key, signal), signal),
    check: (signal) => policy.run(() => store.check(signal), signal),
  };
}

async function read(
  store: ObjectStore,
  policy: RetryPolicy,
  key: string,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  const open = (wanted: ByteRange | undefined): Promise<Readable> => store.read(key, wanted, signal);
  const sizeOf = async (): Promise<number> => (await store.stat(key, signal))?.size ?? 0;
  const first = await policy.run(() => open(range), signal);
  return awaitingConsumer(new ResumingReadable({ first, range, open, sizeOf, policy, signal }));
}

async function* list(
  store: ObjectStore,
  policy: RetryPolicy,
  prefix: string,
  options: ListOptions = {},
): AsyncGenerator<ObjectStat> {
  let after = options.after;
  for (let failures = 0; ; ) {
    const entries = store.list(prefix, after === undefined ? options : { ...options, after });
    const iterator = entries[Symbol.asyncIterator]();
    try {
      for (;;) {
        const step = await next(iterator);
        if ('error' in step) {
          failures += 1;
          await policy.pauseAfter(step.error, failures, options.signal);
          break;
        }
        if (step.done === true) return;
        failures = 0;
        after = step.value.key;
        yield step.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
}

/** The next entry or the store's error; an error of the *consumer* must not look like one of the store. */
async function next(
  iterator: AsyncIterator<ObjectStat>,
): Promise<IteratorResult<ObjectStat, unknown> | { readonly error: unknown }> {
  try {
    return await iterator.next();
  } catch (error) {
    return { error };
  }
}

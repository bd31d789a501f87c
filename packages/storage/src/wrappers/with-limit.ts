// Bounds what is asked of a store at the same time.
import type { Readable } from 'node:stream';
import type { ByteRange, ObjectStore } from '../object-store.ts';
import { Semaphore } from './semaphore.ts';

/** Bounds of {@link withLimit}. */
export interface LimitOptions {
  /** Puts at the same time. */
  readonly puts: number;
  /** Reads at the same time; one counts until its stream is closed. */
  readonly reads: number;
  /** Calls of each kind that may wait; one more is `busy`. Default 1 000. */
  readonly maximumWaiting?: number;
  /** A call that has waited so long is `busy` as well: nobody waits for ever behind a store that hangs. */
  readonly maximumWaitMs?: number;
}

/** The store with bounded puts and reads. What is cheap (stat, list, delete, check) passes. */
export function withLimit(store: ObjectStore, options: LimitOptions): ObjectStore {
  const maximumWaiting = options.maximumWaiting ?? 1000;
  const { maximumWaitMs } = options;
  const puts = new Semaphore({ what: 'put', permits: options.puts, maximumWaiting, maximumWaitMs });
  const reads = new Semaphore({ what: 'read', permits: options.reads, maximumWaiting, maximumWaitMs });
  return {
    kind: store.kind,
    putFile: (key, file, signal) => holding(puts, signal, () => store.putFile(key, file, signal)),
    putBytes: (key, bytes, signal) => holding(puts, signal, () => store.putBytes(key, bytes, signal)),
    read: (key, range, signal) => read(store, reads, key, range, signal),
    stat: (key, signal) => store.stat(key, signal),
    list: (prefix, listOptions) => store.list(prefix, listOptions),
    delete: (key, signal) => store.delete(key, signal),
    check: (signal) => store.check(signal),
  };
}

async function holding(
  semaphore: Semaphore,
  signal: AbortSignal | undefined,
  run: () => Promise<void>,
): Promise<void> {
  const release = await semaphore.acquire(signal);
  try {
    await run();
  } finally {
    release();
  }
}

async function read(
  store: ObjectStore,
  reads: Semaphore,
  key: string,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  const release = await reads.acquire(signal);
  try {
    const stream = await store.read(key, range, signal);
    return stream.once('close', release);
  } catch (error) {
    release();
    throw error;
  }
}

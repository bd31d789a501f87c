// Tells what a store was asked and how it went, for metrics and logs. Knows neither.
import { PassThrough, pipeline, type Readable, type TransformCallback } from 'node:stream';
import { isStorageError, type StorageErrorCode } from '../errors.ts';
import { awaitingConsumer } from '../late-consumer.ts';
import type { ByteRange, ListOptions, ObjectStat, ObjectStore } from '../object-store.ts';

/** One call, told when it is over; a read when its stream is closed, a list when its consumer stops. */
export interface StoreEvent {
  readonly operation: 'putFile' | 'putBytes' | 'stat' | 'read' | 'list' | 'delete' | 'check';
  readonly store: ObjectStore['kind'];
  /** Key or prefix; '' for check. */
  readonly key: string;
  readonly durationMs: number;
  /** Bytes put or read. */
  readonly bytes: number;
  /** A read that its consumer left early is `aborted`. */
  readonly outcome: 'success' | StorageErrorCode;
}

/** Where events go, and the clock they are measured by (ms, monotonic). */
export interface EventOptions {
  readonly onEvent: (event: StoreEvent) => void;
  readonly now?: () => number;
}

/** The store with an event after each call. */
export function withEvents(store: ObjectStore, options: EventOptions): ObjectStore {
  const timed = new Timed(store, options);
  return {
    kind: store.kind,
    putFile: (key, file, signal) =>
      timed.run('putFile', key, file.size, () => store.putFile(key, file, signal)),
    putBytes: (key, bytes, signal) =>
      timed.run('putBytes', key, bytes.length, () => store.putBytes(key, bytes, signal)),
    stat: (key, signal) => timed.run('stat', key, 0, () => store.stat(key, signal)),
    read: (key, range, signal) => timed.read(key, range, signal),
    list: (prefix, listOptions) => timed.list(prefix, listOptions),
    delete: (key, signal) => timed.run('delete', key, 0, () => store.delete(key, signal)),
    check: (signal) => timed.run('check', '', 0, () => store.check(signal)),
  };
}

class Timed {
  readonly #store: ObjectStore;
  readonly #onEvent: (event: StoreEvent) => void;
  readonly #now: () => number;

  constructor(store: ObjectStore, { onEvent, now }: EventOptions) {
    this.#store = store;
    this.#onEvent = onEvent;
    this.#now = now ?? (() => performance.now());
  }

  async run<T>(
    operation: StoreEvent['operation'],
    key: string,
    bytes: number,
    call: () => Promise<T>,
  ): Promise<T> {
    const tell = this.#start(operation, key);
    try {
      const result = await call();
      tell('success', bytes);
      return result;
    } catch (error) {
      tell(outcomeOf(error), 0);
      throw error;
    }
  }

  async read(key: string, range: ByteRange | undefined, signal: AbortSignal | undefined): Promise<Readable> {
    const tell = this.#start('read', key);
    try {
      const counted = awaitingConsumer(new CountingStream());
      // Errors and an early end pass through in both directions; the event is where they are told.
      pipeline(await this.#store.read(key, range, signal), counted, (error) => {
        tell(error ? outcomeOf(error) : 'success', counted.bytes);
      });
      return counted;
    } catch (error) {
      tell(outcomeOf(error), 0);
      throw error;
    }
  }

  async *list(prefix: string, options: ListOptions | undefined): AsyncGenerator<ObjectStat> {
    const tell = this.#start('list', prefix);
    let outcome: StoreEvent['outcome'] = 'success';
    try {
      yield* this.#store.list(prefix, options);
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      tell(outcome, 0);
    }
  }

  #start(
    operation: StoreEvent['operation'],
    key: string,
  ): (outcome: StoreEvent['outcome'], bytes: number) => void {
    const began = this.#now();
    return (outcome, bytes) => {
      const durationMs = this.#now() - began;
      this.#onEvent({ operation, store: this.#store.kind, key, durationMs, bytes, outcome });
    };
  }
}

class CountingStream extends PassThrough {
  bytes = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    done(null, chunk);
  }
}

function outcomeOf(error: unknown): StorageErrorCode {
  if (isStorageError(error)) return error.code;
  const stopped = error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
  return stopped ? 'aborted' : 'io-error';
}

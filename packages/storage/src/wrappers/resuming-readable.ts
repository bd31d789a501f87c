// A stream over a stream that may break: after a retryable error it opens the rest and goes on.
import { Readable } from 'node:stream';
import type { ByteRange } from '../object-store.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** What {@link ResumingReadable} reads. */
export interface ResumingSource {
  /** The stream that is open already, of `range`, or of the whole object. */
  readonly first: Readable;
  readonly range: ByteRange | undefined;
  readonly open: (range: ByteRange) => Promise<Readable>;
  /** Size of the whole object; asked only when a read without a range has broken. */
  readonly sizeOf: () => Promise<number>;
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal | undefined;
}

/** Delivers every byte once. Owns the streams it reads. */
export class ResumingReadable extends Readable {
  readonly #source: ResumingSource;
  #current: Readable;
  #chunks: AsyncIterator<Buffer>;
  #delivered = 0;
  #failures = 0;

  constructor(source: ResumingSource) {
    super();
    this.#source = source;
    this.#current = source.first;
    this.#chunks = chunksOf(source.first);
  }

  override _read(): void {
    this.#next().then(
      (chunk) => this.push(chunk),
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#current.destroy();
    callback(error);
  }

  async #next(): Promise<Buffer | null> {
    for (;;) {
      try {
        const step = await this.#chunks.next();
        if (step.done === true) return null;
        this.#delivered += step.value.length;
        this.#failures = 0;
        return step.value;
      } catch (error) {
        await this.#resumeAfter(error);
      }
    }
  }

  async #resumeAfter(broken: unknown): Promise<void> {
    let error = broken;
    for (;;) {
      this.#failures += 1;
      await this.#source.policy.pauseAfter(error, this.#failures, this.#source.signal);
      if (this.destroyed) throw error;
      try {
        this.#current = await this.#source.open(await this.#rest());
        if (this.destroyed) this.#current.destroy();
        this.#chunks = chunksOf(this.#current);
        return;
      } catch (next) {
        error = next;
      }
    }
  }

  async #rest(): Promise<ByteRange> {
    const { offset, length } = this.#source.range ?? { offset: 0, length: await this.#source.sizeOf() };
    return { offset: offset + this.#delivered, length: length - this.#delivered };
  }
}

function chunksOf(stream: Readable): AsyncIterator<Buffer> {
  return stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
}

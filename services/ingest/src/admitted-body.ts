/** The body of a Store request as it is let in: reserved before it is taken, and given up when its sender stalls. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpError, type Reservation } from '@sandyq/http';
import type { ReadingTurns } from './reading-turns.ts';

/** A sender that makes less progress than this within its time has stalled. */
const PROGRESS_BYTES = 64 * 1024;

/** What {@link AdmittedBody} needs. */
export interface AdmittedBodyOptions {
  readonly reservation: Reservation;
  readonly turns: ReadingTurns;
  /** Time that may be spent waiting for the sender without progress, milliseconds. Waiting of ours does not count. */
  readonly stallMs: number;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs?: () => number;
}

/** Chunks of a body. To be read once. */
export class AdmittedBody implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #options: AdmittedBodyOptions;
  readonly #now: () => number;
  #receivedBytes = 0;
  #progressBytes = 0;
  #waitedMs = 0;
  #refusal: unknown;

  constructor(body: AsyncIterable<Uint8Array>, options: AdmittedBodyOptions) {
    this.#source = body[Symbol.asyncIterator]();
    this.#options = options;
    this.#now = options.monotonicMs ?? (() => performance.now());
  }

  /**
   * Why the archive did not take the rest, if that is what ended the body. Whoever reads parts sees no more than that
   * their body broke off: to be thrown instead.
   */
  get refusal(): unknown {
    return this.#refusal;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let next = await this.#next(); next.done !== true; next = await this.#next()) yield next.value;
  }

  /** Makes sure that so many bytes beyond those of the body can be written. Rejects with `overloaded`. */
  reserve(bytes: number): Promise<void> {
    return this.#options.reservation.growTo(this.#receivedBytes + bytes);
  }

  /** Lets go of the connection, so that what is left of the body can be dropped, and its sender gets to see the answer. */
  release(): void {
    // Not waited for: where the sender stalls this ends with the connection, and its error is nobody's concern any more.
    this.#source.return?.().catch(() => undefined);
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    const next = await this.#fromSender();
    if (next.done === true) return next;
    this.#receivedBytes += next.value.length;
    const { reservation, turns } = this.#options;
    if (this.#receivedBytes > reservation.bytes) await this.#grow(reservation);
    await turns.take(next.value.length);
    return next;
  }

  async #grow(reservation: Reservation): Promise<void> {
    try {
      await reservation.growTo(this.#receivedBytes);
    } catch (error) {
      this.#refusal = error;
      throw error;
    }
  }

  async #fromSender(): Promise<IteratorResult<Uint8Array>> {
    const since = this.#now();
    const next = await this.#withinStallTime(this.#source.next());
    this.#waitedMs += this.#now() - since;
    if (next.done !== true) this.#noteProgress(next.value.length);
    return next;
  }

  #noteProgress(bytes: number): void {
    this.#progressBytes += bytes;
    if (this.#progressBytes < PROGRESS_BYTES) return;
    this.#progressBytes = 0;
    this.#waitedMs = 0;
  }

  async #withinStallTime<Chunk>(chunk: Promise<Chunk>): Promise<Chunk> {
    const done = new AbortController();
    const late = sleep(Math.max(0, this.#options.stallMs - this.#waitedMs), STALLED, { signal: done.signal });
    // Cancelled below: then nobody waits for it.
    late.catch(() => undefined);
    try {
      const first = await Promise.race([chunk, late]);
      if (first !== STALLED) return first;
    } finally {
      done.abort();
    }
    // Fails when the connection is closed, which nobody has to hear of any more.
    chunk.catch(() => undefined);
    this.#refusal = new HttpError(
      'sender-stalled',
      `Less than ${PROGRESS_BYTES} bytes came in ${this.#options.stallMs / 1_000} s. Send it again.`,
    );
    throw this.#refusal;
  }
}

const STALLED = Symbol('stalled');

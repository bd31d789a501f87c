/** The body of a Store request as it is let in: reserved before it is taken, and given up when its sender stalls. */
import { HttpError, type Reservation } from '@sandyq/http';
import type { ReadingTurns } from './reading-turns.ts';

/** A sender that makes less progress than this within its time has stalled. */
const PROGRESS_BYTES = 64 * 1024;
const TIMER_STEP_MS = 250;

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

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    let isLeft = false;
    return {
      next: async () => (isLeft ? DONE : this.#next()),
      return: async () => {
        isLeft = true;
        return DONE;
      },
    };
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
    const turn = turns.take(next.value.length);
    if (turn !== undefined) await turn;
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
    const { promise: late, resolve } = Promise.withResolvers<typeof STALLED>();
    const leftMs = Math.max(0, this.#options.stallMs - this.#waitedMs);
    // In steps: timers of one length cost next to nothing.
    const timer = setTimeout(resolve, Math.ceil(leftMs / TIMER_STEP_MS) * TIMER_STEP_MS, STALLED);
    try {
      const first = await Promise.race([chunk, late]);
      if (first !== STALLED) return first;
    } finally {
      clearTimeout(timer);
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
const DONE = { done: true, value: undefined } as const;

/** Bounds the bytes a second of whoever takes them here: any number of readers share one rate. */

export interface TokenBucketOptions {
  /** Infinity: no bound. */
  readonly bytesPerSecond: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Waits so many milliseconds, less when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** So much may be taken at once after a pause, in seconds of the rate. */
const BURST_SECONDS = 1;

/** Tokens are bytes. Whoever takes more than there are waits until the debt is paid; the next ones wait behind it. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #filledAt: number;

  constructor(options: TokenBucketOptions) {
    if (!(options.bytesPerSecond > 0)) throw new RangeError('a rate is more than nothing');
    this.#options = options;
    this.#tokens = options.bytesPerSecond * BURST_SECONDS;
    this.#filledAt = options.now();
  }

  /** Resolves when these bytes are within the rate. Any number of bytes may be taken at once. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    const { bytesPerSecond, now, sleep } = this.#options;
    if (bytesPerSecond === Number.POSITIVE_INFINITY) return;
    const at = now();
    const filled = this.#tokens + ((at - this.#filledAt) * bytesPerSecond) / 1_000;
    this.#tokens = Math.min(filled, bytesPerSecond * BURST_SECONDS) - bytes;
    this.#filledAt = at;
    if (this.#tokens < 0) await sleep((-this.#tokens * 1_000) / bytesPerSecond, signal);
  }
}

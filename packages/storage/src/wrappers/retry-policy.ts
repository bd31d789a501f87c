// How often and after what pause something is tried again. Only for calls that may be repeated.
import { setTimeout as sleep } from 'node:timers/promises';
import { abortedError } from '../abort.ts';
import { isStorageError } from '../errors.ts';

/** Bounds of a retry. */
export interface RetryOptions {
  /** Calls in all, the first one included; default 4. */
  readonly attempts?: number;
  /** Pause before the second call in ms, doubled before each further one; default 100. */
  readonly firstPauseMs?: number;
  /** Longest pause in ms; default 5 000. */
  readonly longestPauseMs?: number;
  /** Waits; default the clock. */
  readonly pause?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
  /** In [0, 1): spreads the pauses of many callers, who would otherwise all come back at once. */
  readonly random?: () => number;
}

/** Whether, and when, to try again. */
export class RetryPolicy {
  readonly #options: Required<RetryOptions>;

  constructor(options: RetryOptions = {}) {
    this.#options = {
      attempts: 4,
      firstPauseMs: 100,
      longestPauseMs: 5_000,
      pause: waitFor,
      random: Math.random,
      ...options,
    };
  }

  /** Runs `call` until it succeeds, fails for good, or the attempts are used up: then its last error is thrown. */
  async run<T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await call();
      } catch (error) {
        await this.pauseAfter(error, failures, signal);
      }
    }
  }

  /** Waits after the `failures`-th failure in a row, or throws the error if there is no further attempt. */
  async pauseAfter(error: unknown, failures: number, signal: AbortSignal | undefined): Promise<void> {
    if (!isStorageError(error) || !error.retryable || failures >= this.#options.attempts) throw error;
    const { firstPauseMs, longestPauseMs, random } = this.#options;
    const longest = Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs);
    await this.#options.pause(longest * (0.5 + random() / 2), signal);
  }
}

async function waitFor(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal && { signal });
  } catch (error) {
    if (signal?.aborted === true) throw abortedError(signal, 'retry');
    throw error;
  }
}

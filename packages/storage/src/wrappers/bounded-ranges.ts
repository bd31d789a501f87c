// Short ranges of a store with retries, and no more at a time than it can take.
import type { RangeReads } from '../object-store.ts';
import { type RetryOptions, RetryPolicy } from './retry-policy.ts';
import { Semaphore } from './semaphore.ts';

/** Bounds of {@link boundedRanges}. */
export interface RangeLimits {
  /** Ranges that are read at the same time. */
  readonly reads: number;
  /** Calls that may wait; one more is `busy`. Default 1 000. */
  readonly maximumWaiting?: number;
  /** A call that has waited so long is `busy` as well. */
  readonly maximumWaitMs?: number;
}

/** The same ranges, repeated after retryable errors, bounded in number. */
export function boundedRanges(
  ranges: RangeReads,
  limits: RangeLimits,
  options: RetryOptions = {},
): RangeReads {
  const { reads: permits, maximumWaiting = 1000, maximumWaitMs } = limits;
  const turns = new Semaphore({ what: 'read', permits, maximumWaiting, maximumWaitMs });
  const policy = new RetryPolicy(options);
  return {
    readRange: (key, range, rangeOptions) =>
      policy.run(async () => {
        const release = await turns.acquire(rangeOptions?.signal);
        try {
          return await ranges.readRange(key, range, rangeOptions);
        } finally {
          release();
        }
      }, rangeOptions?.signal),
  };
}

/** The background task that has the store keep what holds and schedules want kept (docs/decisions/0037). */
import { lockObjects } from '@sandyq/disposition';
import type { Archive } from '@sandyq/service';
import { isStorageError, type ObjectLocks } from '@sandyq/storage';

type Ports = Pick<Archive, 'database' | 'locks' | 'logger'>;

/** How long an answer counts that the bucket does not lock objects; milliseconds. */
const ASKED_AGAIN_MS = 3_600_000;

/** One round at each call, and how much it did. Where the store does not lock objects it does nothing. */
export function createObjectLocking({
  database,
  locks,
  logger,
}: Ports): (signal: AbortSignal) => Promise<number> {
  if (locks === undefined) return () => Promise.resolve(0);
  const ports = { database, locks, logger, now: () => new Date() };
  let canLock = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    if (!canLock && performance.now() - askedAt >= ASKED_AGAIN_MS) {
      canLock = await mayLock(locks, logger, signal);
      askedAt = performance.now();
    }
    return canLock ? lockObjects(ports, signal) : 0;
  };
}

/** A key that may not even ask is one of a bucket that was not made for it: said, not tried again and again. */
async function mayLock(locks: ObjectLocks, logger: Ports['logger'], signal: AbortSignal): Promise<boolean> {
  try {
    return await locks.canLock(signal);
  } catch (error) {
    if (!isStorageError(error) || error.retryable || signal.aborted) throw error;
    logger.warn('object-lock-not-known', { error });
    return false;
  }
}

/** Slows work down to a number of bytes a second. */
import { setTimeout as sleep } from 'node:timers/promises';

/** What a pace is kept by. */
export interface PaceOptions {
  /** 0: no limit. */
  readonly bytesPerSecond: number;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs?: () => number;
  readonly wait?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** Time that was not used is not saved up for longer than this. */
const SAVED_MS = 1_000;

/**
 * A function to be called with the bytes of each piece of work: it resolves when as much time has passed as the bytes are
 * worth, or at once where the signal tells to stop.
 */
export function pace({
  bytesPerSecond,
  monotonicMs = () => performance.now(),
  wait = waitUnlessAborted,
}: PaceOptions): (bytes: number, signal?: AbortSignal) => Promise<void> | undefined {
  let free = monotonicMs();
  return (bytes, signal) => {
    if (bytesPerSecond === 0) return undefined;
    const now = monotonicMs();
    free = Math.max(free, now - SAVED_MS) + (bytes * 1_000) / bytesPerSecond;
    return free > now ? wait(free - now, signal) : undefined;
  };
}

async function waitUnlessAborted(milliseconds: number, signal?: AbortSignal): Promise<void> {
  // The only way this sleep ends early is the signal.
  await sleep(milliseconds, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined);
}

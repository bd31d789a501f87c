/** Slows work in the background down: to a number of bytes a second, and to half of the time where the disk is slow. */
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

/** No rest is longer. */
const REST_MS = 1_000;

/**
 * A function to be called with the bytes of each piece of work: it resolves when as much time has passed as the bytes are
 * worth, and again as much as the piece has taken: a disk or store that is busy with it is others' as long. At once where the
 * signal tells to stop.
 */
export function pace({
  bytesPerSecond,
  monotonicMs = () => performance.now(),
  wait = waitUnlessAborted,
}: PaceOptions): (bytes: number, signal?: AbortSignal) => Promise<void> | undefined {
  let free = monotonicMs();
  let resumed = free;
  const rest = async (milliseconds: number, signal?: AbortSignal) => {
    await wait(milliseconds, signal);
    resumed = monotonicMs();
  };
  return (bytes, signal) => {
    if (bytesPerSecond === 0) return undefined;
    const now = monotonicMs();
    free = Math.max(free, now - SAVED_MS) + (bytes * 1_000) / bytesPerSecond;
    const pause = Math.max(free - now, Math.min(now - resumed, REST_MS));
    return pause > 0 ? rest(pause, signal) : undefined;
  };
}

async function waitUnlessAborted(milliseconds: number, signal?: AbortSignal): Promise<void> {
  // The only way this sleep ends early is the signal.
  await sleep(milliseconds, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined);
}

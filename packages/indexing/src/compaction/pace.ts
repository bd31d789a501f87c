/** Slows work in the background down: to a number of bytes a second, to half of the time, and to a tenth while others are served. */
import { setTimeout as sleep } from 'node:timers/promises';

/** What a pace is kept by. */
export interface PaceOptions {
  /** 0: no limit. */
  readonly bytesPerSecond: number;
  /** Rests the longer the more others have to do in this process. */
  readonly givesWay?: boolean;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs?: () => number;
  readonly wait?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Begins to watch the event loop; the function that it returns tells which share of the time since then it was busy. */
  readonly watchLoop?: () => () => number;
}

/** Time that was not used is not saved up for longer than this. */
const SAVED_MS = 1_000;

/** No rest is longer. */
const REST_MS = 1_000;

/** Beside an event loop that others keep busy all the time a piece is followed by so many rests more, */
const BUSY_RESTS = 8;
/** which are no longer than this together: work under a claim must come to its end. */
const GIVEN_WAY_MS = 250;

/**
 * A function to be called with the bytes of each piece of work: it resolves when as much time has passed as the bytes are
 * worth, and again as much as the piece has taken: a disk or store that is busy with it is others' as long. `givesWay`: up to
 * nine times as long, by how busy the process is with others in the first part of the rest. At once where the signal
 * tells to stop.
 */
export function pace({
  bytesPerSecond,
  givesWay = false,
  monotonicMs = () => performance.now(),
  wait = waitUnlessAborted,
  watchLoop = watchEventLoop,
}: PaceOptions): (bytes: number, signal?: AbortSignal) => Promise<void> | undefined {
  let free = monotonicMs();
  let resumed = free;
  const rest = async (milliseconds: number, took: number, signal?: AbortSignal) => {
    const busyShare = watchLoop();
    await wait(milliseconds, signal);
    const more = givesWay ? Math.min(took * BUSY_RESTS * busyShare(), GIVEN_WAY_MS) : 0;
    if (more > 0) await wait(more, signal);
    resumed = monotonicMs();
  };
  return (bytes, signal) => {
    if (bytesPerSecond === 0) return undefined;
    const now = monotonicMs();
    free = Math.max(free, now - SAVED_MS) + (bytes * 1_000) / bytesPerSecond;
    const took = now - resumed;
    const pause = Math.max(free - now, Math.min(took, REST_MS));
    return pause > 0 ? rest(pause, took, signal) : undefined;
  };
}

function watchEventLoop(): () => number {
  const begun = performance.eventLoopUtilization();
  return () => performance.eventLoopUtilization(begun).utilization;
}

async function waitUnlessAborted(milliseconds: number, signal?: AbortSignal): Promise<void> {
  // The only way this sleep ends early is the signal.
  await sleep(milliseconds, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined);
}

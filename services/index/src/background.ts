/** Work that goes on without a request, in every index process; locks in the database keep it from being done twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@sandyq/telemetry';

export interface BackgroundTask {
  readonly name: string;
  /** Milliseconds between the end of a run and the next, where the run found nothing to do. */
  readonly idleMs: number;
  /** Returns how much it did; more than nothing runs it again at once. */
  run(signal: AbortSignal): Promise<number>;
}

/** After a failure the task waits so long, in milliseconds. */
const FAILURE_PAUSE_MS = 5_000;

/** Starts the tasks; the returned function stops them and resolves when each has ended. */
export function startBackground(tasks: readonly BackgroundTask[], logger: Logger): () => Promise<void> {
  const stopping = new AbortController();
  const loops = tasks.map((task) => loop(task, stopping.signal, logger));
  return async () => {
    stopping.abort();
    await Promise.all(loops);
  };
}

async function loop(task: BackgroundTask, signal: AbortSignal, logger: Logger): Promise<void> {
  while (!signal.aborted) {
    const pause = await runOnce(task, signal, logger);
    // The only way this sleep ends early is the signal.
    if (pause > 0) await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function runOnce(task: BackgroundTask, signal: AbortSignal, logger: Logger): Promise<number> {
  try {
    return (await task.run(signal)) > 0 ? 0 : task.idleMs;
  } catch (error) {
    if (!signal.aborted) logger.warn('background-task-failed', { task: task.name, error });
    return FAILURE_PAUSE_MS;
  }
}

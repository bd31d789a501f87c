/** Whether there is an archive at the address, before anything is sent. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ImportError } from './errors.ts';

/** An archive that is starting gets so long. */
const READY_MS = 30_000;
const POLL_MS = 500;
const ANSWER_MS = 10_000;

/** Resolves when `/readyz` answers 200. Throws ImportError that says what to do. */
export async function reachArchive(url: string, onWaiting: () => void, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while ((await readiness(url, signal)) === 503) {
    if (performance.now() > deadline) {
      throw new ImportError(
        `The archive at ${url} is running, but not ready: its database or object store is away. ${url}/readyz says which.`,
      );
    }
    onWaiting();
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** 200, or 503 for an archive that is not ready. */
async function readiness(url: string, signal: AbortSignal): Promise<200 | 503> {
  let answer: Response;
  try {
    answer = await fetch(`${url}/readyz`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    await answer.body?.cancel();
  } catch (error) {
    signal.throwIfAborted();
    throw new ImportError(
      `No archive answers at ${url} (${causeOf(error)}). Start it with "npm start", or name it with --url.`,
    );
  }
  if (answer.status === 200 || answer.status === 503) return answer.status;
  throw new ImportError(`What answers at ${url} is no archive: its /readyz says ${answer.status}.`);
}

/** `fetch` hides the reason in the cause. */
function causeOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
  if (typeof code === 'string') return code;
  return cause instanceof Error ? cause.message : String(cause);
}

/** The life of a service's process: start, serve, stop on a signal, exit. */
import type { Logger } from '@sandyq/telemetry';

/** A service that runs. */
export interface RunningService {
  /** Ends it: answers what it has begun, closes what it has opened. */
  stop(): Promise<void>;
}

/** What to run. */
export interface RunServiceOptions {
  /** Brings the service up. `stopping` aborts when the process is told to end, also while it is still starting. */
  readonly start: (stopping: AbortSignal) => Promise<RunningService>;
  readonly logger: Logger;
  /** Most time between the first signal and the exit, milliseconds. */
  readonly stopLimitMs?: number;
}

/** Below the 10 s after which supervisors kill. */
const STOP_LIMIT_MS = 9500;
/** npm hands on a Ctrl-C that the terminal has sent already: a second signal so soon is no second wish. */
const ECHO_MS = 1000;
const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;
type Signal = keyof typeof SIGNALS;

/** Faults of the surroundings that a person has to mend; their message is for that person. */
const FOR_PEOPLE: ReadonlySet<string> = new Set([
  'SettingsError',
  'StartError',
  'AuthError',
  'StandaloneError',
]);

/**
 * Starts the service and ends the process with it: code 0 after SIGTERM or SIGINT, within 10 s; 1 if it can't start, can't stop, or has
 * met an error nobody handles (then without stopping: what was acknowledged is durable, the rest is for the next start). A second signal,
 * a second or more later, ends it at once.
 */
export async function runService({
  start,
  logger,
  stopLimitMs = STOP_LIMIT_MS,
}: RunServiceOptions): Promise<void> {
  const stopping = new AbortController();
  process.on('uncaughtException', (error) => die(logger, 'uncaught-exception', error));
  process.on('unhandledRejection', (error) => die(logger, 'unhandled-rejection', error));

  let told = 0;
  const starting = start(stopping.signal);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) {
        if (performance.now() - told > ECHO_MS) exitAtOnce(logger, signal);
        return;
      }
      told = performance.now();
      logger.info('stopping', { signal });
      stopping.abort();
      setTimeout(() => die(logger, 'stop-overran', new Error('stop overran')), stopLimitMs);
      void end(starting, logger);
    });
  }

  try {
    await starting;
  } catch (error) {
    // Told to end while starting: `end` waits for the same promise and exits.
    if (!stopping.signal.aborted) die(logger, 'start-failed', error);
  }
}

async function end(starting: Promise<RunningService>, logger: Logger): Promise<void> {
  const started = await Promise.allSettled([starting]);
  if (started[0].status === 'fulfilled') {
    try {
      await started[0].value.stop();
    } catch (error) {
      die(logger, 'stop-failed', error);
    }
  }
  logger.info('stopped');
  process.exit(0);
}

function die(logger: Logger, event: string, error: unknown): never {
  logger.error(event, { error });
  if (error instanceof Error && FOR_PEOPLE.has(error.name)) process.stderr.write(`\n${error.message}\n\n`);
  process.exit(1);
}

function exitAtOnce(logger: Logger, signal: Signal): never {
  logger.warn('stopped-at-once', { signal });
  process.exit(128 + SIGNALS[signal]);
}

/** The embedded PostgreSQL for as long as the archive runs: one that ends by itself is started again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StandaloneError } from '../errors.ts';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded-postgres.ts';

/** A database that is kept running. */
export interface KeptPostgres {
  /** The same after every start. */
  readonly connectionString: string;
  stop(): Promise<void>;
}

export interface KeepPostgresOptions extends EmbeddedPostgresOptions {
  /** Another process has taken the data folder meanwhile: this archive has no database any more. */
  readonly onLost: (error: unknown) => void;
}

/** Between attempts to start it again, milliseconds. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Starts it, and starts it again whenever it ends. Meanwhile every statement fails as when PostgreSQL is away. */
export async function keepPostgres(options: KeepPostgresOptions): Promise<KeptPostgres> {
  const stopping = new AbortController();
  let running = await startEmbeddedPostgres(options);
  const { connectionString } = running;
  const keep = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await running.exited;
      if (stopping.signal.aborted) return;
      options.logger.error('database-ended');
      await running.stop();
      const again = await startAgain(options, stopping.signal);
      if (again === undefined) return;
      running = again;
    }
  };
  const kept = keep().catch(options.onLost);
  return {
    connectionString,
    stop: async () => {
      stopping.abort();
      await running.stop();
      await kept;
      await running.stop();
    },
  };
}

/** Until it runs or nobody wants it any more; a full disk may take its time. Throws if the data folder is another's. */
async function startAgain(
  options: KeepPostgresOptions,
  signal: AbortSignal,
): Promise<EmbeddedPostgres | undefined> {
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await startEmbeddedPostgres(options);
    } catch (error) {
      if (error instanceof StandaloneError && error.code === 'data-folder-in-use') throw error;
      options.logger.error('database-not-started', { error });
    }
    // The only way this ends early is the signal.
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

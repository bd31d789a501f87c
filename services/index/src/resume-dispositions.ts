/** The background task that ends what was begun: bytes whose deletion is decided, and that a crash or a lock has left. */
import { resumeDispositions } from '@sandyq/disposition';
import { JournalError } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { isStorageError } from '@sandyq/storage';
import { purgePorts } from './disposition-ports.ts';

/** Younger ones are being carried out by who has begun them, as a rule. */
const MINIMUM_AGE_MS = 60_000;

/** One round at each call; returns how many have ended. A store that is away is no failure: they end when it is back. */
export function createDispositionUpkeep(archive: Archive): (signal: AbortSignal) => Promise<number> {
  const ports = purgePorts(archive);
  return async (signal) => {
    try {
      const { ended, waiting } = await resumeDispositions(ports, signal, MINIMUM_AGE_MS);
      if (ended > 0) archive.logger.info('dispositions-resumed', { ended, waiting });
      return ended;
    } catch (error) {
      // What the index has forgotten is told to it first.
      if (error instanceof JournalError && error.code === 'behind') return 0;
      if (!isStorageError(error) || !error.retryable) throw error;
      archive.logger.warn('disposition-store-away', { code: error.code });
      return 0;
    }
  };
}

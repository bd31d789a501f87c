/** Takes up what was begun and not ended: its process died, a store was away, the store kept objects locked. */
import { type Disposition, dispositionsToResume } from '@sandyq/database';
import { assertIndexCaughtUp, exportDecision } from '@sandyq/indexing';
import { isStorageError } from '@sandyq/storage';
import { carryOutDisposition } from './carry-out-disposition.ts';
import type { PurgePorts } from './execution-ports.ts';

/** What was taken up. */
export interface Resumption {
  ended: number;
  /** Still in the way of something. */
  waiting: number;
}

const RESUMED_AT_ONCE = 32;

/**
 * Carries out, once each, all dispositions that something is left to do for, oldest first, but for those that were begun
 * less than `minimumAgeMs` ago: whoever begins one carries it out. No plan is asked: they are decided. Throws DatabaseError and JournalError, and StorageError if a store is away.
 */
export async function resumeDispositions(
  ports: PurgePorts,
  signal?: AbortSignal,
  minimumAgeMs = 0,
): Promise<Resumption> {
  const resumption: Resumption = { ended: 0, waiting: 0 };
  for (let after: Disposition | undefined; ; ) {
    const page = await dispositionsToResume(ports.database, after, RESUMED_AT_ONCE);
    // A restored database may have forgotten holds.
    if (page.length > 0) await assertIndexCaughtUp(ports);
    for (const disposition of page) {
      signal?.throwIfAborted();
      if (ports.now().getTime() - disposition.begunAt.getTime() < minimumAgeMs) continue;
      const isEnded = await resume(ports, disposition, signal);
      if (isEnded) resumption.ended += 1;
      else resumption.waiting += 1;
    }
    after = page.at(-1);
    if (page.length < RESUMED_AT_ONCE) break;
  }
  if (resumption.ended > 0) await exportDecision(ports);
  return resumption;
}

/** One whose bytes cannot be read does not keep the others from ending. */
async function resume(
  ports: PurgePorts,
  { dispositionId }: Disposition,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const outcome = await carryOutDisposition(ports, dispositionId, { signal });
    if (outcome.kind === 'waiting')
      ports.logger.info('disposition-waiting', { dispositionId, reason: outcome.why });
    return outcome.kind === 'ended';
  } catch (error) {
    if (!isStorageError(error) || error.retryable || error.code === 'aborted') throw error;
    ports.logger.error('disposition-failed', { dispositionId, error });
    return false;
  }
}

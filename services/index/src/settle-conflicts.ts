/** Shows what confirmed links explain, and holds out again what they do not any more, where whoever decided has not. */
import { settleConflicts } from '@sandyq/database';
import type { Archive } from '@sandyq/service';

/** One round at each call; returns how many instances changed. */
export function createConflictSettling({
  database,
  logger,
}: Pick<Archive, 'database' | 'logger'>): () => Promise<number> {
  return async () => {
    const settled = await settleConflicts(database, { now: () => new Date() });
    const changed = settled.shown + settled.heldAgain;
    if (changed > 0) logger.info('identity-conflicts-settled', { ...settled });
    return changed;
  };
}

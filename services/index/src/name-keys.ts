/** Gives studies of before the keys by which their names are found in other scripts and by sound; a gauge says how many wait. */
import { countNameKeysDue, settleNameKeys } from '@sandyq/database';
import type { Archive } from '@sandyq/service';

type Ports = Pick<Archive, 'database' | 'logger' | 'metrics'>;

/** Studies counted for the gauge: past so many, it says only that there is much to do. */
const COUNTED_STUDIES = 100_000;
/** Batches between two counts. */
const BATCHES_PER_COUNT = 50;

/** One batch at each call. A study that has no keys yet is found as its name is written. */
export function createNameKeys({ database, logger, metrics }: Ports): () => Promise<number> {
  const due = metrics.gauge({
    name: 'name_keys_due_studies',
    help: 'Studies whose names are not found yet in other scripts and by sound, after an upgrade.',
  });
  let batches = 0;
  let studies = 0;
  return async () => {
    if (batches % BATCHES_PER_COUNT === 0) due.set(await countNameKeysDue(database, COUNTED_STUDIES));
    const done = await settleNameKeys(database);
    batches = done === 0 ? 0 : batches + 1;
    studies += done;
    if (done === 0 && studies > 0) {
      due.set(await countNameKeysDue(database, COUNTED_STUDIES));
      logger.info('name-keys-made', { studies });
      studies = 0;
    }
    return done;
  };
}

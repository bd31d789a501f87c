/** What readers found in the cold tier is asked back, once a while for each study. */
import { type Database, requestRecall } from '@sandyq/database';
import type { OnColdRead } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';

/** A study is asked back by one process at most this often, in milliseconds; more studies than these are asked for again. */
const ASKED_AGAIN_MS = 10_000;
const REMEMBERED_STUDIES = 1_000;

/** Nobody waits for it; what cannot be noted now is noted by the next reader. */
export function noteColdReads(
  database: Database,
  logger: Logger,
  monotonicMs: () => number = () => performance.now(),
): OnColdRead {
  const askedAt = new Map<string, number>();
  return (objectKey) => {
    const study = objectKey.slice(0, objectKey.lastIndexOf('/'));
    const now = monotonicMs();
    if (now - (askedAt.get(study) ?? Number.NEGATIVE_INFINITY) < ASKED_AGAIN_MS) return;
    askedAt.delete(study);
    askedAt.set(study, now);
    const [oldest] = askedAt.keys();
    if (askedAt.size > REMEMBERED_STUDIES && oldest !== undefined) askedAt.delete(oldest);
    requestRecall(database, { objectKey }).catch((error: unknown) => {
      askedAt.delete(study);
      logger.warn('recall-not-noted', { objectKey, error });
    });
  };
}

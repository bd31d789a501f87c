/** No verdicts from an archive that has forgotten what it holds: after a restore, until it knows everything again. */
import type { IndexBehindReason } from '@sandyq/database';
import { HttpError } from '@sandyq/http';
import type { IndexReadiness } from '@sandyq/indexing';

const RETRY_AFTER_SECONDS = 60;

const WHY: Readonly<Record<IndexBehindReason, string>> = {
  new: 'The archive has not compared its database with its object store yet.',
  restored: 'The archive is finding again what its restored database does not know.',
  rebuild: 'The archive is rebuilding its index.',
};

/** Throws HttpError('overloaded') with Retry-After while the index is behind the store. Costs a query every two seconds. */
export async function assertIndexKnows(readiness: Pick<IndexReadiness, 'state'>): Promise<void> {
  const state = await readiness.state();
  if (state.isCaughtUp) return;
  throw new HttpError(
    'overloaded',
    `${WHY[state.reason]} It takes no instances until then: please send this again later.`,
    {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    },
  );
}

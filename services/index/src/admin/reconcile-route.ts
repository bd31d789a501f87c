/** `POST /admin/reconcile?dryRun=true`: segments of the store that the index does not know are verified and indexed. */
import { type GuardedRoute, jsonAnswer } from '@sandyq/http';
import { reconcile } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { flagOf } from './parameters.ts';
import { reconcilePorts } from './ports.ts';
import { adminRoute } from './refusal.ts';

/** Younger segments may be between store and commit of a living ingest process. */
export const RECONCILE_MINIMUM_AGE_MS = 60_000;

/** Answers when the whole store was listed. It ends early if the client leaves; what was indexed stays indexed. */
export function reconcileRoute(archive: Archive): GuardedRoute {
  return adminRoute({
    method: 'POST',
    path: '/admin/reconcile',
    action: 'administer',
    patientData: false,
    handler: async (context) => {
      const dryRun = flagOf(context, 'dryRun');
      const report = await reconcile(reconcilePorts(archive), {
        dryRun,
        minimumAgeMs: RECONCILE_MINIMUM_AGE_MS,
        now: () => new Date(),
        signal: context.signal,
      });
      return jsonAnswer(200, { dryRun, ...report });
    },
  });
}

/** The comparisons that administrators ask for. */
import type { PixelValueComparison } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { z } from 'zod';
import { reconcileArchive } from './reconcile-archive.ts';
import type { RequestedWork } from './requests/work-off-requests.ts';

/** What is asked of a comparison. */
export const reconcileInput = z.strictObject({ dryRun: z.boolean() });

/** A comparison that was asked for; while it is under way its counts are its progress. */
export function requestedReconcile(archive: Archive, pixels: PixelValueComparison): RequestedWork {
  return {
    kind: 'reconcile',
    run: async ({ input }, { signal, onProgress }) => {
      const { dryRun } = reconcileInput.parse(input);
      const result = await reconcileArchive(archive, { dryRun, signal, onProgress, pixels });
      return { result, isWhole: true };
    },
  };
}

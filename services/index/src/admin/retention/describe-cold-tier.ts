/** The cold tier as the admin API and the command line answer it. */
import { countTiers } from '@sandyq/database';
import type { Archive } from '@sandyq/service';
import { isStorageError } from '@sandyq/storage';

/** How long the cold tier may take to answer that it is there, in milliseconds. */
const REACHABLE_MS = 5_000;

/** Where it is, whether it answers, and how much lies where. */
export async function describeColdTier({ database, coldTier }: Pick<Archive, 'database' | 'coldTier'>) {
  const counts = await countTiers(database);
  if (coldTier === undefined)
    return { target: undefined, isReachable: undefined, reads: undefined, ...counts };
  const { target, answersAtOnce, store } = coldTier;
  const isReachable = await store.check(AbortSignal.timeout(REACHABLE_MS)).then(
    () => true,
    (error: unknown) => {
      if (isStorageError(error)) return false;
      throw error;
    },
  );
  return { target, isReachable, reads: answersAtOnce ? 'through' : 'recall', ...counts } as const;
}

export type DescribedColdTier = Awaited<ReturnType<typeof describeColdTier>>;

/** The background task of the cold tier: brings back what was asked for, deletes hot copies whose grace has passed. */
import { join } from 'node:path';
import { countColdWork } from '@sandyq/database';
import { type ColdTierPorts, endHotCopies, recallWaiting } from '@sandyq/disposition';
import type { Archive } from '@sandyq/service';
import { StorageError, sweepSpool } from '@sandyq/storage';

/** What the package of disposition works with; undefined: there is no cold tier. */
export function coldTierPorts(archive: Archive): ColdTierPorts | undefined {
  const { database, coldTier, spool, fileSystem, settings, logger } = archive;
  return coldTier && { database, coldTier, spool, fileSystem, settings, logger };
}

/** One round at each call, and how much it did. A tier that is away is no failure: what waits is done when it is back. */
export function createColdTierUpkeep(archive: Archive): (signal: AbortSignal) => Promise<number> {
  const ports = coldTierPorts(archive);
  if (ports === undefined) return () => Promise.resolve(0);
  const { supersedeGraceSeconds } = archive.settings;
  let isBegun = false;
  let isAway = false;
  return async (signal) => {
    try {
      if (!isBegun || isAway) await ports.coldTier.store.check(signal);
      if (!isBegun) await sweepCopies(ports);
      isBegun = true;
      isAway = false;
      const recalled = await recallWaiting(ports, signal);
      return recalled + (await endHotCopies(ports, supersedeGraceSeconds, signal));
    } catch (error) {
      if (!(error instanceof StorageError) || !error.retryable) throw error;
      // Said when it begins, not at every attempt.
      if (!isAway) archive.logger.warn('cold-tier-away', { code: error.code });
      isAway = true;
      return 0;
    }
  };
}

/** What dead processes left of copies on their way there: nothing of it counts. */
async function sweepCopies({ coldTier, fileSystem }: ColdTierPorts): Promise<void> {
  const { folder, spool } = coldTier;
  if (folder === undefined) return;
  await sweepSpool({ directory: join(folder, 'spool'), fileSystem, except: [spool.owner] });
}

/** Keeps the gauges; to be called now and then. Reports none done, so that it rests in between. */
export function createColdTierGauges({ database, metrics, coldTier }: Archive): () => Promise<number> {
  if (coldTier === undefined) return () => Promise.resolve(0);
  const recalls = metrics.gauge({
    name: 'cold_tier_recalls_waiting',
    help: 'Segments of the cold tier that somebody has asked for, and that are not back yet.',
  });
  const copies = metrics.gauge({
    name: 'cold_tier_hot_copies',
    help: 'Segments of the cold tier that the hot store still has, until their grace has passed.',
  });
  return async () => {
    const { recallsWaiting, hotCopies } = await countColdWork(database);
    recalls.set(recallsWaiting);
    copies.set(hotCopies);
    return 0;
  };
}

// A store with a cold tier behind it: everything is found wherever it lies. What is in the hot store costs nothing more;
// what is not costs one look there.
import { isStorageError } from '../errors.ts';
import type { ListOptions, ObjectStat, ObjectStore, RangeReads, StoreMaintenance } from '../object-store.ts';
import { type ColdObjects, mergedList, type OnColdRead, readEither, tieredPrefix } from './cold-objects.ts';

/**
 * The hot store with the cold tier behind it. Puts go to the hot store; a deletion is one from both, so that what is
 * gone is gone. While the cold tier is away, what is not hot is `unavailable`, never `not-found`.
 */
export function withColdTier(hot: ObjectStore, cold: ColdObjects, onColdRead?: OnColdRead): ObjectStore {
  const statBoth = async (key: string, signal?: AbortSignal): Promise<ObjectStat | undefined> => {
    const found = await hot.stat(key, signal);
    if (found !== undefined || !key.startsWith(tieredPrefix)) return found;
    const inCold = await cold.store.stat(key, signal);
    return inCold && { ...inCold, isCold: true };
  };
  return {
    kind: hot.kind,
    putFile: (key, file, signal) => hot.putFile(key, file, signal),
    putBytes: (key, bytes, signal) => hot.putBytes(key, bytes, signal),
    stat: statBoth,
    read: (key, range, signal) =>
      readEither(key, cold, {
        hot: () => hot.read(key, range, signal),
        cold: () => cold.store.read(key, range, signal),
        onColdRead,
      }),
    list: (prefix, options) => listBoth(hot, cold, prefix, options),
    delete: async (key, signal) => {
      if (key.startsWith(tieredPrefix)) await cold.store.delete(key, signal);
      await hot.delete(key, signal);
    },
    check: (signal) => hot.check(signal),
  };
}

function listBoth(
  hot: ObjectStore,
  cold: ColdObjects,
  prefix: string,
  options: ListOptions | undefined,
): AsyncIterable<ObjectStat> {
  const hasSegments = prefix.startsWith(tieredPrefix) || tieredPrefix.startsWith(prefix);
  if (!hasSegments) return hot.list(prefix, options);
  return mergedList(hot.list(prefix, options), cold.store.list(prefix, options));
}

/** Short ranges of both. */
export function rangesWithColdTier(hot: RangeReads, cold: ColdObjects, onColdRead?: OnColdRead): RangeReads {
  return {
    readRange: (key, range, options) =>
      readEither(key, cold, {
        hot: () => hot.readRange(key, range, options),
        cold: () => cold.store.readRange(key, range, options),
        onColdRead,
      }),
  };
}

/** Upkeep of both. */
export function maintenanceWithColdTier(
  hot: ObjectStore & StoreMaintenance,
  cold: ColdObjects,
): ObjectStore & StoreMaintenance {
  return {
    ...withColdTier(hot, cold),
    settle: async (key, signal) => {
      try {
        await hot.settle(key, signal);
      } catch (error) {
        if (!isStorageError(error, 'not-found') || !key.startsWith(tieredPrefix)) throw error;
        await cold.store.settle(key, signal);
      }
    },
    removeUnfinished: async (before, signal) => {
      const removed = await hot.removeUnfinished(before, signal);
      return removed + (await cold.store.removeUnfinished(before, signal));
    },
  };
}

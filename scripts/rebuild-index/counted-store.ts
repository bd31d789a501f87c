/** The object store that an index is rebuilt from, and what it is asked. */

import type { Settings } from '@sandyq/http';
import { openColdStore, openObjectStore } from '@sandyq/service';
import {
  maintenanceWithColdTier,
  nodeFileSystem,
  type ObjectStore,
  type StoreEvent,
  type StoreMaintenance,
  withEvents,
  withLimit,
  withRetry,
} from '@sandyq/storage';

/** What was asked of the store. */
export interface StoreCounts {
  /** Reads of objects or ranges of them, repeats after failures included. */
  gets: number;
  bytesRead: number;
}

export interface CountedStore {
  /** With retries and limits. */
  readonly store: ObjectStore;
  readonly maintenance: ObjectStore & StoreMaintenance;
  readonly counts: StoreCounts;
}

const READS_AT_ONCE = 64;
const READS_WAITING = 100_000;

/** Nothing may begin here: a store that is not there must not become an empty index. */
export async function openCountedStore(settings: Settings): Promise<CountedStore> {
  const hot = await openObjectStore(settings, nodeFileSystem(), async () => false);
  const cold = openColdStore(settings, nodeFileSystem(), async () => false);
  const answersAtOnce = settings.coldTier?.reads === 'through';
  const plain = cold === undefined ? hot : maintenanceWithColdTier(hot, { store: cold, answersAtOnce });
  const counts: StoreCounts = { gets: 0, bytesRead: 0 };
  const onEvent = ({ operation, bytes }: StoreEvent): void => {
    if (operation !== 'read') return;
    counts.gets += 1;
    counts.bytesRead += bytes;
  };
  const limits = { puts: 1, reads: READS_AT_ONCE, maximumWaiting: READS_WAITING };
  return {
    store: withRetry(withLimit(withEvents(plain, { onEvent }), limits)),
    maintenance: plain,
    counts,
  };
}

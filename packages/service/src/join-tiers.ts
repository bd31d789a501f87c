/** The store of the archive, with the cold tier behind it if there is one. */
import { join } from 'node:path';
import { type Database, hasColdSegments } from '@sandyq/database';
import type { Settings } from '@sandyq/http';
import {
  boundedRanges,
  type ColdObjects,
  type FileSystem,
  hasObjectLocks,
  maintenanceWithColdTier,
  type ObjectStore,
  type RangeReads,
  rangesWithColdTier,
  SegmentSpool,
  type StoreMaintenance,
  withColdTier,
  withLimit,
  withRetry,
} from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import { noteColdReads } from './note-cold-reads.ts';
import { type ColdTier, coldTarget, openColdStore } from './open-cold-tier.ts';

/** What the archive reads and writes, wherever it lies. */
export interface Tiers {
  /** With retries and limits. */
  readonly store: ObjectStore;
  /** The same for answers to readers: what it finds in the cold tier is asked back. */
  readonly answers: ObjectStore;
  /** Short ranges, for answers. */
  readonly ranges: RangeReads;
  /** Without retries and limits. */
  readonly maintenance: ObjectStore & StoreMaintenance;
  readonly coldTier: ColdTier | undefined;
}

/** The store itself, as it was opened. */
export interface HotTier {
  readonly plain: ObjectStore & StoreMaintenance & RangeReads;
  /** With retries and limits. */
  readonly store: ObjectStore;
  readonly ranges: RangeReads;
}

interface Ports {
  readonly settings: Settings;
  readonly database: Database;
  readonly fileSystem: FileSystem;
  readonly newId: () => string;
  readonly spool: SegmentSpool;
  readonly logger: Logger;
}

/** Slow calls have places of their own: who reads what is hot never waits behind them. */
const COLD_LIMITS = { puts: 8, reads: 16, maximumWaitMs: 30_000 };

/** Joins both. */
export function joinTiers(hot: HotTier, ports: Ports): Tiers {
  const { settings, database, fileSystem, logger } = ports;
  const plain = openColdStore(settings, fileSystem, async () => !(await hasColdSegments(database)));
  const { coldTier: configured } = settings;
  if (plain === undefined || configured === undefined) {
    const { store, ranges, plain: maintenance } = hot;
    return { store, answers: store, ranges, maintenance, coldTier: undefined };
  }
  const limited: ColdObjects['store'] = {
    ...withMaintenance(withRetry(withLimit(plain, COLD_LIMITS)), plain),
    ...boundedRanges(plain, COLD_LIMITS),
  };
  const answersAtOnce = configured.reads === 'through';
  const cold = { store: limited, answersAtOnce };
  const onColdRead = noteColdReads(database, logger);
  return {
    // Whoever is told that something has to be brought back has asked for it by that.
    store: withColdTier(hot.store, cold, answersAtOnce ? undefined : onColdRead),
    answers: withColdTier(hot.store, cold, onColdRead),
    ranges: rangesWithColdTier(hot.ranges, cold, onColdRead),
    maintenance: maintenanceWithColdTier(hot.plain, { store: plain, answersAtOnce }),
    coldTier: {
      ...cold,
      target: coldTarget(configured),
      hot: withMaintenance(hot.store, hot.plain),
      ...coldSpool(ports),
      restore: plain.restore && ((key, signal) => plain.restore?.(key, signal) ?? Promise.resolve()),
      locks: hasObjectLocks(plain) ? plain : undefined,
    },
  };
}

function withMaintenance(store: ObjectStore, plain: StoreMaintenance): ObjectStore & StoreMaintenance {
  return {
    ...store,
    settle: (key, signal) => plain.settle(key, signal),
    removeUnfinished: (before, signal) => plain.removeUnfinished(before, signal),
  };
}

/** An object appears by a link: its copy is made on the disk that it goes to. */
function coldSpool({ settings, fileSystem, newId, spool }: Ports): Pick<ColdTier, 'spool' | 'folder'> {
  const { coldTier } = settings;
  if (coldTier?.store.kind !== 'filesystem') return { spool, folder: undefined };
  const { folder } = coldTier.store;
  return { spool: new SegmentSpool({ directory: join(folder, 'spool'), fileSystem, newId }), folder };
}

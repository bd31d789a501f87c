/** Opens the cold tier, if the settings name one. */
import { join } from 'node:path';
import { type Database, enterColdTier, hasColdSegments, readColdTier } from '@sandyq/database';
import type { ColdTierSettings, Settings } from '@sandyq/http';
import {
  type ArchivedObjects,
  type ColdObjects,
  createFilesystemStore,
  createS3Store,
  type FileSystem,
  type ObjectLocks,
  type ObjectStore,
  type RangeReads,
  type SegmentSpool,
  StorageError,
  type StoreMaintenance,
} from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';

/** The cold tier, and what moving to it and back needs. */
export interface ColdTier extends ColdObjects {
  /** Where it is, without credentials. */
  readonly target: string;
  /** The store before it alone, with retries and limits. */
  readonly hot: ObjectStore & StoreMaintenance;
  /** For copies on their way to it: on its file system, where it is a folder. */
  readonly spool: SegmentSpool;
  /** Where it is a folder: that, absolute. */
  readonly folder: string | undefined;
  /** Asks for an archived object to be made readable, where its store archives; readable later. */
  readonly restore: ArchivedObjects['restore'] | undefined;
  /** Locks on its objects, if it is of a kind that can have them. */
  readonly locks: ObjectLocks | undefined;
}

/** The store of the cold tier; `restore` where it may archive what is put there. */
export type ColdStore = ObjectStore & StoreMaintenance & RangeReads & Partial<ArchivedObjects>;

/** Where the cold tier is, without credentials. */
export function coldTarget({ store }: ColdTierSettings): string {
  if (store.kind === 'filesystem') return store.folder;
  return [store.endpoint, store.bucket, store.prefix ?? ''].join('/');
}

/** The store of the cold tier, without retries and limits. `mayBegin`: whether an empty folder may become one. */
export function openColdStore(
  { coldTier, s3TimeoutSeconds }: Pick<Settings, 'coldTier' | 's3TimeoutSeconds'>,
  fileSystem: FileSystem,
  mayBegin: () => Promise<boolean>,
): ColdStore | undefined {
  if (coldTier === undefined) return undefined;
  const { store } = coldTier;
  if (store.kind === 'filesystem')
    return createFilesystemStore({ root: join(store.folder, 'objects'), fileSystem, mayBegin });
  const { secretKey, prefix, ...connection } = store;
  return createS3Store({
    ...connection,
    idleTimeoutMs: s3TimeoutSeconds * 1_000,
    secretKey: secretKey.reveal(),
    ...(prefix === undefined ? {} : { prefix: `${prefix}/` }),
    fileSystem,
  });
}

/**
 * Notes which cold tier is used. Throws StorageError('unavailable') where the index knows of objects in one and the
 * settings name none: they would be taken for lost.
 */
export async function rememberColdTier(
  { coldTier }: Pick<Settings, 'coldTier'>,
  database: Database,
  logger: Logger,
): Promise<void> {
  if (coldTier === undefined) return assertNothingCold(database);
  const target = coldTarget(coldTier);
  const before = await enterColdTier(database, { target, needsRecall: coldTier.reads === 'recall' });
  if (before !== undefined && before.target !== target && (await hasColdSegments(database)))
    logger.warn('cold-tier-is-another');
}

async function assertNothingCold(database: Database): Promise<void> {
  if (!(await hasColdSegments(database))) return;
  const target = (await readColdTier(database))?.target ?? 'the cold tier';
  throw new StorageError(
    'unavailable',
    `segments lie in ${target}, and the settings name no cold tier: set SANDYQ_COLD_FOLDER, or S3_COLD_ENDPOINT and what belongs to it`,
  );
}

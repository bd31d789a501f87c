/** Opens what a service stands on: database (migrated), object store, spool, principals, audit. */
import { randomFillSync } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { type AuditWriter, createAuditWriter } from '@sandyq/audit';
import { type Authenticate, authenticateByKey, authenticateSingleUser, cachePrincipals } from '@sandyq/auth';
import {
  type Database,
  DatabaseError,
  type DatabaseOptions,
  ensureFacility,
  hasSegments,
  insertAuditEvents,
  migrate,
  openDatabase,
} from '@sandyq/database';
import type { ReadinessCheck, S3Settings, Settings } from '@sandyq/http';
import {
  assertSameFileSystem,
  boundedRanges,
  countedFileSystem,
  createFilesystemStore,
  createS3Store,
  type FileSystem,
  hasObjectLocks,
  makeDurableDirectory,
  nodeFileSystem,
  type ObjectLocks,
  type ObjectStore,
  type RangeReads,
  SegmentSpool,
  type StoreMaintenance,
  uuidV7Source,
  withLimit,
  withRetry,
} from '@sandyq/storage';
import type { Logger, Metrics } from '@sandyq/telemetry';
import { apiKeySource } from './api-key-source.ts';
import { ioCounts } from './io-counts.ts';
import { joinTiers } from './join-tiers.ts';
import { type ColdTier, rememberColdTier } from './open-cold-tier.ts';
import { type PlaceWithLocks, placesWithLocks } from './places-with-locks.ts';
import { noPeers, type Peers } from './processes/peers.ts';

/** Facility that owns what a sender without a facility stores; only the single user is one. */
export const DEFAULT_FACILITY_CODE = 'default';

export interface Archive {
  readonly settings: Settings;
  readonly database: Database;
  /** With retries and limits. */
  readonly store: ObjectStore;
  /** The same for answers to readers: what it finds in the cold tier is asked back. */
  readonly answers: ObjectStore;
  /** Short ranges of the same store, for answers; with retries and limits. */
  readonly ranges: RangeReads;
  /** The same store without them, for sweeping and settling. */
  readonly maintenance: ObjectStore & StoreMaintenance;
  /** The second store, if one is configured; with retries and limits. Nothing a sender waits for depends on it. */
  readonly replica: (ObjectStore & StoreMaintenance) | undefined;
  /** Where old studies lie, if one is configured: `store` finds them there by itself. */
  readonly coldTier: ColdTier | undefined;
  /** Locks on single objects of store, cold tier and replica, where they are of a kind that can have them. */
  readonly locks: readonly PlaceWithLocks[];
  readonly fileSystem: FileSystem;
  readonly spool: SegmentSpool;
  /** UUIDs of version 7. */
  readonly newId: () => string;
  readonly authenticate: Authenticate;
  readonly audit: AuditWriter;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly peers: Peers;
  readonly readinessChecks: readonly ReadinessCheck[];
  close(): Promise<void>;
}

export interface OpenArchiveOptions {
  readonly settings: Settings;
  /** PostgreSQL's address: DATABASE_URL, or that of the embedded server. */
  readonly connectionString: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Default: it serves alone. */
  readonly peers?: Peers;
}

const PUTS_AT_ONCE = 32;
const READS_AT_ONCE = 64;
/** For a free place among them. */
const STORE_WAIT_MS = 30_000;
const CACHED_KEYS = 10_000;
const REPLICA_CALLS_AT_ONCE = 16;

export async function openArchive({
  settings,
  connectionString,
  logger,
  metrics,
  peers = noPeers(metrics),
}: OpenArchiveOptions): Promise<Archive> {
  const options = {
    connectionString,
    maxConnections: settings.database.maxConnections,
    statementTimeoutMs: settings.databaseTimeoutSeconds * 1_000,
    onIdleError: (sqlState: string | undefined) =>
      logger.warn('database-connection-lost', { code: sqlState }),
  };
  await migrateApart(options, logger);
  const database = openDatabase(options);
  try {
    if (settings.authMode === 'single-user') {
      await ensureFacility(database, { code: DEFAULT_FACILITY_CODE, name: 'Facility of the single user' });
    }
    const counts = ioCounts(metrics);
    const fileSystem = countedFileSystem(nodeFileSystem(), counts);
    const plainStore = await openObjectStore(
      settings,
      fileSystem,
      async () => !(await hasSegments(database)),
    );
    const limits = { puts: PUTS_AT_ONCE, reads: READS_AT_ONCE, maximumWaitMs: STORE_WAIT_MS };
    const newId = uuidV7Source({ now: Date.now, fillRandom: (bytes) => randomFillSync(bytes) });
    const spool = new SegmentSpool({ directory: settings.spoolFolder, fileSystem, newId, counts });
    await rememberColdTier(settings, database, logger);
    const tiers = joinTiers(
      {
        plain: plainStore,
        store: withRetry(withLimit(plainStore, limits)),
        ranges: boundedRanges(plainStore, limits),
      },
      { settings, database, fileSystem, newId, spool, logger },
    );
    const replica = settings.replica && openReplica(settings.replica, settings.s3TimeoutSeconds, fileSystem);
    const audit = createAuditWriter({ insert: (events) => insertAuditEvents(database, events), logger });
    return {
      settings,
      database,
      ...tiers,
      locks: placesWithLocks(settings, { store: plainStore, coldTier: tiers.coldTier, replica }),
      replica,
      fileSystem,
      spool,
      newId,
      authenticate: authenticationOf(settings, database),
      audit,
      logger,
      metrics,
      peers,
      readinessChecks: readinessChecksOf(database, tiers.store),
      close: async () => {
        await audit.close();
        await spool.close();
        await tiers.coldTier?.spool.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** On a connection of its own: what PostgreSQL learns of all tables in a migration, 15 MB, it keeps until that is closed. */
async function migrateApart(options: DatabaseOptions, logger: Logger): Promise<void> {
  const database = openDatabase({ ...options, maxConnections: 1 });
  try {
    const applied = await migrate(database);
    if (applied.length > 0) logger.info('database-migrated', { migrations: applied.length });
  } finally {
    await database.close();
  }
}

/**
 * The object store that the settings name, without retries and limits. `mayBegin`: whether an empty folder may become
 * a store.
 */
export async function openObjectStore(
  settings: Settings,
  fileSystem: FileSystem,
  mayBegin: () => Promise<boolean>,
): Promise<ObjectStore & StoreMaintenance & RangeReads> {
  // Spool and store see to what is in it.
  await makeDurableDirectory(settings.dataFolder, fileSystem);
  await mkdir(settings.spoolFolder, { recursive: true, mode: 0o700 });
  const { objectStore } = settings;
  if (objectStore.kind === 'filesystem') {
    await mkdir(objectStore.root, { recursive: true, mode: 0o700 });
    await assertSameFileSystem(settings.spoolFolder, objectStore.root);
    return createFilesystemStore({
      root: objectStore.root,
      fileSystem,
      mayBegin,
    });
  }
  return openBucket(objectStore, settings.s3TimeoutSeconds, fileSystem);
}

function openBucket(
  { secretKey, prefix, ...connection }: S3Settings,
  timeoutSeconds: number,
  fileSystem: FileSystem,
): ObjectStore & StoreMaintenance & RangeReads {
  return createS3Store({
    ...connection,
    idleTimeoutMs: timeoutSeconds * 1_000,
    secretKey: secretKey.reveal(),
    ...(prefix === undefined ? {} : { prefix: `${prefix}/` }),
    fileSystem,
  });
}

/** It may be away, now as later: it is not asked anything here. */
function openReplica(
  settings: S3Settings,
  timeoutSeconds: number,
  fileSystem: FileSystem,
): ObjectStore & StoreMaintenance & { readonly locks: ObjectLocks | undefined } {
  const plain = openBucket(settings, timeoutSeconds, fileSystem);
  const store = withRetry(withLimit(plain, { puts: REPLICA_CALLS_AT_ONCE, reads: REPLICA_CALLS_AT_ONCE }));
  return {
    ...store,
    settle: (key, signal) => plain.settle(key, signal),
    removeUnfinished: (before, signal) => plain.removeUnfinished(before, signal),
    locks: hasObjectLocks(plain) ? plain : undefined,
  };
}

function authenticationOf(settings: Settings, database: Database): Authenticate {
  if (settings.authMode === 'single-user') return authenticateSingleUser;
  return authenticateByKey(
    cachePrincipals(apiKeySource(database), {
      maxAgeMs: settings.keyCacheSeconds * 1_000,
      capacity: CACHED_KEYS,
      now: () => performance.now(),
    }),
  );
}

/** The first request after an idle minute must not find out that the database has gone. */
const DATABASE_CHECK_MS = 1_500;

function readinessChecksOf(database: Database, store: ObjectStore): ReadinessCheck[] {
  return [
    {
      name: 'database',
      check: async () => {
        if (await database.reachable(DATABASE_CHECK_MS)) return;
        throw new DatabaseError('unavailable', 'PostgreSQL does not answer');
      },
    },
    { name: 'object-store', check: (signal) => store.check(signal) },
  ];
}

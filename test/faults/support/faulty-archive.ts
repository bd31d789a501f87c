/**
 * An archive of two processes that share everything, with what can go wrong around it within reach: its PostgreSQL
 * behind a proxy, its S3 server behind another, its data folder on a disk of its own, its clock.
 */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, openDatabase } from '@sandyq/database';
import type { FaultyProxy, S3TestServer } from '@sandyq/storage/testing';
import { startFaultyProxy } from '@sandyq/storage/testing';
import { type ArchiveProcess, startArchiveProcess } from '../../support/archive-process.ts';
import { filesystemTestStore, s3TestStore, type TestStore } from '../../support/test-store.ts';
import type { ArchiveEnvironment } from './archive-tools.ts';
import { type OwnPostgres, startOwnPostgres } from './own-postgres.ts';
import { type PostgresProxy, startPostgresProxy } from './postgres-proxy.ts';
import { type SmallDisk, smallDiskOrFolder } from './small-disk.ts';

const DISK_BYTES = 6 * 2 ** 30;
const PROCESSES = 2;
/** After a restored database the archive is ready when it has looked at every segment that is a minute old. */
const READY_MS = 180_000;

/** The archive and its surroundings. */
export interface FaultyArchive {
  readonly postgres: OwnPostgres;
  readonly postgresProxy: PostgresProxy;
  /** Before the S3 server; undefined on the filesystem store. */
  readonly storeProxy: FaultyProxy | undefined;
  /** Undefined where no disk can be mounted. */
  readonly disk: SmallDisk | undefined;
  readonly dataFolder: string;
  /** Around every proxy. */
  readonly store: TestStore;
  /** Around the proxy: for looking, and for taking rows away. Its connections end with each restart of PostgreSQL. */
  readonly database: Database;
  /** Settings for tools beside the archive, around every proxy. */
  readonly environment: ArchiveEnvironment;
  readonly processes: readonly ArchiveProcess[];
  /** Of processes that run. */
  urls(): string[];
  /** Moves the wall clock of all processes; 0: right again. */
  moveClock(milliseconds: number): Promise<void>;
  /** The folder of the filesystem store is not there, as if its disk were not mounted. */
  takeStoreAway(): Promise<void>;
  bringStoreBack(): Promise<void>;
  /** SIGKILL. */
  kill(index: number): Promise<void>;
  /** A new process in the place of one that was killed. */
  start(index: number): Promise<void>;
  /** Copies the database as it is now, in the place of an earlier copy. Connections are cut. */
  backUpDatabase(): Promise<void>;
  /** Kills every process, and puts the copy in the place of the database. */
  restoreDatabase(): Promise<void>;
  log(): string;
  stop(): Promise<void>;
}

export async function startFaultyArchive(s3: S3TestServer | undefined): Promise<FaultyArchive> {
  const undo: (() => Promise<unknown>)[] = [];
  try {
    return await assemble(s3, undo);
  } catch (error) {
    await undoAll(undo);
    throw error;
  }
}

async function assemble(
  s3: S3TestServer | undefined,
  undo: (() => Promise<unknown>)[],
): Promise<FaultyArchive> {
  const { folder: dataFolder, disk, remove } = await smallDiskOrFolder(DISK_BYTES);
  undo.push(remove);
  const other = await mkdtemp(join(tmpdir(), 'sandyq-faults-'));
  undo.push(() => rm(other, { recursive: true, force: true }));
  const postgres = await startOwnPostgres(other);
  undo.push(() => postgres.stop());
  const postgresProxy = await startPostgresProxy(postgres.connectionString);
  undo.push(() => postgresProxy.close());
  const storeProxy = s3 && (await startFaultyProxy(s3.endpoint));
  if (storeProxy !== undefined) undo.push(() => storeProxy.close());
  const store = s3 === undefined ? filesystemTestStore(dataFolder) : s3TestStore(s3);
  if (s3 !== undefined) undo.push(store.remove);
  const database = openDatabase({ connectionString: postgres.connectionString });
  undo.push(() => database.close());
  const clock = join(other, 'clock');
  await writeFile(clock, '0');
  const objects = join(dataFolder, 'objects');
  const common = { SANDYQ_DATA: dataFolder, ...settings(), ...store.environment };
  const processes = new Processes({
    ...common,
    DATABASE_URL: postgresProxy.connectionString,
    ...(storeProxy !== undefined && { S3_ENDPOINT: storeProxy.endpoint }),
    NODE_OPTIONS: `--import ${join(import.meta.dirname, 'moved-clock.ts')}`,
    TEST_CLOCK_FILE: clock,
  });
  undo.push(() => processes.stop());
  await Promise.all(Array.from({ length: PROCESSES }, (_, index) => processes.start(index)));
  return {
    postgres,
    postgresProxy,
    storeProxy,
    disk,
    dataFolder,
    store,
    database,
    environment: {
      ...common,
      DATABASE_URL: postgres.connectionString,
      SANDYQ_DATABASE_TIMEOUT_SECONDS: '60',
    },
    processes: processes.all,
    urls: () => processes.urls(),
    moveClock: async (milliseconds) => {
      await writeFile(clock, String(milliseconds));
      await sleep(50);
    },
    takeStoreAway: async () => {
      await rename(objects, `${objects}.away`);
      await mkdir(objects);
    },
    bringStoreBack: async () => {
      // A put that was on its way may have made folders there: what it linked was not acknowledged.
      await rm(objects, { recursive: true });
      await rename(`${objects}.away`, objects);
    },
    backUpDatabase: async () => {
      postgresProxy.cut();
      await postgres.administer(
        'drop database if exists backup',
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'sandyq'`,
        'create database backup template sandyq',
      );
      postgresProxy.restore();
    },
    restoreDatabase: async () => {
      await Promise.all(processes.all.map((_, index) => processes.kill(index)));
      await postgres.administer(
        'drop database sandyq with (force)',
        'alter database backup rename to sandyq',
      );
    },
    kill: (index) => processes.kill(index),
    start: (index) => processes.start(index),
    log: () => processes.log(),
    stop: () => undoAll(undo),
  };
}

/** Short limits, so that what hangs is noticed within seconds. */
function settings(): Record<string, string> {
  return {
    SANDYQ_DATABASE_TIMEOUT_SECONDS: '4',
    SANDYQ_S3_TIMEOUT_SECONDS: '3',
    SANDYQ_SENDER_STALL_SECONDS: '2',
    SANDYQ_MIN_FREE_DISK_BYTES: '65536',
    SANDYQ_SUPERSEDE_GRACE_SECONDS: '0',
    SANDYQ_OPEN_METRICS: 'true',
  };
}

/** Processes of the archive, each in its place. */
class Processes {
  readonly all: ArchiveProcess[] = [];
  readonly #environment: Readonly<Record<string, string>>;
  #log = '';

  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment;
  }

  urls(): string[] {
    return this.all.filter((process) => !process.hasEnded()).map(({ url }) => url);
  }

  async start(index: number): Promise<void> {
    this.all[index] = await startArchiveProcess('standalone', this.#environment, READY_MS);
  }

  async kill(index: number): Promise<void> {
    const process = this.all[index];
    if (process === undefined) return;
    await process.kill();
    this.#log += process.output();
  }

  log(): string {
    return this.#log + this.all.map((process) => process.output()).join('');
  }

  async stop(): Promise<void> {
    const results = await Promise.allSettled(this.all.map((process) => process.stop()));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

/** In the opposite order, each of them; the first failure is thrown at the end. */
async function undoAll(undo: (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of undo.splice(0).reverse()) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

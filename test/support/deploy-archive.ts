/**
 * An archive of real processes: standalone (one process), or split (two ingest, one index, two retrieval behind a reverse proxy),
 * on either store, with a database of its own.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@sandyq/database';
import { createTestDatabase } from '@sandyq/database/testing';
import type { ObjectStat, ObjectStore } from '@sandyq/storage';
import type { S3TestServer } from '@sandyq/storage/testing';
import { type ArchiveProcess, startArchiveProcess } from './archive-process.ts';
import { findNginx, startNginxProxy } from './nginx-proxy.ts';
import { type ReverseProxy, startReverseProxy, type Upstreams } from './reverse-proxy.ts';
import { filesystemTestStore, s3TestStore } from './test-store.ts';

/** How the archive is laid out. */
export type Topology = 'standalone' | 'split';

/** What to deploy. */
export interface DeployOptions {
  readonly topology: Topology;
  /** Absent: the filesystem store. */
  readonly s3?: S3TestServer | undefined;
  /** Settings of every process beside those of the test. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** An archive that is ready. */
export interface DeployedArchive {
  /** Where clients reach it: `http://127.0.0.1:port`. */
  readonly url: string;
  readonly processes: readonly ArchiveProcess[];
  /** The archive's database, for assertions. */
  readonly database: Database;
  /** Of that database. */
  readonly connectionString: string;
  readonly store: ObjectStore;
  /** Every object of its store, in key order. */
  readonly objects: () => Promise<ObjectStat[]>;
  /** What all processes have logged. */
  readonly log: () => string;
  /**
   * Stops every process by SIGTERM and removes data, objects and database. Throws if a process had died before, or did not end
   * with code 0 in time; everything is removed all the same.
   */
  readonly stop: () => Promise<void>;
}

/** Deploys an archive; stop() is to be called at the end of the test. */
export async function deployArchive(options: DeployOptions): Promise<DeployedArchive> {
  const undo: (() => Promise<unknown>)[] = [];
  const stop = (): Promise<void> => undoAll(undo);
  try {
    const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-archive-'));
    undo.push(() => rm(dataFolder, { recursive: true, force: true }));
    const testDatabase = await createTestDatabase();
    undo.push(() => testDatabase.drop());
    const { database, connectionString } = testDatabase;
    const testStore = options.s3 === undefined ? filesystemTestStore(dataFolder) : s3TestStore(options.s3);
    if (options.s3 !== undefined) undo.push(testStore.remove);
    const environment = {
      SANDYQ_DATA: dataFolder,
      DATABASE_URL: connectionString,
      SANDYQ_SUPERSEDE_GRACE_SECONDS: '0',
      ...testStore.environment,
      ...options.environment,
    };
    const { url, processes } = await layOut(options.topology, environment, undo);
    const { store, objects } = testStore;
    const log = (): string => processes.map((each) => each.output()).join('');
    return { url, processes, database, connectionString, store, objects, log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits until no segment is left that is held elsewhere: what the index process does in the background. Throws after a minute. */
export async function waitForSupersession({ database }: Pick<DeployedArchive, 'database'>): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const left = await database.query<{ segments: number }>({
      text: `select count(*)::int as segments from segment where state in ('duplicate', 'superseded')`,
    });
    if (left.rows[0]?.segments === 0) return;
    if (performance.now() > deadline) throw new Error('superseded segments were not cleared away');
    await sleep(100);
  }
}

type Undo = (() => Promise<unknown>)[];
type Environment = Readonly<Record<string, string>>;

async function layOut(topology: Topology, environment: Environment, undo: Undo) {
  if (topology === 'standalone') {
    const process = await startArchiveProcess('standalone', environment);
    undo.push(process.stop);
    return { url: process.url, processes: [process] };
  }
  const names = ['ingest', 'ingest', 'index', 'retrieval', 'retrieval'] as const;
  const starting = await Promise.allSettled(names.map((name) => startArchiveProcess(name, environment)));
  const processes = starting.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  undo.push(() => stopAll(processes));
  const failed = starting.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const urlsOf = (name: string) => processes.filter((each) => each.name === name).map(({ url }) => url);
  const proxy = await startProxy({
    ingest: urlsOf('ingest'),
    index: urlsOf('index'),
    retrieval: urlsOf('retrieval'),
  });
  undo.push(proxy.stop);
  return { url: proxy.url, processes };
}

/** nginx with the routing of docker-compose.yml; where it is not installed, one that routes the same way. */
async function startProxy(upstreams: Upstreams): Promise<ReverseProxy> {
  const nginx = await findNginx();
  return nginx === undefined ? startReverseProxy(upstreams) : startNginxProxy(nginx, upstreams);
}

async function stopAll(processes: readonly ArchiveProcess[]): Promise<void> {
  const stopping = await Promise.allSettled(processes.map((process) => process.stop()));
  throwFirst(stopping);
}

/** In the opposite order; goes on after a failure, which is thrown at the end. */
async function undoAll(undo: Undo): Promise<void> {
  const results: PromiseSettledResult<unknown>[] = [];
  for (const step of undo.splice(0).reverse()) results.push(...(await Promise.allSettled([step()])));
  throwFirst(results);
}

function throwFirst(results: readonly PromiseSettledResult<unknown>[]): void {
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

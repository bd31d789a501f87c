/**
 * A process that is paused (by SIGSTOP, for as long as it takes) after it has put a segment and before its index rows
 * are committed, while another process starts, sweeps the spool and reconciles. When it goes on there is one instance,
 * its sender is told of success, and nothing was taken from it.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '@sandyq/database/testing';
import { s3ForTests } from '@sandyq/storage/testing';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type ArchiveProcess, startArchiveProcess } from '../support/archive-process.ts';
import { storeMany, storeOne } from '../support/dicomweb.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { filesystemTestStore, s3TestStore, type TestStore } from '../support/test-store.ts';
import {
  type ArchiveEnvironment,
  damagedObjects,
  missingNewcomers,
  reconcileNow,
  recoverSpoolNow,
} from './support/archive-tools.ts';
import { type HoldPoint, holdUp } from './support/hold-up.ts';
import { ImportUnderFire } from './support/import-under-fire.ts';
import { imageOf, keptNewcomer, type SentInstance } from './support/sent-instances.ts';
import { look, noFindings } from './support/what-is-there.ts';

const s3 = await s3ForTests();
const PAUSES = 10;
const PATIENCE_MS = 300;
const stores = [
  { name: 'the file system', skip: false, storeIn: filesystemTestStore },
  {
    name: `Ceph ${s3.reason ?? ''}`,
    skip: s3.server === undefined,
    storeIn: (): TestStore => {
      if (s3.server === undefined) throw new Error('no S3 server');
      return s3TestStore(s3.server);
    },
  },
];
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
afterAll(s3.release);

describe.each(stores)('a process that is paused, on $name', ({ skip, storeIn }) => {
  it.skipIf(skip)('before its transaction: another one indexes the segment, both agree', async () => {
    await pauseAt('before the transaction', storeIn);
  });

  it.skipIf(skip)('within its transaction: another one waits for it, both agree', async () => {
    await pauseAt('within the transaction', storeIn);
  });

  it.skipIf(skip)(`at any moment, ${PAUSES} times: nothing is taken from it`, () => pauseAnywhere(storeIn));
});

describe('a process that dies', () => {
  it('before its transaction: another one indexes the segment, and nothing of it is left in the spool', async () => {
    const { environment, objects } = await newArchive(filesystemTestStore);
    const dying = await start('ingest', environment);
    const instances = someInstances(1);
    const hold = await holdUp(environment.DATABASE_URL, 'before the transaction');
    const answer = storeMany(
      dying.url,
      instances.map(({ bytes }) => bytes),
    ).catch((error: unknown) => error);
    await hold.untilWaiting();
    await untilPut(objects);
    await dying.kill();
    await hold.release();
    expect(await answer).toBeInstanceOf(Error);
    const spool = join(environment['SANDYQ_DATA'] ?? '', 'spool');
    expect(await readdir(spool)).toHaveLength(1);
    expect(await recoverSpoolNow(environment)).toBe(1);
    expect(await readdir(spool)).toEqual([]);
    await expectExactly((await start('standalone', environment)).url, instances);
  });

  it('before it has recorded its verdict on a newcomer: another one gives the verdict', async () => {
    const { store, environment, database } = await newArchive(filesystemTestStore);
    const dying = await start('ingest', environment);
    const [known] = someInstances(1);
    if (known === undefined) throw new Error('one instance');
    await storeOne(dying.url, known.bytes);
    const contradiction = imageOf(known, known.patientId, { variant: 1 });
    const kept = [keptNewcomer('duplicate-sop-instance', known, contradiction)];
    const hold = await holdUp(environment.DATABASE_URL, 'before the verdict');
    const answer = storeOne(dying.url, contradiction).catch((error: unknown) => error);
    await hold.untilWaiting();
    await dying.kill();
    await hold.release();
    expect(await answer).toBeInstanceOf(Error);
    expect(await missingNewcomers(database.database, store, kept)).toHaveLength(1);
    expect(await reconcileNow(environment)).toMatchObject({ listed: 2, unknown: 1, replayed: 1 });
    expect(await missingNewcomers(database.database, store, kept)).toEqual([]);
    expect(await reconcileNow(environment)).toMatchObject({ listed: 2, unknown: 0 });
  });
});

async function pauseAt(point: HoldPoint, storeIn: (dataFolder: string) => TestStore): Promise<void> {
  const { store, environment, database, objects } = await newArchive(storeIn);
  const segments = async () => (await objects()).filter(({ key }) => key.startsWith('v1/'));
  const paused = await start('ingest', environment);
  const instances = someInstances(3);
  const hold = await holdUp(environment.DATABASE_URL, point);
  const answer = storeMany(
    paused.url,
    instances.map(({ bytes }) => bytes),
  );
  await hold.untilWaiting();
  await untilPut(segments);
  process.kill(paused.pid, 'SIGSTOP');
  await hold.release();

  const other = await start('standalone', environment);
  const reconciled = reconcileNow(environment);
  if (point === 'before the transaction') {
    expect(await reconciled).toMatchObject({ listed: 1, unknown: 1, replayed: 1 });
    await expectExactly(other.url, instances);
  }
  process.kill(paused.pid, 'SIGCONT');
  const { status, verdicts } = await answer;
  expect(status).toBe(200);
  expect(verdicts.map(({ kind, reason }) => `${kind} ${reason}`)).toEqual(
    instances.map(() => 'stored undefined'),
  );
  expect((await reconciled).damaged).toEqual([]);
  await expectExactly(other.url, instances);
  expect(await announced(database)).toEqual(instances.map(({ sopInstanceUid }) => sopInstanceUid).sort());
  expect(await segments()).toHaveLength(1);
  expect(await damagedObjects(store)).toEqual([]);
}

/** Statements are asked for while the segment is on its way to the store (decision 43). */
async function untilPut(objects: () => Promise<readonly unknown[]>): Promise<void> {
  await expect.poll(async () => (await objects()).length, { timeout: 30_000 }).toBe(1);
}

/** An import into one process, which is stopped again and again while another sweeps and reconciles. */
async function pauseAnywhere(storeIn: (dataFolder: string) => TestStore): Promise<void> {
  const seed = testSeed();
  process.stderr.write(`paused anywhere: SANDYQ_TEST_SEED=${seed}\n`);
  const random = new SeededRandom(seed);
  const { store, environment } = await newArchive(storeIn);
  const paused = await start('standalone', environment);
  const run = new ImportUnderFire(random);
  await run.pushUntilGone(paused.url, 1, async () => {
    for (let pause = 0; pause < PAUSES; pause += 1) {
      await sleep(random.integer(5, 60));
      process.kill(paused.pid, 'SIGSTOP');
      await recoverSpoolNow(environment);
      const reconciling = reconcileNow(environment);
      // Within its transaction it holds locks that the other one waits for.
      await Promise.race([reconciling, sleep(PATIENCE_MS)]);
      process.kill(paused.pid, 'SIGCONT');
      await reconciling;
    }
    await paused.kill();
  });
  const again = await start('standalone', environment);
  await recoverSpoolNow(environment);
  await reconcileNow(environment);
  expect(run.unexpected).toEqual([]);
  const findings = noFindings();
  await look(again.url, [...run.sent.values()], run.sent, findings);
  expect({ ...findings, survivors: [] }).toEqual(noFindings());
  expect(await damagedObjects(store)).toEqual([]);
}

function someInstances(count: number): SentInstance[] {
  const random = new SeededRandom(testSeed());
  const studyInstanceUid = random.uid();
  return Array.from({ length: count }, () => {
    const ids = {
      studyInstanceUid,
      seriesInstanceUid: `${studyInstanceUid}.1`,
      sopInstanceUid: random.uid(),
    };
    return { ...ids, patientId: 'P-1', round: 0, acknowledged: true, bytes: imageOf(ids, 'P-1') };
  });
}

/** These instances are there, whole, and counted once. */
async function expectExactly(url: string, instances: readonly SentInstance[]): Promise<void> {
  const sent = new Map(instances.map((instance) => [instance.sopInstanceUid, instance]));
  const findings = noFindings();
  await look(url, instances, sent, findings);
  expect(findings).toEqual(noFindings());
}

/** SOP Instance UIDs in the change feed, as often as they are announced. */
async function announced({ database }: TestDatabase): Promise<string[]> {
  const changes = await database.query<{ uid: string }>({
    text: `select unnest(sop_instance_uids) as uid from change
      union all select unnest(sop_instance_uids) from change_outbox order by uid`,
  });
  return changes.rows.map(({ uid }) => uid);
}

async function newArchive(storeIn: (dataFolder: string) => TestStore) {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-paused-'));
  cleanUps.push(() => rm(dataFolder, { recursive: true, force: true }));
  const database = await createTestDatabase();
  cleanUps.push(database.drop);
  const { store, environment, objects, remove } = storeIn(dataFolder);
  cleanUps.push(remove);
  const all: ArchiveEnvironment = {
    ...environment,
    SANDYQ_DATA: dataFolder,
    DATABASE_URL: database.connectionString,
  };
  return { store, objects, database, environment: all };
}

async function start(
  name: 'ingest' | 'standalone',
  environment: ArchiveEnvironment,
): Promise<ArchiveProcess> {
  const archive = await startArchiveProcess(name, environment);
  cleanUps.push(() => archive.kill());
  return archive;
}

/**
 * kill -9 of a compacting process at each of its steps, while readers go on: nothing is lost, no read fails, and another
 * process brings it to its end, with the receipts and bytes that were there before.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from '@sandyq/database/testing';
import { supersedeSegments } from '@sandyq/index';
import {
  encodeReceipt,
  type ObjectStore,
  openSegment,
  type SegmentReceipt,
  studyKeyPrefix,
  verifySegment,
} from '@sandyq/storage';
import { s3ForTests } from '@sandyq/storage/testing';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startArchiveProcess } from '../support/archive-process.ts';
import { storeAll } from '../support/dicomweb.ts';
import { type MadeInstance, makeNativeImage } from '../support/made-instances.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { filesystemTestStore, s3TestStore, type TestStore } from '../support/test-store.ts';
import {
  type ArchiveEnvironment,
  reconcileNow,
  recoverSpoolNow,
  withArchive,
} from './support/archive-tools.ts';
import { type CompactionStep, compactionSteps, compactToTheEnd, killAt } from './support/compaction-steps.ts';
import { readOnAndOn } from './support/reading-loop.ts';

const s3 = await s3ForTests();
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
const INSTANCES = 6;

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
afterAll(s3.release);

describe.each(stores)('a compacting process that is killed, on $name', ({ skip, storeIn }) => {
  it.skipIf(skip)('at any step loses nothing, and another one brings it to its end', async () => {
    const { url, store, environment } = await newArchive(storeIn);
    const seed = testSeed();
    process.stderr.write(`killed compaction: SANDYQ_TEST_SEED=${seed}\n`);
    const random = new SeededRandom(seed);
    const rounds = await Promise.all(
      [...compactionSteps, 'put' as const].map((step) => newRound(url, store, step, random)),
    );
    const readers = readOnAndOn(
      url,
      rounds.flatMap(({ instances }) => instances),
    );
    await Promise.all(rounds.map(({ step, study }) => killAt(step, study, environment)));
    await expireClaims(environment);
    // The object of the last one is found only after others have joined the same segments otherwise.
    await compactToTheEnd(environment, rounds.at(-1)?.study);
    await recoverSpoolNow(environment);
    await reconcileNow(environment);
    await compactToTheEnd(environment);
    await untilCleared(environment, store, rounds.length);
    const { reads, wrong } = await readers.stop();
    expect(wrong).toEqual([]);
    expect(reads).toBeGreaterThan(100);
    for (const round of rounds) await expectJoined(store, round);
  });
});

/** A study of one series that was sent one instance a request, and the step at which its compaction is killed. */
interface Round {
  readonly step: CompactionStep;
  readonly study: string;
  readonly instances: readonly MadeInstance[];
  /** Digests of its receipts before. */
  readonly receipts: readonly string[];
}

async function newRound(
  url: string,
  store: ObjectStore,
  step: CompactionStep,
  random: SeededRandom,
): Promise<Round> {
  const study = random.uid();
  const instances = madeInstances(study, random);
  for (const { bytes } of instances) await storeAll(url, [bytes]);
  const receipts = (await receiptsOf(store, study)).map(digestOf);
  expect(receipts).toHaveLength(INSTANCES);
  return { step, study, instances, receipts };
}

/** It is one object, with the receipts and the bytes that were there before. */
async function expectJoined(store: ObjectStore, { step, study, instances, receipts }: Round): Promise<void> {
  const [joined, ...others] = await receiptsOf(store, study);
  expect(others, step).toEqual([]);
  expect(joined?.originals.map(digestOf), step).toEqual(receipts);
  expect(joined?.entries.map((entry) => entry.sha256).sort(), step).toEqual(
    instances.map(({ bytes }) => sha256(bytes)).sort(),
  );
}

/** Small, of one series, each with its own bytes. */
function madeInstances(studyInstanceUid: string, random: SeededRandom): MadeInstance[] {
  return Array.from({ length: INSTANCES }, (_, index) => {
    const ids = {
      studyInstanceUid,
      seriesInstanceUid: `${studyInstanceUid}.1`,
      sopInstanceUid: `${studyInstanceUid}.1.${index}`,
    };
    const image = { rows: 32, columns: 32, pixels: random.bytes(2_048) };
    return makeNativeImage(ids, image, { instanceNumber: index + 1 });
  });
}

async function keysOf(store: ObjectStore, study: string): Promise<string[]> {
  return (await Array.fromAsync(store.list(studyKeyPrefix(study)))).map(({ key }) => key);
}

/** Of the study's segments, which are read to the last byte; in the order of their ids. */
async function receiptsOf(store: ObjectStore, study: string): Promise<SegmentReceipt[]> {
  const receipts: SegmentReceipt[] = [];
  for (const key of await keysOf(store, study)) {
    expect((await verifySegment(store, key)).faults).toEqual([]);
    receipts.push((await openSegment(store, key)).receipt);
  }
  return receipts.sort((a, b) => (a.segmentId < b.segmentId ? -1 : 1));
}

function digestOf(receipt: SegmentReceipt): string {
  return sha256(encodeReceipt(receipt));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What turned out to be a duplicate goes once the journal in the store says so. */
async function untilCleared(
  environment: ArchiveEnvironment,
  store: ObjectStore,
  count: number,
): Promise<void> {
  await withArchive(environment, async (archive) => {
    const clear = async () => {
      await supersedeSegments(archive);
      return (await Array.fromAsync(store.list('v1/'))).length;
    };
    await expect.poll(clear, { timeout: 30_000, interval: 500 }).toBe(count);
  });
}

/** As if the time of every claim had passed: the process that had it is dead. */
async function expireClaims(environment: ArchiveEnvironment): Promise<void> {
  await withArchive(environment, ({ database }) =>
    database.query({ text: 'update segment set compact_due = now() where compact_due > now()' }),
  );
}

/** An archive that compacts nothing by itself, and never deletes what was superseded within the time of the test. */
async function newArchive(storeIn: (dataFolder: string) => TestStore) {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-compaction-'));
  cleanUps.push(() => rm(dataFolder, { recursive: true, force: true }));
  const database = await createTestDatabase();
  cleanUps.push(database.drop);
  const { store, environment: ofStore, remove } = storeIn(dataFolder);
  cleanUps.push(remove);
  const shared = {
    ...ofStore,
    SANDYQ_DATA: dataFolder,
    DATABASE_URL: database.connectionString,
    SANDYQ_COMPACT_BYTES_PER_SECOND: '0',
  };
  const { url, kill } = await startArchiveProcess('standalone', {
    ...shared,
    SANDYQ_SUPERSEDE_GRACE_SECONDS: '3600',
  });
  cleanUps.push(kill);
  const environment: ArchiveEnvironment = { ...shared, SANDYQ_SUPERSEDE_GRACE_SECONDS: '0' };
  return { url, store, environment };
}

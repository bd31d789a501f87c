/** What storing costs beside time: every byte is hashed once and written once, and one fsync makes all of a series durable. */
import { lastCheckpoint, pendingJournalLines } from '@sandyq/database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StorageWork } from '../performance/bench-case.ts';
import { readStorageWork, workBetween } from '../performance/storage-work.ts';
import { storeAll } from '../support/dicomweb.ts';
import { makeNativeImage } from '../support/made-instances.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const seed = testSeed();
/** Tar headers and padding, metadata, receipt and trailer. */
const ROOM_OF_AN_INSTANCE = 4_096;
const ROOM_OF_A_SEGMENT = 16_384;

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.stop());

it.each([1, 10])(`of %i instances of a series in a request (SANDYQ_TEST_SEED=${seed})`, async (count) => {
  const random = new SeededRandom(seed + count);
  // A new journal gets a checkpoint by itself; the first of a process and of a facility makes folders and journal lines.
  await expect.poll(() => lastCheckpoint(archive.archive.database), { timeout: 60_000 }).toBeDefined();
  await storeAll(archive.url, seriesOf(1, random));
  await expect
    .poll(() => pendingJournalLines(archive.archive.database), { timeout: 60_000 })
    .toMatchObject({ count: 0 });
  const instances = seriesOf(count, random);
  const bytes = instances.reduce((sum, { length }) => sum + length, 0);
  const work = await workOf(() => storeAll(archive.url, instances));
  expect(work.hashedBytes).toBe(bytes);
  expect(work.writtenBytes).toBeGreaterThan(bytes);
  expect(work.writtenBytes).toBeLessThan(bytes + count * ROOM_OF_AN_INSTANCE + ROOM_OF_A_SEGMENT);
  expect(work.readBytes).toBe(0);
  expect(work.fileSyncs).toBe(1);
  // The object's, and those that were made for it: two levels at most.
  expect(work.directorySyncs).toBeLessThanOrEqual(3);
});

async function workOf(work: () => Promise<unknown>): Promise<StorageWork> {
  const before = await readStorageWork(archive.url);
  await work();
  return workBetween(before, await readStorageWork(archive.url));
}

function seriesOf(count: number, random: SeededRandom): Buffer[] {
  const ids = { studyInstanceUid: random.uid(), seriesInstanceUid: random.uid() };
  return Array.from({ length: count }, (_, index) => {
    const pixels = { rows: 512, columns: 512, pixels: random.bytes(512 * 512 * 2) };
    const instance = { ...ids, sopInstanceUid: random.uid() };
    return makeNativeImage(instance, pixels, { patientId: 'P-1', instanceNumber: index + 1 }).bytes;
  });
}

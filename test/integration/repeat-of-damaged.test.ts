/** An instance whose bytes are lost comes again: its sender is told of success, so the bytes must be there. */
import { entryReference, openSegment, readEntryBytes } from '@sandyq/storage';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { imageOf } from '../faults/support/sent-instances.ts';
import { storeOne } from '../support/dicomweb.ts';
import { requestReconcile } from '../support/requested-reconcile.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const seed = testSeed();
let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.stop());

it(`is stored again, not waved through (SANDYQ_TEST_SEED=${seed})`, async () => {
  const random = new SeededRandom(seed);
  const { store } = archive.archive;
  const ids = {
    studyInstanceUid: random.uid(),
    seriesInstanceUid: random.uid(),
    sopInstanceUid: random.uid(),
  };
  const bytes = imageOf(ids, 'P-1');
  expect(await storeOne(archive.url, bytes)).toMatchObject({ status: 200, kind: 'stored' });
  const [object] = await Array.fromAsync(store.list('v1/'));
  if (object === undefined) throw new Error('one segment');
  expect(await storeOne(archive.url, bytes)).toMatchObject({ status: 200, kind: 'stored' });
  expect(await Array.fromAsync(store.list('v1/'))).toHaveLength(1);

  await store.delete(object.key);
  expect(await requestReconcile(archive.url, { dryRun: false })).toMatchObject({ missing: [object.key] });
  expect(await storeOne(archive.url, bytes)).toMatchObject({ status: 200, kind: 'stored' });
  const [again, ...others] = await Array.fromAsync(store.list('v1/'));
  expect(others).toEqual([]);
  const { receipt } = await openSegment(store, again?.key ?? '');
  const [entry] = receipt.entries;
  if (entry === undefined) throw new Error('one entry');
  const kept = await readEntryBytes(store, entryReference(again?.key ?? '', entry), {
    offset: 0,
    length: entry.length,
  });
  expect(Buffer.from(kept).equals(bytes)).toBe(true);
});

/**
 * 600 instances of two series, sent one instance a request: after compaction and grace each series is one object, with
 * every byte, every receipt and every answer as before; on both stores, by hand and by itself.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeReceipt, type ObjectStore, openSegment, verifySegment } from '@sandyq/storage';
import { s3ForTests } from '@sandyq/storage/testing';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { get, getJson, storeAll } from '../support/dicomweb.ts';
import { type MadeInstance, makeNativeImage } from '../support/made-instances.ts';
import { runScript } from '../support/run-script.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';
import { s3TestStore, type TestStore } from '../support/test-store.ts';

const s3 = await s3ForTests();
const stores: {
  name: string;
  skip: boolean;
  readonly make: () => Pick<TestStore, 'environment' | 'remove'>;
}[] = [
  { name: 'the file system', skip: false, make: () => ({ environment: {}, remove: async () => undefined }) },
  {
    name: `Ceph ${s3.reason ?? ''}`,
    skip: s3.server === undefined,
    make: () => {
      if (s3.server === undefined) throw new Error('no S3 server');
      return s3TestStore(s3.server);
    },
  },
];
const STUDY = '2.25.600';
const SENDERS = 8;

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
afterAll(s3.release);

describe.each(stores)('a study sent one instance a request, on $name', ({ skip, make }) => {
  it.skipIf(skip)('is one object a series after compaction', async () => {
    const { environment, remove } = make();
    cleanUps.push(remove);
    const archive = await start({ ...environment, SANDYQ_COMPACT_BYTES_PER_SECOND: '0' });
    const { store } = archive.archive;
    const instances = madeInstances(600);
    await sendEach(archive.url, instances);
    const originals = await receiptsIn(store);
    expect(originals.size).toBe(600);
    const before = await answers(archive.url);

    const planned = await compact(archive.url, `?study=${STUDY}&dryRun=true`);
    expect(planned).toMatchObject({
      dryRun: true,
      series: 2,
      joined: 2,
      rewritten: 600,
      made: 2,
      damaged: [],
    });
    expect((await keysOf(store)).length).toBe(600);
    const done = await compact(archive.url, `?study=${STUDY}`);
    expect(done).toMatchObject({
      dryRun: false,
      series: 2,
      joined: 2,
      rewritten: 600,
      made: 2,
      later: 0,
      damaged: [],
    });
    await untilObjects(store, 2);

    expect(await answers(archive.url)).toEqual(before);
    await expectAsSent(archive.url, instances);
    await expectCertified(store, originals, instances);
    // Nothing more to do, and nothing that a second look would find.
    expect(await compact(archive.url, '')).toMatchObject({ series: 0, rewritten: 0 });
    await archive.archive.database.query({ text: 'delete from instance_metadata' });
    // Else the metadata of a series that are kept for its revision would be sent.
    await archive.archive.database.query({ text: 'update series set revision = revision + 1' });
    expect(await answers(archive.url)).toEqual(before);
  });
});

describe('compaction', () => {
  it('happens by itself, once nothing has come for a while, and keeps up with what trickles in', async () => {
    const archive = await start({ SANDYQ_COMPACT_AFTER_SECONDS: '1' });
    const { store } = archive.archive;
    const instances = madeInstances(40);
    await sendEach(archive.url, instances.slice(0, 20));
    await untilObjects(store, 2);
    for (const instance of instances.slice(20)) {
      await storeAll(archive.url, [instance.bytes]);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    await untilObjects(store, 2);
    await expectAsSent(archive.url, instances);
    const metrics = (await get(`${archive.url}/metrics`)).body.toString();
    expect(metrics).toMatch(/sandyq_compaction_superseded_segments_total [1-9]/);
    expect(metrics).toMatch(/sandyq_compaction_bytes_total [1-9]/);
    expect(metrics).toContain('sandyq_compaction_due_series');
  });

  it('leaves a series alone in which a segment is damaged, and joins the others', async () => {
    const archive = await start({ SANDYQ_COMPACT_BYTES_PER_SECOND: '0' });
    const { store } = archive.archive;
    const instances = madeInstances(12);
    await sendEach(archive.url, instances);
    const [victim] = instances;
    if (victim === undefined) throw new Error('an instance');
    const damaged = await flipByteOf(archive, victim);
    expect(await compact(archive.url, '')).toMatchObject({ series: 2, joined: 1, damaged: [damaged] });
    await untilObjects(store, 7);
    await expectAsSent(archive.url, instances.slice(1));
    const read = await get(`${archive.url}/originals/${pathOf(victim)}`);
    expect(read.status).not.toBe(200);
  });

  it('is a command that says what it did', async () => {
    const archive = await start({ SANDYQ_COMPACT_BYTES_PER_SECOND: '0' });
    await sendEach(archive.url, madeInstances(10));
    const { dataFolder } = archive.settings;
    const environment = { SANDYQ_DATA: dataFolder, DATABASE_URL: archive.testDatabase.connectionString };
    const dry = await admin(['compact', '--study', STUDY, '--dry-run'], environment);
    expect(dry).toContain('2 of them would be joined: 10 objects into 2');
    const done = JSON.parse(await admin(['compact', '--json'], environment)) as unknown;
    expect(done).toMatchObject({ dryRun: false, series: 2, joined: 2, rewritten: 10, made: 2 });
  });

  it('keeps as a command to the rate of the archive', async () => {
    const archive = await start({ SANDYQ_COMPACT_BYTES_PER_SECOND: '0' });
    await sendEach(archive.url, madeInstances(10));
    const environment = {
      SANDYQ_DATA: archive.settings.dataFolder,
      DATABASE_URL: archive.testDatabase.connectionString,
      SANDYQ_COMPACT_BYTES_PER_SECOND: '4KiB',
    };
    const begun = performance.now();
    const { bytes } = JSON.parse(await admin(['compact', '--json'], environment)) as { bytes: number };
    const seconds = (performance.now() - begun) / 1_000;
    // A second that was not used may be made up for.
    const fewest = bytes / 4_096 - 1;
    // Longer than it takes to start.
    expect(fewest).toBeGreaterThan(8);
    expect(seconds).toBeGreaterThan(fewest);
  });
});

/** `npm run admin -- …`; throws unless it ends with code 0. */
async function admin(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { code, stdout, stderr } = await runScript('admin.ts', words, environment);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

async function start(environment: Readonly<Record<string, string>>): Promise<TestArchive> {
  const archive = await startArchive({ environment });
  cleanUps.push(() => archive.stop());
  return archive;
}

/** Of two series in turn; small, each with its own bytes. */
function madeInstances(count: number): MadeInstance[] {
  return Array.from({ length: count }, (_, index) => {
    const seriesInstanceUid = `${STUDY}.${1 + (index % 2)}`;
    const ids = {
      studyInstanceUid: STUDY,
      seriesInstanceUid,
      sopInstanceUid: `${seriesInstanceUid}.${index}`,
    };
    const pixels = createHash('shake256', { outputLength: 512 }).update(ids.sopInstanceUid).digest();
    return makeNativeImage(ids, { rows: 16, columns: 16, pixels }, { instanceNumber: index + 1 });
  });
}

async function sendEach(url: string, instances: readonly MadeInstance[]): Promise<void> {
  await each(instances, ({ bytes }) => storeAll(url, [bytes]));
}

/** Some at a time. */
async function each(
  instances: readonly MadeInstance[],
  work: (instance: MadeInstance) => Promise<void>,
): Promise<void> {
  const waiting = [...instances].reverse();
  const takeTurns = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await work(next);
  };
  await Promise.all(Array.from({ length: SENDERS }, takeTurns));
}

async function compact(url: string, query: string): Promise<unknown> {
  const answer = await fetch(`${url}/admin/compaction${query}`, { method: 'POST' });
  expect(answer.status).toBe(200);
  return answer.json();
}

async function keysOf(store: ObjectStore): Promise<string[]> {
  return (await Array.fromAsync(store.list('v1/'))).map(({ key }) => key);
}

async function untilObjects(store: ObjectStore, count: number): Promise<void> {
  await expect.poll(() => keysOf(store), { timeout: 60_000, interval: 250 }).toHaveLength(count);
}

/** The canonical receipts of all segments, by id. */
async function receiptsIn(store: ObjectStore): Promise<Map<string, string>> {
  const receipts = new Map<string, string>();
  for (const key of await keysOf(store)) {
    const { receipt } = await openSegment(store, key);
    receipts.set(receipt.segmentId, encodeReceipt(receipt).toString());
  }
  return receipts;
}

/** What clients see: metadata with its ETag, and a search. */
async function answers(url: string): Promise<unknown> {
  const metadata = await get(`${url}/dicom-web/studies/${STUDY}/metadata`, {
    Accept: 'application/dicom+json',
  });
  expect(metadata.status).toBe(200);
  const found = await getJson(`${url}/dicom-web/studies?StudyInstanceUID=${STUDY}`);
  return { tag: metadata.headers.get('etag'), json: JSON.parse(metadata.body.toString()) as unknown, found };
}

function pathOf({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }: MadeInstance): string {
  return `${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}`;
}

async function expectAsSent(url: string, instances: readonly MadeInstance[]): Promise<void> {
  await each(instances, async (instance) => {
    const { status, body } = await get(`${url}/originals/${pathOf(instance)}`);
    expect(status).toBe(200);
    expect(body.equals(instance.bytes), pathOf(instance)).toBe(true);
  });
}

/** Each object is whole, carries the receipts that were there before, and `tar` finds the files that were sent in it. */
async function expectCertified(
  store: ObjectStore,
  originals: ReadonlyMap<string, string>,
  instances: readonly MadeInstance[],
): Promise<void> {
  const carried = new Map<string, string>();
  const files = new Set<string>();
  for (const key of await keysOf(store)) {
    const { segment, faults } = await verifySegment(store, key);
    expect(faults).toEqual([]);
    for (const original of segment?.receipt.originals ?? []) {
      carried.set(original.segmentId, encodeReceipt(original).toString());
    }
    for (const digest of await extracted(store, key)) files.add(digest);
  }
  expect(carried).toEqual(originals);
  expect(files).toEqual(new Set(instances.map(({ bytes }) => sha256(bytes))));
}

async function extracted(store: ObjectStore, key: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sandyq-tar-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'segment.tar');
  await writeFile(file, await Array.fromAsync(await store.read(key)));
  execFileSync('tar', ['-xf', file, '-C', folder]);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.dcm'));
  return Promise.all(names.map(async (name) => sha256(await readFile(join(folder, name)))));
}

/** Flips a bit in the stored bytes of an instance, on the file system; returns the key of its segment. */
async function flipByteOf({ archive, settings }: TestArchive, instance: MadeInstance): Promise<string> {
  const found = await archive.database.query<{ object_key: string; entry_offset: number }>({
    text: `select g.object_key, i.entry_offset from instance i join segment g using (segment_id)
      where i.sop_instance_uid = $1`,
    values: [instance.sopInstanceUid],
  });
  const [place] = found.rows;
  if (place === undefined || settings.objectStore.kind !== 'filesystem') throw new Error('no such file');
  const path = join(settings.objectStore.root, place.object_key);
  const bytes = await readFile(path);
  bytes[place.entry_offset + 600] = (bytes[place.entry_offset + 600] ?? 0) ^ 1;
  await rm(path);
  await writeFile(path, bytes);
  return place.object_key;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Everything that runs out: disk, file handles, room for what is being received, patience with senders that stall; and
 * a PostgreSQL that falls silent. Senders are told to come again, /readyz tells what is wrong, reading goes on where it
 * can, nothing is put in quarantine or left behind, and when it is over everything is as before without a hand.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createTestDatabase, type TestDatabase } from '@sandyq/database/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ArchiveProcess, startArchiveProcess } from '../support/archive-process.ts';
import { get, type StoreAnswer, store } from '../support/dicomweb.ts';
import { makeNativeImage } from '../support/made-instances.ts';
import { encodeMultipart } from '../support/multipart.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { sendAndStall } from './support/cut-and-wait.ts';
import { metricOf, openDescriptors, openFilesIn, spoolFiles, until } from './support/open-resources.ts';
import { type PostgresProxy, startPostgresProxy } from './support/postgres-proxy.ts';
import { type SmallDisk, smallDiskOrFolder } from './support/small-disk.ts';

const MEBIBYTE = 2 ** 20;
const CONNECTIONS = 5;
const HANDLES = 4_096;
const seed = testSeed();
const random = new SeededRandom(seed);
const cleanUps: (() => Promise<unknown>)[] = [];
let archive: ArchiveProcess;
let database: TestDatabase;
let proxy: PostgresProxy;
let dataFolder: string;
let disk: SmallDisk | undefined;
/** An instance that is there from the beginning. */
let known: Image;

beforeAll(async () => {
  const place = await smallDiskOrFolder(256 * MEBIBYTE);
  cleanUps.push(place.remove);
  ({ folder: dataFolder, disk } = place);
  database = await createTestDatabase();
  cleanUps.push(database.drop);
  proxy = await startPostgresProxy(database.connectionString);
  cleanUps.push(() => proxy.close());
  archive = await startArchiveProcess('standalone', {
    SANDYQ_DATA: dataFolder,
    DATABASE_URL: proxy.connectionString,
    SANDYQ_DATABASE_CONNECTIONS: String(CONNECTIONS),
    SANDYQ_DATABASE_TIMEOUT_SECONDS: '1',
    SANDYQ_SENDER_STALL_SECONDS: '1',
    SANDYQ_MIN_FREE_DISK_BYTES: '65536',
    SANDYQ_MAX_IN_FLIGHT_BYTES: String(16 * MEBIBYTE),
    SANDYQ_OPEN_METRICS: 'true',
  });
  cleanUps.push(archive.stop);
  known = newImage();
  expect(await push(known)).toMatchObject({ status: 200 });
});
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});
beforeEach(() => expectNothingLeft());
// Of a test that failed the next ones shall not suffer.
afterEach(async () => {
  proxy.restore();
  await disk?.makeWritable();
  await disk?.empty();
  await limitHandles(HANDLES);
});

describe(`limits (SANDYQ_TEST_SEED=${seed})`, () => {
  it('a full disk: 503, told by /readyz, reading goes on', async ({ skip }) => {
    const own = diskOr(skip);
    const images = Array.from({ length: 6 }, () => newImage(2 * MEBIBYTE));
    await own.fill(3 * MEBIBYTE);
    const told = await Promise.all(images.map(push));
    expect(told.filter(isUnavailable).length).toBeGreaterThan(3);
    expect(told.every((answer) => answer.status === 200 || isUnavailable(answer))).toBe(true);
    expect(await push(newImage(9 * MEBIBYTE))).toSatisfy(isUnavailable);
    // What can't be understood could not be kept either: no verdict.
    expect(await pushBytes(random.bytes(5 * MEBIBYTE))).toSatisfy(isUnavailable);
    await own.fill(0);
    await untilChecks({ 'object-store': 'failed', spool: 'failed', database: 'ok' });
    expect((await read(known)).equals(known.bytes)).toBe(true);
    await own.empty();
    await expectRecovered(images);
  });

  it('a read-only disk: 503, told by /readyz, reading goes on', async ({ skip }) => {
    const own = diskOr(skip);
    await own.makeReadOnly();
    const images = Array.from({ length: 3 }, () => newImage());
    for (const image of images) expect(await push(image)).toSatisfy(isUnavailable);
    expect(await pushBytes(random.bytes(1_000))).toSatisfy(isUnavailable);
    await untilChecks({ 'object-store': 'failed', spool: 'failed', database: 'ok' });
    expect((await read(known)).equals(known.bytes)).toBe(true);
    await own.makeWritable();
    await expectRecovered(images);
  });

  it('no file handles left: 503 or no answer, and no handle is lost', async () => {
    const before = await openDescriptors(archive.pid);
    await limitHandles(before + 3);
    const images = Array.from({ length: 12 }, () => newImage());
    const told = await Promise.allSettled(images.map(push));
    await limitHandles(HANDLES);
    const answers = told.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(answers.every((answer) => answer.status === 200 || isUnavailable(answer))).toBe(true);
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThan(images.length);
    await expectRecovered(images);
  });

  it('a PostgreSQL that falls silent: 503 within its time, connections bounded and given back', async () => {
    const images = Array.from({ length: 20 }, () => newImage());
    proxy.fallSilent();
    const startedAt = performance.now();
    const told = await Promise.all(images.map(push));
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(told.every(isUnavailable)).toBe(true);
    // One that is given up and the one in its place are there together for a moment.
    await until('connections are bounded', async () => proxy.connections() <= CONNECTIONS + 1);
    await untilChecks({ database: /failed|timed-out/, 'object-store': 'ok' });
    proxy.restore();
    await expectRecovered(images);
    expect(proxy.connections()).toBeLessThanOrEqual(CONNECTIONS + 1);
  });

  it('the audit away: no answer about patients before it is on record', async () => {
    const lock = await lockTable('audit_event');
    const images = [newImage(), newImage()];
    const told = await Promise.all(images.map(push));
    expect(told.every(isUnavailable)).toBe(true);
    expect((await get(`${archive.url}${originalOf(known)}`)).status).toBe(503);
    await lock.release();
    await expectRecovered(images);
  });

  it('a sender that stalls is told so, and holds nothing any more', async () => {
    const { bytes } = newImage(MEBIBYTE);
    const cuts = [0, 100, bytes.length - 1];
    const told = await Promise.all(
      cuts.map((cutAt) =>
        sendAndStall(archive.url, { contentType: 'application/dicom', body: bytes, cutAt }),
      ),
    );
    expect(told).toEqual(cuts.map(() => 'HTTP/1.1 408 Request Timeout'));
  });

  it('more than may be in flight, of unknown length: 503, not a torn body', async () => {
    const body = Buffer.alloc(6 * MEBIBYTE);
    const holding = sendAndStall(archive.url, { contentType: 'application/dicom', body, cutAt: 10 });
    await until(
      'something is in flight',
      async () => (await metricOf(archive.url, 'store_in_flight_bytes')) > 0,
    );
    const image = newImage(9 * MEBIBYTE);
    for (const type of ['application/dicom', 'multipart/related']) {
      expect(await pushChunked(image, type), type).toSatisfy(isUnavailable);
    }
    await holding;
    await expectNothingLeft();
    expect(await pushChunked(image, 'multipart/related')).toMatchObject({ status: 200 });
  });

  it('a content coding that nobody knows is refused before it is taken for DICOM', async () => {
    const { bytes } = newImage();
    const headers = { 'Content-Type': 'application/dicom', 'Content-Encoding': 'br' };
    expect(await store(archive.url, bytes, headers)).toMatchObject({ status: 415 });
  });
});

/** Skips the test where no disk can be mounted. */
function diskOr(skip: (note: string) => never): SmallDisk {
  return disk ?? skip('no disk of its own');
}

interface Image {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly bytes: Buffer;
}

function newImage(size = 8_192): Image {
  const rows = Math.ceil(Math.sqrt(size / 2));
  const ids = {
    studyInstanceUid: random.uid(),
    seriesInstanceUid: random.uid(),
    sopInstanceUid: random.uid(),
  };
  return makeNativeImage(ids, { rows, columns: rows, pixels: Buffer.alloc(rows * rows * 2, 7) });
}

function push({ bytes }: Image): Promise<StoreAnswer> {
  return pushBytes(bytes);
}

function pushBytes(bytes: Buffer): Promise<StoreAnswer> {
  return store(archive.url, bytes, { 'Content-Type': 'application/dicom' });
}

async function pushChunked({ bytes }: Image, type: string) {
  const { contentType, body } =
    type === 'application/dicom' ? { contentType: type, body: bytes } : encodeMultipart([bytes]);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < body.length; at += 65_536) controller.enqueue(body.subarray(at, at + 65_536));
      controller.close();
    },
  });
  const answer = await fetch(`${archive.url}/dicom-web/studies`, {
    method: 'POST',
    headers: { 'Content-Type': contentType },
    body: stream,
    duplex: 'half',
  });
  await answer.arrayBuffer();
  return { status: answer.status, retryAfter: answer.headers.get('retry-after') };
}

function isUnavailable({ status, retryAfter }: Pick<StoreAnswer, 'status' | 'retryAfter'>): boolean {
  return status === 503 && Number(retryAfter) > 0;
}

function originalOf({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }: Image): string {
  return `/originals/${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}`;
}

async function read(image: Image): Promise<Buffer> {
  const { status, body } = await get(`${archive.url}${originalOf(image)}`);
  if (status !== 200) throw new Error(`reading was answered ${status}`);
  return body;
}

async function untilChecks(expected: Readonly<Record<string, string | RegExp>>): Promise<void> {
  await until(`/readyz tells ${JSON.stringify(expected)}`, async () => {
    const { status, body } = await get(`${archive.url}/readyz`);
    const { checks } = JSON.parse(body.toString('utf8')) as { checks: Record<string, string> };
    return (
      status === 503 &&
      Object.entries(expected).every(([name, result]) =>
        typeof result === 'string' ? checks[name] === result : result.test(checks[name] ?? ''),
      )
    );
  });
}

/** Ready again, and whoever comes again is told of success; what was acknowledged is there; nothing is left over. */
async function expectRecovered(images: readonly Image[]): Promise<void> {
  await until('ready again', async () => (await get(`${archive.url}/readyz`)).status === 200);
  for (const image of images) {
    await until('stored', async () => (await push(image)).status === 200);
    expect((await read(image)).equals(image.bytes)).toBe(true);
  }
  await expectNothingLeft();
  expect(archive.hasEnded()).toBe(false);
}

/** No reserved byte, no spool file, no open file, nothing in quarantine. */
async function expectNothingLeft(): Promise<void> {
  await until('no spool file is left', async () => (await spoolFiles(dataFolder)).length === 0);
  await until(
    'no byte is reserved',
    async () => (await metricOf(archive.url, 'store_in_flight_bytes')) === 0,
  );
  await until('no file is open', async () => (await openFilesIn(dataFolder, archive.pid)).length === 0);
  const { rows } = await database.database.query({ text: 'select 1 from quarantine' });
  expect(rows).toEqual([]);
}

/** Keeps everybody from writing to a table. */
async function lockTable(table: string): Promise<{ release: () => Promise<void> }> {
  const [taken, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const transaction = database.database.inTransaction(async (client) => {
    await client.query({ text: `lock table ${table} in exclusive mode` });
    taken.resolve();
    await released.promise;
  });
  await taken.promise;
  return {
    release: async () => {
      released.resolve();
      await transaction;
    },
  };
}

/** Of the running process. */
async function limitHandles(count: number): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', String(archive.pid), `--nofile=${count}:`]);
}

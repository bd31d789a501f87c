import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import { createTestDatabase, type TestDatabase } from '@sandyq/database/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeNativeImage } from '../../support/made-instances.ts';
import { decodeMultipart, encodeMultipart } from '../../support/multipart.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { FloorIndex } from './floor-index.ts';
import { FloorServer } from './floor-server.ts';
import { startFloor } from './start-floor.ts';

const random = new SeededRandom(26_001);
let folder: string;
let database: TestDatabase;
let floor: FloorServer;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandyq-floor-test-'));
  await mkdir(join(folder, 'static'));
  database = await createTestDatabase();
  const { connectionString } = database;
  const index = await FloorIndex.open(connectionString);
  await index.create();
  await index.close();
  floor = await FloorServer.open({ connectionString, folder });
  await new Promise<void>((resolve) => floor.server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(floor.server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await floor.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

function makeInstance() {
  const [studyInstanceUid, seriesInstanceUid, sopInstanceUid] = [random.uid(), random.uid(), random.uid()];
  const pixels = random.bytes(64 * 64 * 2);
  const ids = { studyInstanceUid, seriesInstanceUid, sopInstanceUid };
  const { bytes } = makeNativeImage(ids, { rows: 64, columns: 64, pixels });
  return { sopInstanceUid, bytes: Buffer.from(bytes), pixels: Buffer.from(pixels) };
}

async function store(base: string, push: string, bodies: readonly Uint8Array[]): Promise<unknown> {
  const { contentType, body } = encodeMultipart(bodies);
  const headers = { 'content-type': contentType };
  const answer = await fetch(`${base}/store/${push}`, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  });
  expect(answer.status).toBe(200);
  return answer.json();
}

async function partsOf(path: string, base = url): Promise<Buffer[]> {
  const answer = await fetch(`${base}${path}`);
  const body = Buffer.from(await answer.arrayBuffer());
  expect(answer.status, body.toString('utf8', 0, 200)).toBe(200);
  expect(answer.headers.get('content-length')).toBe(String(body.length));
  return decodeMultipart(answer.headers.get('content-type') ?? '', body).map((part) => part.body);
}

it('stores a request as one file and one row for an instance, with the digests of its bytes, and names them', async () => {
  const instances = [makeInstance(), makeInstance(), makeInstance()];
  const before = new Set(await readdir(folder));
  const answer = await store(
    url,
    'one',
    instances.map(({ bytes }) => bytes),
  );
  const items = instances.map(({ sopInstanceUid }) => ({
    '00081155': { vr: 'UI', Value: [sopInstanceUid] },
  }));
  expect(answer).toEqual({ '00081199': { vr: 'SQ', Value: items } });

  const files = (await readdir(folder)).filter((name) => !before.has(name));
  expect(files).toHaveLength(1);
  const [segment = ''] = files;
  expect(await readFile(join(folder, segment))).toEqual(Buffer.concat(instances.map(({ bytes }) => bytes)));

  const index = await FloorIndex.open(database.connectionString);
  const rows = await index.list('one');
  await index.close();
  let offset = 0;
  const expected = instances.map(({ sopInstanceUid, bytes }) => {
    const sha256 = createHash('sha256').update(bytes).digest();
    offset += bytes.length;
    const place = { segment, offset: offset - bytes.length, length: bytes.length };
    return { sopInstanceUid, push: 'one', ...place, sha256, crc32: crc32(bytes) };
  });
  expect(rows).toEqual(expected);
});

it('commits requests that come together, each whole', async () => {
  const instances = Array.from({ length: 24 }, makeInstance);
  await Promise.all(instances.map(({ bytes }) => store(url, 'together', [bytes])));
  const stored = await partsOf('/study/together');
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  expect(stored.map(digest).toSorted()).toEqual(instances.map(({ bytes }) => digest(bytes)).toSorted());
});

it('answers an instance, a range of it, and refuses what lies outside', async () => {
  const { sopInstanceUid, bytes, pixels } = makeInstance();
  await store(url, 'read', [makeInstance().bytes, bytes]);
  expect(await partsOf(`/instance/${sopInstanceUid}`)).toEqual([bytes]);
  const offset = bytes.length - pixels.length;
  expect(await partsOf(`/frame/${sopInstanceUid}/${offset}/${pixels.length}`)).toEqual([pixels]);
  expect((await fetch(`${url}/frame/${sopInstanceUid}/${offset + 1}/${pixels.length}`)).status).toBe(500);
  expect((await fetch(`${url}/instance/1.2.3`)).status).toBe(500);
});

it('never sends damaged bytes', async () => {
  const { sopInstanceUid, bytes } = makeInstance();
  await store(url, 'damaged', [bytes]);
  const index = await FloorIndex.open(database.connectionString);
  const segment = (await index.find(sopInstanceUid))?.segment ?? '';
  await index.close();
  await partsOf(`/frame/${sopInstanceUid}/0/1000`);
  const damaged = Buffer.from(bytes);
  damaged.writeUInt8(damaged.readUInt8(500) ^ 1, 500);
  await writeFile(join(folder, segment), damaged);
  expect((await fetch(`${url}/instance/${sopInstanceUid}`)).status).toBe(500);
  expect((await fetch(`${url}/frame/${sopInstanceUid}/0/1000`)).status).toBe(500);
});

it('refuses a body that breaks off, and no row of it is left', async () => {
  const { sopInstanceUid, bytes } = makeInstance();
  const { contentType, body } = encodeMultipart([bytes]);
  const cut = new Uint8Array(body.subarray(0, body.length - 20));
  const headers = { 'content-type': contentType };
  const answer = await fetch(`${url}/store/cut`, { method: 'POST', headers, body: cut });
  expect([answer.status, await answer.text()]).toEqual([500, 'the body has no end']);
  expect((await fetch(`${url}/instance/${sopInstanceUid}`)).status).toBe(500);
});

it('answers bytes as they were put, plainly and through Express', async () => {
  const text = JSON.stringify([{ '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Смағұл' }] } }]);
  const headers = { 'content-type': 'application/dicom+json', 'content-encoding': 'gzip' };
  const put = await fetch(`${url}/static/series.json`, { method: 'PUT', headers, body: gzipSync(text) });
  expect(put.status).toBe(204);
  for (const route of ['static', 'express']) {
    const answer = await fetch(`${url}/${route}/series.json`);
    expect([answer.status, await answer.text()]).toEqual([200, text]);
    expect(answer.headers.get('content-type')).toMatch(/^application\/dicom\+json/);
    expect(answer.headers.get('content-encoding')).toBe('gzip');
  }
});

it('runs as processes of its own that share what was stored, and leaves nothing', async () => {
  const empty = await mkdtemp(join(folder, 'tmp-'));
  process.env['TMPDIR'] = empty;
  const own = await startFloor({ processes: 2 });
  const { sopInstanceUid, bytes } = makeInstance();
  try {
    await store(own.url, 'shared', [bytes]);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => partsOf(`/instance/${sopInstanceUid}`, own.url)),
    );
    expect(answers).toEqual(Array.from({ length: 8 }, () => [bytes]));
  } finally {
    await own.stop();
  }
  expect(() => process.kill(own.pid, 0)).toThrow('ESRCH');
  expect(await readdir(empty)).toEqual([]);
});

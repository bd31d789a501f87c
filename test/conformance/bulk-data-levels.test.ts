/** Bulkdata and Pixel Data resources of studies, series and instances (PS3.18 §10.4.1.1.5, §10.4.1.1.6, §10.4.3.3.5, §10.4.3.3.6). */
import { createHash, randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { DicomJson } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, getJson, getParts, storeAll } from '../support/dicomweb.ts';
import { makeEncapsulatedImage, makeNativeImage, makePdf, makeWaveform } from '../support/made-instances.ts';
import { decodeMultipart } from '../support/multipart.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const STUDY = '2.10.4';
const ids = (instance: number, series = 1) => ({
  studyInstanceUid: STUDY,
  seriesInstanceUid: `${STUDY}.${series}`,
  sopInstanceUid: `${STUDY}.${series}.${instance}`,
});
const pixels = randomBytes(64 * 64 * 2);
const document = randomBytes(30_000);
const samples = randomBytes(40_000);
const fragments = [randomBytes(3_000), randomBytes(500)];

const OCTETS = 'multipart/related; type="application/octet-stream"';
const AS_STORED = 'multipart/related; type="*/*"; transfer-syntax=*';

let archive: TestArchive;
let study: string;

beforeAll(async () => {
  archive = await startArchive();
  study = `${archive.url}/dicom-web/studies/${STUDY}`;
  await storeAll(archive.url, [
    makeNativeImage(ids(1), { rows: 64, columns: 64, pixels }).bytes,
    makePdf(ids(2), document).bytes,
    makeWaveform(ids(1, 2), samples).bytes,
    makeEncapsulatedImage(ids(1, 3), { rows: 8, columns: 8, fragments }).bytes,
  ]);
});
afterAll(() => archive?.stop());

const url = (path: string) => `${study}${path === '' ? '' : `/series/${path}`}`;

/** Every BulkDataURI of the metadata, in the order of the answer. */
function urisOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === 'BulkDataURI' ? [String(member)] : urisOf(member),
  );
}

async function urisOfMetadata(resource: string): Promise<string[]> {
  return urisOf(await getJson<DicomJson[]>(`${resource}/metadata`));
}

describe('bulkdata', () => {
  it('of a study: each value under the URI that its metadata have, compressed pixel data one part a frame', async () => {
    const parts = await getParts(`${study}/bulkdata`, AS_STORED);
    expect(parts.map((part) => part.body)).toEqual([pixels, document, samples, ...fragments]);
    const uris = await urisOfMetadata(study);
    expect(uris).toHaveLength(4);
    expect(parts.map((part) => part.headers.get('content-location'))).toEqual([...uris, uris[3]]);
    expect(parts.map((part) => part.headers.get('content-type'))).toEqual([
      'application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1',
      'application/octet-stream',
      'application/octet-stream',
      'image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50',
      'image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50',
    ]);
  });

  it('of a series and of an instance', async () => {
    expect((await getParts(`${url(`${STUDY}.2`)}/bulkdata`, OCTETS)).map(({ body }) => body)).toEqual([
      samples,
    ]);
    const instance = url(`${STUDY}.1/instances/${STUDY}.1.2`);
    const parts = await getParts(`${instance}/bulkdata`, OCTETS);
    expect(parts.map(({ body }) => body)).toEqual([document]);
    const [location] = parts.map(({ headers }) => headers.get('content-location') ?? '');
    expect((await get(location ?? '', { Accept: 'application/octet-stream' })).body).toEqual(document);
  });

  it('pixel data that can not be sent as asked are left out: 206 with a Warning, without a tag', async () => {
    // The fragments are no JPEG. The second time that is known beforehand.
    for (const attempt of [1, 2]) {
      const accept = { Accept: `${OCTETS}; transfer-syntax=1.2.840.10008.1.2.1` };
      const { status, headers, body } = await get(`${study}/bulkdata`, accept);
      expect([attempt, status]).toEqual([attempt, 206]);
      expect(headers.get('warning')).toMatch(/pixel data of 1 instances are left out/);
      expect(headers.get('etag')).toBeNull();
      const parts = decodeMultipart(headers.get('content-type') ?? '', body);
      expect(parts.map((part) => part.body)).toEqual([pixels, document, samples]);
      expect((await get(`${url(`${STUDY}.3`)}/pixeldata`, accept)).status).toBe(406);
    }
  });

  it('406 where nothing can be sent as asked, 404 where there is none', async () => {
    const series = url(`${STUDY}.2`);
    expect((await get(`${series}/bulkdata`, { Accept: 'multipart/related; type="image/jp2"' })).status).toBe(
      406,
    );
    expect((await get(`${series}/bulkdata`, { Accept: 'application/octet-stream' })).status).toBe(406);
    expect((await get(`${archive.url}/dicom-web/studies/1.2.3/bulkdata`, { Accept: OCTETS })).status).toBe(
      404,
    );
    expect((await get(`${url(`${STUDY}.1/instances/${STUDY}.9`)}/bulkdata`)).status).toBe(404);
    expect((await get(`${series}/pixeldata`, { Accept: OCTETS })).status).toBe(404);
  });

  it('has a tag that If-None-Match knows; another Accept gives another one', async () => {
    const stored = await get(`${study}/bulkdata`, { Accept: AS_STORED });
    const tag = stored.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[0-9a-f]{32}"$/);
    const again = await get(`${study}/bulkdata`, { Accept: AS_STORED, 'If-None-Match': tag });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    const instance = url(`${STUDY}.1/instances/${STUDY}.1.1`);
    const [one, other] = await Promise.all(
      [OCTETS, 'multipart/related; type="image/jls"'].map((accept) =>
        get(`${instance}/pixeldata`, { Accept: accept }),
      ),
    );
    expect([one?.status, other?.status]).toEqual([200, 200]);
    expect(one?.headers.get('etag')).not.toBe(other?.headers.get('etag'));
  });

  it('is what a study asked for as octet streams is (§10.4.4)', async () => {
    for (const path of ['', `${STUDY}.1`, `${STUDY}.1/instances/${STUDY}.1.2`]) {
      const asBulk = await get(url(path), { Accept: AS_STORED.replace('*/*', 'application/octet-stream') });
      const bulk = await get(`${url(path)}/bulkdata`, {
        Accept: AS_STORED.replace('*/*', 'application/octet-stream'),
      });
      expect(asBulk.status).toBe(200);
      expect(sha256(asBulk.body)).toBe(sha256(bulk.body));
    }
  });
});

describe('pixeldata', () => {
  it('of each level is the pixel data alone', async () => {
    const parts = await getParts(`${study}/pixeldata`, AS_STORED);
    expect(parts.map(({ body }) => body)).toEqual([pixels, ...fragments]);
    expect((await getParts(`${url(`${STUDY}.3`)}/pixeldata`, AS_STORED)).map(({ body }) => body)).toEqual(
      fragments,
    );
    const instance = url(`${STUDY}.1/instances/${STUDY}.1.1`);
    const [only] = await getParts(`${instance}/pixeldata`, OCTETS);
    expect(only?.body).toEqual(pixels);
    expect(only?.headers.get('content-location')).toBe(`${instance}/bulkdata/7FE00010`);
  });
});

describe('instances that are deflated', () => {
  it('have their bulk data inflated, by the paths of their metadata', async () => {
    const plain = makePdf({ ...ids(1, 9), studyInstanceUid: '2.10.5' }, document).bytes;
    const metaEnd = 132 + 12 + plain.readUInt32LE(140);
    const meta = Buffer.from(plain.subarray(0, metaEnd).toString('latin1'), 'latin1');
    const from = Buffer.from('1.2.840.10008.1.2.1\0', 'latin1');
    const at = meta.indexOf(from);
    // Two characters longer: "1.2.840.10008.1.2.1.99".
    const relabelled = Buffer.concat([
      meta.subarray(0, at - 2),
      Buffer.from([22, 0]),
      Buffer.from('1.2.840.10008.1.2.1.99', 'latin1'),
      meta.subarray(at + from.length),
    ]);
    relabelled.writeUInt32LE(relabelled.readUInt32LE(140) + 2, 140);
    await storeAll(archive.url, [Buffer.concat([relabelled, deflateRawSync(plain.subarray(metaEnd))])]);
    const parts = await getParts(`${archive.url}/dicom-web/studies/2.10.5/bulkdata`, OCTETS);
    expect(parts.map(({ body }) => body)).toEqual([document]);
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

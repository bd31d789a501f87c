/** What every resource does over HTTP (PS3.18 §8, RFC 9110, RFC 9112): methods, conditions, codings. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, storeAll } from '../support/dicomweb.ts';
import { makeNativeImage, makePdf } from '../support/made-instances.ts';
import { exchangeOnWire, headOf } from '../support/raw-http.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const STUDY = '2.8.1';
const SERIES = `${STUDY}.1`;
const ids = (instance: number) => ({
  studyInstanceUid: STUDY,
  seriesInstanceUid: SERIES,
  sopInstanceUid: `${SERIES}.${instance}`,
});
const document = randomBytes(20_000);

let archive: TestArchive;
let study: string;
let value: string;
let resources: readonly (readonly [path: string, accept: string])[];

beforeAll(async () => {
  archive = await startArchive();
  study = `${archive.url}/dicom-web/studies/${STUDY}`;
  const instance = `${study}/series/${SERIES}/instances/${SERIES}`;
  value = `${instance}.2/bulkdata/00420011`;
  await storeAll(archive.url, [
    makeNativeImage(ids(1), { rows: 64, columns: 64, pixels: randomBytes(8_192) }).bytes,
    makePdf(ids(2), document).bytes,
  ]);
  resources = [
    [study, 'multipart/related; type="application/dicom"'],
    [study, 'application/zip'],
    [`${instance}.1`, 'application/dicom'],
    [`${study}/metadata`, 'application/dicom+json'],
    [`${instance}.1/metadata`, 'application/dicom+json'],
    [`${study}/bulkdata`, 'multipart/related; type="application/octet-stream"'],
    [`${instance}.1/pixeldata`, 'multipart/related; type="application/octet-stream"'],
    [`${instance}.1/frames/1`, 'application/octet-stream'],
    [value, 'application/octet-stream'],
    [`${archive.url}/originals/${STUDY}/${SERIES}/${SERIES}.1`, '*/*'],
  ];
});
afterAll(() => archive?.stop());

const wire = (text: string) => exchangeOnWire(archive.url, text);
const head = headOf;

describe('methods', () => {
  it('HEAD is what GET is, without a body', async () => {
    for (const [url, accept] of resources) {
      const got = await get(url, { Accept: accept });
      const answer = await fetch(url, { method: 'HEAD', headers: { Accept: accept } });
      expect([url, answer.status]).toEqual([url, 200]);
      expect(await answer.text()).toBe('');
      for (const name of [
        'content-type',
        'etag',
        'content-location',
        'cache-control',
        'vary',
        'accept-ranges',
      ]) {
        expect([url, name, answer.headers.get(name)]).toEqual([url, name, got.headers.get(name)]);
      }
    }
  });

  it('deletion is not offered: 405 with Allow, as for any other method', async () => {
    for (const [url] of resources) {
      for (const method of ['DELETE', 'PUT', 'PATCH']) {
        const { status, headers } = await fetch(url, { method });
        expect([method, url, status]).toEqual([method, url, 405]);
        expect(headers.get('allow')).toMatch(/^GET, (POST, )?HEAD, OPTIONS$/);
      }
    }
  });

  it('OPTIONS says what there is, also of the whole server', async () => {
    const answer = await fetch(study, { method: 'OPTIONS' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'GET, POST, HEAD, OPTIONS']);
    expect(await wire(head('OPTIONS * HTTP/1.1', 'Host: localhost', 'Connection: close'))).toMatch(
      /^HTTP\/1\.1 204 .*\r\nAllow: /s,
    );
  });
});

describe('conditions (RFC 9110 §13)', () => {
  it('If-None-Match: a list, weak tags and * give 304 with the tag', async () => {
    for (const [url, accept] of resources) {
      const { headers } = await get(url, { Accept: accept });
      const tag = headers.get('etag') ?? '';
      for (const condition of [tag, `"other", W/${tag}`, '*']) {
        const {
          status,
          headers: kept,
          body,
        } = await get(url, { Accept: accept, 'If-None-Match': condition });
        expect([url, condition, status, kept.get('etag'), body.length]).toEqual([
          url,
          condition,
          304,
          tag,
          0,
        ]);
      }
      expect((await get(url, { Accept: accept, 'If-None-Match': '"other"' })).status).toBe(200);
    }
  });

  it('If-Match: another tag, or a weak one, is 412', async () => {
    const { headers } = await get(value);
    const tag = headers.get('etag') ?? '';
    expect((await get(value, { 'If-Match': `"a", ${tag}` })).status).toBe(200);
    expect((await get(value, { 'If-Match': '*' })).status).toBe(200);
    for (const condition of ['"other"', `W/${tag}`]) {
      const { status, body } = await get(value, { 'If-Match': condition });
      expect([status, JSON.parse(body.toString())]).toMatchObject([412, { error: 'precondition-failed' }]);
    }
  });

  it('Range: one range is 206, none of the bytes 416, several the whole; If-Range decides; HEAD has none', async () => {
    const octets = { Accept: 'application/octet-stream' };
    const part = await get(value, { ...octets, Range: 'bytes=10-19' });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe('bytes 10-19/20000');
    expect(part.body).toEqual(document.subarray(10, 20));
    const tag = part.headers.get('etag') ?? '';
    expect((await get(value, { ...octets, Range: 'bytes=-5' })).body).toEqual(document.subarray(-5));
    expect((await get(value, { ...octets, Range: 'bytes=10-19', 'If-Range': tag })).status).toBe(206);
    expect((await get(value, { ...octets, Range: 'bytes=10-19', 'If-Range': '"other"' })).status).toBe(200);
    expect((await get(value, { ...octets, Range: 'bytes=0-1,5-6' })).body).toEqual(document);
    const beyond = await get(value, { ...octets, Range: 'bytes=20000-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */20000']);
    const headed = await fetch(value, { method: 'HEAD', headers: { ...octets, Range: 'bytes=10-19' } });
    expect([headed.status, headed.headers.get('content-length')]).toEqual([200, '20000']);
  });
});

describe('codings and Vary', () => {
  it('search answers are compressed; pixels are not; all say what they depend on', async () => {
    for (let copy = 10; copy < 16; copy += 1) {
      const other = { ...ids(1), studyInstanceUid: `2.8.${copy}`, sopInstanceUid: `2.8.${copy}.1` };
      await storeAll(archive.url, [
        makeNativeImage(other, { rows: 1, columns: 1, pixels: randomBytes(2) }).bytes,
      ]);
    }
    const { port } = new URL(archive.url);
    const answer = await wire(
      head(
        'GET /dicom-web/studies HTTP/1.1',
        `Host: localhost:${port}`,
        'Accept-Encoding: gzip',
        'Connection: close',
      ),
    );
    expect(answer).toMatch(/\r\nContent-Encoding: gzip\r\n/);
    expect(answer).toMatch(/\r\nVary: .*Accept, Accept-Encoding\r\n/);
    const pixels = await get(`${study}/series/${SERIES}/instances/${SERIES}.1/frames/1`, {
      Accept: 'application/octet-stream',
    });
    expect(pixels.headers.get('content-encoding')).toBeNull();
    expect(pixels.headers.get('vary')).toMatch(/Accept/);
  });

  it('Content-Location names the resource that the answer represents (Table 8.4.2-1)', async () => {
    for (const [url, accept] of resources.filter(([path]) => path.includes('/dicom-web/'))) {
      expect((await get(url, { Accept: accept })).headers.get('content-location')).toBe(url);
    }
    const search = await get(`${archive.url}/dicom-web/studies?PatientName=A*`);
    expect(search.headers.get('content-location')).toBeNull();
  });

  it('charset: utf-8 is fine, what answers are not written in is 400, Accept-Charset is a wish (§8.8)', async () => {
    expect((await get(`${study}/metadata?charset=utf-8`)).status).toBe(200);
    const refused = await get(`${study}/metadata?charset=iso-8859-5`);
    expect([refused.status, refused.body.toString()]).toEqual([400, expect.stringContaining('charset')]);
    expect((await get(`${study}/metadata`, { 'Accept-Charset': 'iso-8859-5' })).status).toBe(200);
  });
});

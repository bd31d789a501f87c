/** What retrieval promises beside the right bytes: caching, ranges, partial answers, refusals, order. */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, getParts, storeAll, storeMany } from '../support/dicomweb.ts';
import {
  type InstanceIds,
  makeEncapsulatedImage,
  makeNativeImage,
  makePdf,
  makeWaveform,
} from '../support/made-instances.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const part10 = 'multipart/related; type="application/dicom"';
const asStored = `${part10}; transfer-syntax=*`;
const octets = 'multipart/related; type="application/octet-stream"';

const ids = (series: number, instance: number): InstanceIds => ({
  studyInstanceUid: '2.1.1',
  seriesInstanceUid: `2.1.1.${series}`,
  sopInstanceUid: `2.1.1.${series}.${instance}`,
});

const pixels = (bytes: number) => randomBytes(bytes);
const ct = [3, 1, 2].map((number) =>
  makeNativeImage(ids(1, number), { rows: 8, columns: 8, pixels: pixels(128) }, { instanceNumber: number }),
);
const cine = makeNativeImage(ids(2, 1), { rows: 16, columns: 16, frames: 10, pixels: pixels(5120) });
const jpegFrames = [pixels(300), pixels(301), pixels(500)];
const jpeg = makeEncapsulatedImage(ids(3, 1), { rows: 8, columns: 8, fragments: jpegFrames });
const document = pixels(200_000);
const pdf = makePdf(ids(4, 1), document);
const samples = pixels(4_000);
const ecg = makeWaveform(ids(5, 1), samples);
/** Losslessly compressed, as far as its label goes. */
const rle = relabelled(
  makeEncapsulatedImage(ids(6, 1), { rows: 8, columns: 8, fragments: [pixels(100)] }).bytes,
  '1.2.840.10008.1.2.4.50',
  '1.2.840.10008.1.2.4.80',
);

describe('retrieval', () => {
  let archive: TestArchive;
  let studies: string;
  const seriesUrl = (series: number) => `${studies}/2.1.1/series/2.1.1.${series}`;
  const url = (series: number, instance: number) =>
    `${seriesUrl(series)}/instances/2.1.1.${series}.${instance}`;

  beforeAll(async () => {
    archive = await startArchive();
    studies = `${archive.url}/dicom-web/studies`;
    const made = [...ct, cine, jpeg, pdf, ecg].map(({ bytes }) => bytes);
    await storeAll(archive.url, [...made, rle]);
  });
  afterAll(() => archive?.stop());

  describe('of studies, series and instances', () => {
    it('sends a series in the order of its instance numbers, the same each time', async () => {
      const parts = await getParts(seriesUrl(1), part10);
      const expected = [1, 2, 3].map((number) =>
        ct.find(({ sopInstanceUid }) => sopInstanceUid.endsWith(`.${number}`)),
      );
      expect(parts.map(({ body }) => body)).toEqual(expected.map((instance) => instance?.bytes));
      expect(parts.map(({ headers }) => headers.get('content-location'))).toEqual(
        [1, 2, 3].map((n) => url(1, n)),
      );
      const [first, second] = [
        await get(seriesUrl(1), { Accept: part10 }),
        await get(seriesUrl(1), { Accept: part10 }),
      ];
      expect(first.body.equals(second.body)).toBe(true);
      expect(first.headers.get('etag')).toBe(second.headers.get('etag'));
    });

    it('sends what can be converted of a study, says that it is not all, and all of it as stored', async () => {
      const partial = await get(`${studies}/2.1.1`, { Accept: part10 });
      expect(partial.status).toBe(206);
      expect(partial.headers.get('warning')).toMatch(/^299 http:.*: 1 of 8 instances are left out/);
      expect(partial.headers.get('etag')).toBeNull();
      expect(partial.headers.get('cache-control')).toBe('no-store');
      expect(await getParts(`${studies}/2.1.1`, asStored)).toHaveLength(8);
    });

    it('answers 406 where nothing can be sent, and says why', async () => {
      for (const resource of [
        seriesUrl(6),
        url(6, 1),
        `${url(6, 1)}/frames/1`,
        `${url(6, 1)}/bulkdata/7FE00010`,
      ]) {
        const { status, body } = await get(resource, { Accept: '*/*' });
        expect([resource, status]).toEqual([resource, 406]);
        expect(body.toString()).toContain('the code stream of a stored frame is damaged');
        expect(body.toString()).toContain('transfer-syntax=*');
      }
      const unknown = { Accept: 'text/csv' };
      for (const resource of [
        seriesUrl(1),
        url(1, 1),
        `${url(1, 1)}/metadata`,
        `${url(4, 1)}/bulkdata/00420011`,
      ]) {
        expect([resource, (await get(resource, unknown)).status]).toEqual([resource, 406]);
      }
    });

    it('takes the accept parameter before the header', async () => {
      const { headers } = await get(`${url(1, 1)}?accept=application/dicom`, { Accept: part10 });
      expect(headers.get('content-type')).toBe('application/dicom; transfer-syntax=1.2.840.10008.1.2.1');
    });

    it('answers 404 to what is not there and 400 to what can not be', async () => {
      for (const path of [
        '2.9',
        '2.1.1/series/2.9',
        '2.1.1/series/2.1.1.1/instances/2.1.1.2.1',
        '2.9/metadata',
      ]) {
        expect([path, (await get(`${studies}/${path}`)).status]).toEqual([path, 404]);
      }
      for (const path of ['2.1.1/series/a%20b', '1'.repeat(65), '2.1.1/metadata?accept=%22']) {
        expect([path, (await get(`${studies}/${path}`)).status]).toEqual([path, 400]);
      }
    });

    it('answers HEAD with the headers of GET', async () => {
      const head = await fetch(url(1, 1), { method: 'HEAD', headers: { Accept: part10 } });
      const { headers, body } = await get(url(1, 1), { Accept: part10 });
      expect(head.headers.get('content-length')).toBe(String(body.length));
      expect(head.headers.get('etag')).toBe(headers.get('etag'));
    });
  });

  describe('of frames', () => {
    it('sends frames in the order of the list, as often as they are named', async () => {
      const frame = (number: number) => cine.bytes.subarray(-5120).subarray((number - 1) * 512, number * 512);
      const numbers = [9, 1, 2, 3, 2, 10];
      const parts = await getParts(`${url(2, 1)}/frames/${numbers.join(',')}`, octets);
      expect(parts.map(({ body }) => body)).toEqual(numbers.map(frame));
      expect(parts[0]?.headers.get('content-location')).toBe(`${url(2, 1)}/frames/9`);
      const { headers, body } = await get(`${url(2, 1)}/frames/4`, { Accept: 'application/octet-stream' });
      expect(body.equals(frame(4))).toBe(true);
      expect(headers.get('content-type')).toBe(
        'application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1',
      );
    });

    it('sends compressed frames under their media type', async () => {
      const padded = jpegFrames.map((frame) => Buffer.concat([frame, Buffer.alloc(frame.length % 2)]));
      const parts = await getParts(`${url(3, 1)}/frames/3,1`, 'multipart/related; type="image/jpeg"');
      expect(parts.map(({ body }) => body)).toEqual([padded[2], padded[0]]);
      expect(parts[0]?.headers.get('content-type')).toBe(
        'image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50',
      );
      const { headers, body } = await get(`${url(3, 1)}/frames/2`, { Accept: 'image/jpeg' });
      expect(headers.get('content-type')).toBe('image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50');
      expect(body).toEqual(padded[1]);
    });

    it('names the frame that is not there', async () => {
      const { status, body } = await get(`${url(2, 1)}/frames/1,11,12`, { Accept: octets });
      expect([status, body.toString()]).toEqual([404, expect.stringContaining('no frame 11: it has 10')]);
      expect((await get(`${url(4, 1)}/frames/1`, { Accept: octets })).status).toBe(404);
      for (const list of ['0', '1,,2', 'a', '-1']) {
        expect([list, (await get(`${url(2, 1)}/frames/${list}`)).status]).toEqual([list, 400]);
      }
      const several = await get(`${url(2, 1)}/frames/1,2`, { Accept: 'application/octet-stream' });
      expect(several.status).toBe(406);
    });

    it('lets clients keep them', async () => {
      const { headers } = await get(`${url(2, 1)}/frames/1`, { Accept: octets });
      expect(headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
      const again = await get(`${url(2, 1)}/frames/1`, {
        Accept: octets,
        'If-None-Match': headers.get('etag') ?? '',
      });
      expect(again.status).toBe(304);
      const other = await get(`${url(2, 1)}/frames/2`, {
        Accept: octets,
        'If-None-Match': headers.get('etag') ?? '',
      });
      expect(other.status).toBe(200);
    });
  });

  describe('of bulk data', () => {
    it('sends values at top level and in sequences, alone and as a part', async () => {
      const { status, headers, body } = await get(`${url(4, 1)}/bulkdata/00420011`, { Accept: '*/*' });
      expect([status, headers.get('cache-control')]).toEqual([200, 'private, no-cache']);
      expect(headers.get('content-type')).toMatch(/^multipart\/related; type="application\/octet-stream"/);
      expect(body.includes(document)).toBe(true);
      const [part] = await getParts(`${url(5, 1)}/bulkdata/54000100/1/54001010`, octets);
      expect(part?.body.equals(samples)).toBe(true);
    });

    it('sends the pixel data, compressed ones a part a frame', async () => {
      const native = await get(`${url(2, 1)}/bulkdata/7FE00010`, { Accept: 'application/octet-stream' });
      expect(native.body.equals(cine.bytes.subarray(-5120))).toBe(true);
      expect(native.headers.get('cache-control')).toMatch(/immutable$/);
      const frames = await getParts(`${url(3, 1)}/bulkdata/7FE00010`, 'multipart/related; type="image/jpeg"');
      expect(frames.map(({ body }) => body.length)).toEqual([300, 302, 500]);
      expect(frames[1]?.headers.get('content-location')).toBe(`${url(3, 1)}/frames/2`);
    });

    it('sends ranges', async () => {
      const range = (value: string, more = {}) =>
        get(`${url(4, 1)}/bulkdata/00420011`, { Accept: 'application/octet-stream', Range: value, ...more });
      const middle = await range('bytes=100000-149999');
      expect([middle.status, middle.headers.get('content-range')]).toEqual([
        206,
        'bytes 100000-149999/200000',
      ]);
      expect(middle.body.equals(document.subarray(100_000, 150_000))).toBe(true);
      const tag = middle.headers.get('etag') ?? '';
      expect((await range('bytes=-1', { 'If-Range': tag })).body).toEqual(document.subarray(-1));
      expect((await range('bytes=-1', { 'If-Range': '"other"' })).status).toBe(200);
      const beyond = await range('bytes=200000-');
      expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */200000']);
    });

    it('answers 404 to values that are not there or stand in the metadata, 400 to what is no path', async () => {
      for (const path of ['00420012', '00100010', '7FE00008', '54000100/1/54001010', '00420011/1/00420011']) {
        expect([path, (await get(`${url(4, 1)}/bulkdata/${path}`)).status]).toEqual([path, 404]);
      }
      expect((await get(`${url(2, 1)}/bulkdata/7FE00008`)).status).toBe(404);
      expect((await get(`${url(2, 1)}/bulkdata/pixels`)).status).toBe(400);
    });
  });

  describe('of originals', () => {
    const original = () => `${archive.url}/originals/2.1.1/2.1.1.4/2.1.1.4.1`;

    it('sends ranges with the digest of the whole', async () => {
      const { status, headers, body } = await get(original(), { Range: 'bytes=10-19' });
      expect(status).toBe(206);
      expect(body).toEqual(pdf.bytes.subarray(10, 20));
      const digest = createHash('sha256').update(pdf.bytes).digest('base64');
      expect(headers.get('repr-digest')).toBe(`sha-256=:${digest}:`);
      expect(headers.get('content-range')).toBe(`bytes 10-19/${pdf.bytes.length}`);
      expect((await get(original(), { Range: `bytes=${pdf.bytes.length}-` })).status).toBe(416);
    });

    it('says when a correction is proposed', async () => {
      expect((await get(original())).headers.get('sandyq-correction')).toBeNull();
      const corrected = makePdf(ids(4, 1), document, { patientName: 'Сынақ^Айгерім' });
      const { verdicts } = await storeMany(archive.url, [corrected.bytes]);
      expect(verdicts[0]).toMatchObject({ kind: 'stored', reason: 'proposed-correction' });
      const { headers, body } = await get(original());
      expect(headers.get('sandyq-correction')).toBe('proposed');
      expect(body.equals(pdf.bytes)).toBe(true);
    });
  });
});

/** The same file under another transfer syntax, whose UID is as long. */
function relabelled(bytes: Buffer, from: string, to: string): Buffer {
  const at = bytes.indexOf(from);
  const copy = Buffer.from(bytes);
  copy.write(to, at, 'latin1');
  return copy;
}

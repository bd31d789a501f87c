/** The Store transaction (PS3.18 §10.5) as a client sees it: bodies, statuses, one verdict a part, JSON and XML. */
import { randomBytes } from 'node:crypto';
import { type DicomJson, Tags } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  get,
  getJson,
  itemsOf,
  mustStore,
  originalUrl,
  storeMany,
  storeOne,
  textOf,
} from '../support/dicomweb.ts';
import { encodeMultipart } from '../support/multipart.ts';
import { type RawElement, rawInstance } from '../support/raw-instance.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

let archive: TestArchive;
let studies: string;

beforeAll(async () => {
  archive = await startArchive();
  studies = `${archive.url}/dicom-web/studies`;
});
afterAll(() => archive?.stop());

function ids(study: number, series = 1, instance = 1) {
  const studyInstanceUid = `2.25.3.${study}`;
  const seriesInstanceUid = `${studyInstanceUid}.${series}`;
  return { studyInstanceUid, seriesInstanceUid, sopInstanceUid: `${seriesInstanceUid}.${instance}` };
}

/** A small image; other pixels each time. */
function image(identity: ReturnType<typeof ids>, more: readonly RawElement[] = []): Buffer {
  return rawInstance(identity, [
    [Tags.Modality, 'CS', 'CT'],
    [Tags.PatientID, 'LO', 'P1'],
    [Tags.SamplesPerPixel, 'US', Buffer.of(1, 0)],
    [Tags.Rows, 'US', Buffer.of(16, 0)],
    [Tags.Columns, 'US', Buffer.of(16, 0)],
    [Tags.BitsAllocated, 'US', Buffer.of(16, 0)],
    [Tags.PixelData, 'OW', randomBytes(512)],
    ...more,
  ]);
}

async function post(
  url: string,
  body: Uint8Array | ReadableStream<Uint8Array>,
  headers: Record<string, string>,
): Promise<{ status: number; text: string; contentType: string | null }> {
  const isStream = body instanceof ReadableStream;
  const answer = await fetch(url, {
    method: 'POST',
    headers,
    body: isStream ? body : new Uint8Array(body),
    ...(isStream && { duplex: 'half' }),
  });
  return {
    status: answer.status,
    text: await answer.text(),
    contentType: answer.headers.get('content-type'),
  };
}

/** One verdict for each kind and reason, counted. */
function tally(verdicts: Awaited<ReturnType<typeof storeMany>>['verdicts']): Record<string, number> {
  const groups = Map.groupBy(verdicts, ({ kind, reason = 'plain' }) => `${kind} ${reason}`);
  return Object.fromEntries([...groups].map(([key, members]) => [key, members.length]));
}

describe('bodies', () => {
  it('are multipart/related or a single application/dicom; anything else is 415', async () => {
    expect(await storeOne(archive.url, image(ids(1)))).toMatchObject({ status: 200, kind: 'stored' });
    expect(await storeOne(archive.url, image(ids(2)), { single: true })).toMatchObject({
      status: 200,
      kind: 'stored',
    });
    for (const type of [
      'application/octet-stream',
      'text/plain',
      'multipart/form-data; boundary=x',
      'nonsense',
    ]) {
      expect([type, (await post(studies, image(ids(3)), { 'Content-Type': type })).status]).toEqual([
        type,
        415,
      ]);
    }
  });

  it('may have text before and after the parts, a quoted boundary, odd header cases, and come in pieces of one byte', async () => {
    const bytes = image(ids(4));
    const body = Buffer.concat([
      Buffer.from(
        'This is a preamble.\r\n--"b:1"x\r\n--b:1  \r\ncontent-TYPE:application/dicom\r\nX-Other: 1\r\n\r\n',
      ),
      bytes,
      Buffer.from('\r\n--b:1--\r\nThis is an epilogue.'),
    ]);
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of body) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const type = 'Multipart/Related; TYPE="application/dicom"; boundary="b:1"';
    expect(await post(studies, stream, { 'Content-Type': type })).toMatchObject({ status: 200 });
    const { body: received } = await get(`${archive.url}/originals/2.25.3.4/2.25.3.4.1/2.25.3.4.1.1`);
    expect(received.equals(bytes)).toBe(true);
  });

  it('that break off store what came whole, and say that the rest is missing', async () => {
    const whole = image(ids(5));
    const { contentType, body } = encodeMultipart([whole, image(ids(5, 1, 2))]);
    const { status } = await post(studies, body.subarray(0, body.length - 300), {
      'Content-Type': contentType,
    });
    expect(status).toBe(202);
    expect((await get(`${studies}/2.25.3.5/series/2.25.3.5.1/instances`)).status).toBe(200);
    const found = await getJson<DicomJson[]>(`${studies}/2.25.3.5/instances`);
    expect(found.map((one) => textOf(one['00080018']))).toEqual([ids(5).sopInstanceUid]);
  });

  it('without any part are a bad request', async () => {
    const { contentType } = encodeMultipart([]);
    const boundary = /boundary=(\S+)/.exec(contentType)?.[1] ?? '';
    const { status } = await post(studies, Buffer.from(`--${boundary}--\r\n`), {
      'Content-Type': contentType,
    });
    expect(status).toBe(400);
  });
});

describe('verdicts', () => {
  it('are one for each part: 200 for all stored, 202 for some, the status of the failure for none', async () => {
    const good = [image(ids(10)), image(ids(10, 1, 2))];
    const bad = Buffer.from('no DICOM file');
    expect(await storeMany(archive.url, good)).toMatchObject({ status: 200 });
    const mixed = await storeMany(archive.url, [bad, image(ids(10, 1, 3)), bad, image(ids(10, 2, 1))]);
    expect([mixed.status, tally(mixed.verdicts)]).toEqual([
      202,
      { 'stored plain': 2, 'failed not-dicom': 2 },
    ]);
    const none = await storeMany(archive.url, [bad, bad]);
    expect([none.status, tally(none.verdicts)]).toEqual([400, { 'failed not-dicom': 2 }]);
  });

  it('name study and instances with their addresses, in JSON and in XML', async () => {
    const { contentType, body } = encodeMultipart([image(ids(11)), Buffer.from('no DICOM file')]);
    const json = await post(studies, body, { 'Content-Type': contentType, Accept: 'application/dicom+json' });
    expect([json.status, json.contentType]).toEqual([202, 'application/dicom+json']);
    const answer = JSON.parse(json.text) as DicomJson;
    expect(textOf(answer['00081190'])).toBe(`${studies}/2.25.3.11`);
    const [item] = itemsOf(answer['00081199']);
    expect(textOf(item?.['00081150'])).toBe('1.2.840.10008.5.1.4.1.1.2');
    expect(textOf(item?.['00081155'])).toBe(ids(11).sopInstanceUid);
    expect(textOf(item?.['00081190'])).toBe(
      `${studies}/2.25.3.11/series/2.25.3.11.1/instances/2.25.3.11.1.1`,
    );
    const xml = await post(studies, body, { 'Content-Type': contentType, Accept: 'application/dicom+xml' });
    expect([xml.status, xml.contentType]).toEqual([202, 'application/dicom+xml']);
    expect(xml.text).toContain('keyword="ReferencedSOPSequence"');
    expect(xml.text).toContain(ids(11).sopInstanceUid);
    const refused = await post(studies, body, { 'Content-Type': contentType, Accept: 'image/png' });
    expect(refused.status).toBe(406);
  });

  it('refuse instances of another study than that of the path, and only these', async () => {
    const { contentType, body } = encodeMultipart([image(ids(12)), image(ids(13))]);
    const { status, text } = await post(`${studies}/2.25.3.12`, body, { 'Content-Type': contentType });
    const answer = JSON.parse(text) as DicomJson;
    expect(status).toBe(202);
    expect(itemsOf(answer['00081199']).map((item) => textOf(item['00081155']))).toEqual([
      ids(12).sopInstanceUid,
    ]);
    const [failed] = itemsOf(answer['00081198']);
    expect([textOf(failed?.['00081155']), failed?.['00081197']?.Value]).toEqual([
      ids(13).sopInstanceUid,
      [0xa901],
    ]);
    expect((await get(`${studies}/2.25.3.13/series`)).status).toBe(204);
  });

  it('on the same instance twice in one request are success twice, and it is there once', async () => {
    const bytes = image(ids(14));
    const { status, verdicts } = await storeMany(archive.url, [bytes, bytes]);
    expect([status, tally(verdicts)]).toEqual([200, { 'stored plain': 2 }]);
    expect(await getJson<DicomJson[]>(`${studies}/2.25.3.14/instances`)).toHaveLength(1);
    expect((await get(originalUrl(verdicts[0]?.retrieveUrl ?? ''))).body.equals(bytes)).toBe(true);
  });

  it('on two contents under one UID in one request are success and 0111H, and both are kept', async () => {
    const contents = [image(ids(15)), image(ids(15))];
    const { status, verdicts } = await storeMany(archive.url, contents);
    expect([status, tally(verdicts)]).toEqual([
      202,
      { 'stored plain': 1, 'failed duplicate-sop-instance': 1 },
    ]);
    const { body } = await get(`${archive.url}/originals/2.25.3.15/2.25.3.15.1/2.25.3.15.1.1`);
    expect(body.equals(contents[0] ?? Buffer.alloc(0))).toBe(true);
    const kept = await archive.archive.database.query<{ segment_id: string | null; entry_length: number }>({
      text: 'select segment_id, entry_length from quarantine where sop_instance_uid = $1',
      values: [ids(15).sopInstanceUid],
    });
    expect(kept.rows).toEqual([{ segment_id: expect.any(String), entry_length: contents[1]?.length }]);
    expect(await storeMany(archive.url, contents)).toMatchObject({
      status: 202,
      verdicts: verdicts.map(({ kind, reason }) => ({ kind, reason })),
    });
  });

  it('on changed patient data are a warning and a proposal; the stored attributes stay', async () => {
    const pixels: RawElement = [Tags.PixelData, 'OW', randomBytes(512)];
    await mustStore(archive.url, image(ids(16), [pixels, [Tags.PatientSex, 'CS', 'F']]));
    const changed = image(ids(16), [pixels, [Tags.PatientSex, 'CS', 'M']]);
    expect(await storeOne(archive.url, changed)).toMatchObject({
      status: 202,
      kind: 'stored',
      reason: 'proposed-correction',
    });
    const [study] = await getJson<DicomJson[]>(`${studies}?StudyInstanceUID=2.25.3.16`);
    expect(textOf(study?.['00100040'])).toBe('F');
  });

  it('on another patient in a known study are a warning, and nobody sees the instance', async () => {
    await mustStore(archive.url, image(ids(17)));
    const foreign = image(ids(17, 1, 2), [[Tags.PatientID, 'LO', 'P2']]);
    const verdict = await storeOne(archive.url, foreign);
    expect(verdict).toMatchObject({
      status: 202,
      kind: 'stored',
      reason: 'identity-conflict',
      retrieveUrl: undefined,
    });
    expect(await storeOne(archive.url, foreign)).toMatchObject({ status: 202, reason: 'identity-conflict' });
    const found = await getJson<DicomJson[]>(`${studies}/2.25.3.17/instances`);
    expect(found.map((one) => textOf(one['00080018']))).toEqual([ids(17).sopInstanceUid]);
    for (const path of ['', '/metadata']) {
      const url = `${studies}/2.25.3.17/series/2.25.3.17.1/instances/2.25.3.17.1.2${path}`;
      expect([path, (await get(url)).status]).toEqual([path, 404]);
    }
  });

  it('come for a request of more series than may be open at once', async () => {
    const many = Array.from({ length: 200 }, (_, index) => image(ids(18, (index % 100) + 1, index + 1)));
    const { status, verdicts } = await storeMany(archive.url, many);
    expect([status, tally(verdicts)]).toEqual([200, { 'stored plain': 200 }]);
    const series = await getJson<DicomJson[]>(`${studies}/2.25.3.18/series`);
    expect(series.map((one) => one['00201209']?.Value)).toEqual(Array.from({ length: 100 }, () => [2]));
  });
});

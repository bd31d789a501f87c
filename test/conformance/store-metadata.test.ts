/** The Store transaction by metadata and bulk data (PS3.18 §10.5.1.4, §10.5.2): what is composed, what is kept, what is refused. */
import { randomBytes } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { type DicomJson, readPart10 } from '@sandyq/dicom';
import { dicomJsonToXml } from '@sandyq/dicomweb';
import { entryReference, openSegment, readEntry } from '@sandyq/storage';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, getJson, originalUrl, store } from '../support/dicomweb.ts';
import { metadataIds as ids, imageMetadata as image } from '../support/metadata-image.ts';
import {
  bulkPart,
  jsonPart,
  type RequestPart,
  type WrittenBody,
  writeParts,
  xmlPart,
} from '../support/metadata-store.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

let archive: TestArchive;

beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive?.stop());

function send(parts: readonly RequestPart[], written?: WrittenBody, headers: Record<string, string> = {}) {
  const { contentType, body } = writeParts(parts, written);
  return store(archive.url, body, { 'Content-Type': contentType, ...headers });
}

/** The archive's own reading of a stored instance. */
async function storedFile(url: string | undefined) {
  const { status, body } = await get(originalUrl(url ?? ''));
  if (status !== 200) throw new Error(`${status} for the original of ${url}`);
  return { bytes: body, file: readPart10(body) };
}

async function count(table: string): Promise<number> {
  const { rows } = await archive.archive.database.query<{ n: number }>({
    name: `count-${table}`,
    text: `select count(*)::int as n from ${table}`,
    values: [],
  });
  return rows[0]?.n ?? -1;
}

const xmlOf = (json: DicomJson): RequestPart => xmlPart(dicomJsonToXml(json));

describe('an instance of metadata and bulk data', () => {
  it('is stored as Explicit VR Little Endian, in UTF-8; the same again is known and leaves nothing behind', async () => {
    const pixels = randomBytes(512);
    const metadata = image(ids(1), { '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Әбіл^Қ' }] } });
    const parts = [jsonPart([metadata]), bulkPart('pixels', pixels)];
    const answer = await send(parts);
    expect(answer).toMatchObject({ status: 200, verdicts: [{ kind: 'stored', reason: undefined }] });
    const url = answer.verdicts[0]?.retrieveUrl ?? '';
    expect((await storedFile(url)).file.transferSyntax.uid).toBe('1.2.840.10008.1.2.1');
    expect(await getJson(`${url}/metadata`)).toMatchObject([
      { '00080005': { Value: ['ISO_IR 192'] }, '00100010': { Value: [{ Alphabetic: 'Әбіл^Қ' }] } },
    ]);
    const frame = await get(`${url}/frames/1`, { Accept: 'application/octet-stream' });
    expect(frame.body.equals(pixels)).toBe(true);
    const before = await count('segment');
    expect(await send(parts)).toMatchObject({ status: 200, verdicts: [{ reason: undefined }] });
    expect(await send([xmlOf(metadata), bulkPart('pixels', pixels)])).toMatchObject({ status: 200 });
    expect(await count('segment')).toBe(before);
  });

  it('keeps the received parts bit for bit in its segment', async () => {
    const pixels = randomBytes(512);
    const body = ` [ ${JSON.stringify(image(ids(2)))} ]\n`;
    const json = { headers: { 'content-TYPE': 'application/dicom+json; charset=utf-8' }, body };
    await send([json, bulkPart('pixels', pixels)]);
    const { store: objects } = archive.archive;
    for await (const { key } of objects.list('v1/')) {
      const { receipt } = await openSegment(objects, key);
      if (receipt.studyInstanceUid !== ids(2).studyInstanceUid) continue;
      expect(receipt.entries.map(({ role, received }) => [role, received])).toEqual([
        ['part10', undefined],
        ['received', { contentType: 'application/dicom+json; charset=utf-8' }],
        ['received', { contentType: 'application/octet-stream', contentLocation: 'pixels' }],
      ]);
      const bytes = receipt.entries.map(async (entry) => {
        const chunks = [];
        for await (const chunk of readEntry(objects, entryReference(key, entry))) chunks.push(chunk);
        return Buffer.concat(chunks);
      });
      const [, metadata, bulk] = await Promise.all(bytes);
      expect(metadata?.toString()).toBe(body);
      expect(bulk?.equals(pixels)).toBe(true);
      return;
    }
    throw new Error('the segment was not found');
  });

  it('may come in any order, with absolute and relative locations, several sharing one part', async () => {
    const pixels = randomBytes(512);
    const absolute = `${archive.url}/dicom-web/studies/x/pixels`;
    const sets = [
      image(ids(3), { '7FE00010': { vr: 'OW', BulkDataURI: absolute } }),
      image(ids(3, 2), { '7FE00010': { vr: 'OW', BulkDataURI: '/dicom-web/studies/x/pixels' } }),
      image(ids(4, 1, 2), { '7FE00010': { vr: 'OW', InlineBinary: pixels.toString('base64') } }),
    ];
    const answer = await send([bulkPart('./studies/x/pixels', pixels), jsonPart(sets)]);
    expect([answer.status, answer.verdicts.length]).toEqual([200, 3]);
    for (const { retrieveUrl } of answer.verdicts) {
      const frame = await get(`${retrieveUrl}/frames/1`, { Accept: 'application/octet-stream' });
      expect(frame.body.equals(pixels)).toBe(true);
    }
  });

  it('of nothing but metadata may come as one part, or without multipart', async () => {
    const { '7FE00010': _pixels, ...report } = image(ids(5));
    for (const [type, body] of [
      ['application/dicom+json', JSON.stringify([report])],
      ['application/dicom+json', JSON.stringify(report)],
      ['application/dicom+xml', dicomJsonToXml(report)],
    ] as const) {
      const answer = await store(archive.url, Buffer.from(body), { 'Content-Type': type });
      expect([type, answer.status]).toEqual([type, 200]);
    }
    expect((await send([xmlOf(report)], { parameters: 'type=application/dicom+xml' })).status).toBe(200);
  });

  it('with compressed pixel data is encapsulated as it came, one fragment a frame', async () => {
    const frames = [Buffer.from('ffd8ffd9', 'hex'), Buffer.from('ffd8ffd9ff', 'hex')];
    const metadata = image(ids(6), { '00280008': { vr: 'IS', Value: [2] } });
    const type = 'image/jls; transfer-syntax=1.2.840.10008.1.2.4.80';
    const answer = await send([
      jsonPart([metadata]),
      ...frames.map((frame) => bulkPart('pixels', frame, type)),
    ]);
    expect(answer.status).toBe(200);
    const { bytes, file } = await storedFile(answer.verdicts[0]?.retrieveUrl);
    expect(file.transferSyntax.uid).toBe('1.2.840.10008.1.2.4.80');
    const fragments = file.pixelData?.kind === 'encapsulated' ? file.pixelData.fragments : [];
    expect(fragments.map(({ offset, length }) => bytes.toString('hex', offset, offset + length))).toEqual([
      'ffd8ffd9',
      'ffd8ffd9ff00',
    ]);
    const numbered = [2, 1].map((number) =>
      bulkPart(`pixels/frames/${number}`, frames[number - 1] ?? Buffer.of(), type),
    );
    expect(await send([jsonPart([metadata]), ...numbered])).toMatchObject({ status: 200 });
  });

  it('is described by its code stream where the metadata leave the Image Pixel attributes out', async () => {
    const {
      '00280002': _s,
      '00280004': _p,
      '00280010': _r,
      '00280011': _c,
      '00280100': _b,
      ...bare
    } = image(ids(7));
    const jpeg = await sharp({ create: { width: 24, height: 17, channels: 3, background: '#c08040' } })
      .jpeg()
      .toBuffer();
    const answer = await send([jsonPart([bare]), bulkPart('pixels', jpeg, 'image/jpeg')]);
    expect(answer.status).toBe(200);
    expect((await storedFile(answer.verdicts[0]?.retrieveUrl)).file.transferSyntax.uid).toBe(
      '1.2.840.10008.1.2.4.50',
    );
    expect(await getJson(`${answer.verdicts[0]?.retrieveUrl}/metadata`)).toMatchObject([
      {
        '00280002': { Value: [3] },
        '00280004': { Value: ['YBR_FULL_422'] },
        '00280010': { Value: [17] },
        '00280011': { Value: [24] },
        '00280100': { Value: [8] },
        '00280101': { Value: [8] },
      },
    ]);
  });
});

describe('a body', () => {
  it('may be compressed, with LF, a preamble, any boundary and unquoted parameters', async () => {
    const pixels = randomBytes(512);
    const boundary = "a'()+_,-./:=? z";
    const written = { boundary, lineBreak: '\n', preamble: 'preamble\n', epilogue: 'epilogue' } as const;
    const { contentType, body } = writeParts(
      [jsonPart([image(ids(30))]), bulkPart('pixels', pixels)],
      written,
    );
    const coded = {
      gzip: gzipSync(body),
      deflate: deflateSync(body),
      'x-gzip': gzipSync(body),
      identity: body,
    };
    for (const [coding, bytes] of Object.entries(coded)) {
      const headers = { 'Content-Type': contentType, 'Content-Encoding': coding };
      expect([coding, (await store(archive.url, bytes, headers)).status]).toEqual([coding, 200]);
    }
    expect(
      await store(archive.url, body, { 'Content-Type': contentType, 'Content-Encoding': 'gzip' }),
    ).toMatchObject({
      status: 400,
    });
    const refused = await fetch(`${archive.url}/dicom-web/studies`, {
      method: 'POST',
      headers: { 'Content-Type': contentType, 'Content-Encoding': 'br' },
      body: new Uint8Array(body),
    });
    expect([refused.status, refused.headers.get('accept-encoding')]).toEqual([
      415,
      'gzip, deflate, identity',
    ]);
  });

  it('is answered with the place of what was created', async () => {
    const { contentType, body } = writeParts([
      jsonPart([image(ids(31))]),
      bulkPart('pixels', randomBytes(512)),
    ]);
    const answer = await fetch(`${archive.url}/dicom-web/studies?unknown=1`, {
      method: 'POST',
      headers: { 'Content-Type': contentType },
      body: new Uint8Array(body),
    });
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = ids(31);
    const url = `${archive.url}/dicom-web/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`;
    expect([answer.status, answer.headers.get('location'), answer.headers.get('content-location')]).toEqual([
      200,
      url,
      url,
    ]);
  });
});

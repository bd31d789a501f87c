/** PS3.18 §10.5: the Store transaction, with Annex I. Each check stores instances of its own. */
import { gzipSync } from 'node:zlib';
import { type DicomJson, readPart10, Tags } from '@sandyq/dicom';
import { expect } from 'vitest';
import { itemsOf, textOf } from '../../support/dicomweb.ts';
import { encodeMultipart } from '../../support/multipart.ts';
import { rawInstance } from '../../support/raw-instance.ts';
import type { Answered } from './ask.ts';
import { type Check, check } from './check.ts';
import type { Subject } from './subject.ts';

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';
const DICOM = 'application/dicom';
let lastStudy = 0;

/** A study that no other check has. */
function freshIds(): { studyInstanceUid: string; seriesInstanceUid: string; sopInstanceUid: string } {
  lastStudy += 1;
  const studyInstanceUid = `2.25.18.${lastStudy}`;
  return {
    studyInstanceUid,
    seriesInstanceUid: `${studyInstanceUid}.1`,
    sopInstanceUid: `${studyInstanceUid}.1.1`,
  };
}

function file(ids = freshIds()): Buffer {
  return rawInstance(ids, [
    [Tags.PatientID, 'LO', 'P18'],
    [Tags.Modality, 'CS', 'OT'],
  ]);
}

const storedOf = (answer: Answered): DicomJson[] => itemsOf((answer.json() as DicomJson)['00081199']);
const failedOf = (answer: Answered): DicomJson[] => itemsOf((answer.json() as DicomJson)['00081198']);

/** A part of multipart/related with its headers. */
interface Part {
  readonly type: string;
  readonly location?: string;
  readonly body: Uint8Array | string;
}

function multipart(type: string, parts: readonly Part[]): { headers: Record<string, string>; body: Buffer } {
  const boundary = '----a boundary';
  const pieces = parts.flatMap(({ type: partType, location, body }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Type: ${partType}\r\n${location === undefined ? '' : `Content-Location: ${location}\r\n`}\r\n`,
    ),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
  return {
    headers: { 'Content-Type': `multipart/related; type="${type}"; boundary="${boundary}"` },
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

/** An image of `size × size` in the DICOM JSON Model, its pixel data elsewhere. */
function jsonImage(size: number, bits: number, more: DicomJson = {}): DicomJson & { readonly ids?: never } {
  const ids = freshIds();
  const us = (value: number) => ({ vr: 'US' as const, Value: [value] });
  return {
    '00080016': { vr: 'UI', Value: [SECONDARY_CAPTURE] },
    '00080018': { vr: 'UI', Value: [ids.sopInstanceUid] },
    '00080060': { vr: 'CS', Value: ['OT'] },
    '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Сынақ^Айгүл' }] },
    '00100020': { vr: 'LO', Value: ['P18'] },
    '0020000D': { vr: 'UI', Value: [ids.studyInstanceUid] },
    '0020000E': { vr: 'UI', Value: [ids.seriesInstanceUid] },
    ...(bits > 0 && {
      '00280002': us(1),
      '00280004': { vr: 'CS' as const, Value: ['MONOCHROME2'] },
      '00280010': us(size),
      '00280011': us(size),
      '00280100': us(bits),
      '00280101': us(bits),
      '00280102': us(bits - 1),
      '00280103': us(0),
    }),
    ...more,
  };
}

async function storeJson(subject: Subject, dataSet: DicomJson, bulk: readonly Part[]): Promise<Answered> {
  const { headers, body } = multipart('application/dicom+json', [
    { type: 'application/dicom+json', body: JSON.stringify([dataSet]) },
    ...bulk,
  ]);
  return subject.store(body, headers);
}

/** The stored file as the archive sends it. */
async function retrieved({ ask }: Subject, answer: Answered, syntax = '*'): Promise<Buffer> {
  expect(answer.status, answer.text().slice(0, 600)).toBe(200);
  const { pathname } = new URL(textOf(storedOf(answer)[0]?.['00081190']) ?? '');
  const file = await ask(pathname, { headers: { Accept: `${DICOM}; transfer-syntax=${syntax}` } });
  expect(file.status, file.text().slice(0, 300)).toBe(200);
  return file.body;
}

const pixelReference = (uri: string): DicomJson => ({ '7FE00010': { vr: 'OW', BulkDataURI: uri } });

export const storeChecks: readonly Check[] = [
  check('store-resources', async ({ store }) => {
    const ids = freshIds();
    expect((await store(file(ids), { 'Content-Type': DICOM })).status).toBe(200);
    const other = { ...ids, sopInstanceUid: `${ids.sopInstanceUid}.2` };
    expect(
      (await store(file(other), { 'Content-Type': DICOM }, `/studies/${ids.studyInstanceUid}`)).status,
    ).toBe(200);
  }),
  check('store-instances', async ({ store, ask, url }) => {
    const { contentType, body } = encodeMultipart([file(), file()]);
    const answer = await store(body, { 'Content-Type': contentType });
    expect([answer.status, answer.mediaType]).toEqual([200, 'application/dicom+json']);
    expect(Number(answer.headers['content-length'])).toBe(answer.body.length);
    expect(answer.json() as DicomJson).toHaveProperty('00081190');
    const items = storedOf(answer);
    expect(items).toHaveLength(2);
    for (const item of items) {
      expect([textOf(item['00081150']), textOf(item['00081155'])?.startsWith('2.25.18.')]).toEqual([
        '1.2.840.10008.5.1.4.1.1.2',
        true,
      ]);
      expect(textOf(item['00081190'])?.startsWith(url)).toBe(true);
      expect((await ask(new URL(textOf(item['00081190']) ?? '').pathname)).status).toBe(200);
    }
  }),
  check('store-headers', async ({ store }) => {
    const zipped = gzipSync(file());
    const answer = await store(zipped, { 'Content-Type': DICOM, 'Content-Encoding': 'gzip' });
    expect([answer.status, storedOf(answer).length]).toEqual([200, 1]);
    const plain = await store(file(), { 'Content-Type': 'APPLICATION/DICOM; charset=utf-8' });
    expect(plain.status).toBe(200);
  }),
  check('store-empty', async ({ store }) => {
    for (const [type, body] of [
      [DICOM, ''],
      ['multipart/related; type="application/dicom"; boundary=b', ''],
      ['multipart/related; type="application/dicom"; boundary=b', '--b--\r\n'],
      ['multipart/related; type="application/dicom"', 'x'],
      ['application/dicom+json', '{'],
    ] as const) {
      const { status } = await store(Buffer.from(body), { 'Content-Type': type });
      // A Content-Type that lacks its boundary is as well one that is not supported.
      expect([type, body, status]).toEqual([
        type,
        body,
        type.endsWith('dicom"') && status === 415 ? 415 : 400,
      ]);
    }
  }),
  check('store-study-mismatch', async ({ store }) => {
    const [wanted, other] = [freshIds(), freshIds()];
    const path = `/studies/${wanted.studyInstanceUid}`;
    const all = await store(file(other), { 'Content-Type': DICOM }, path);
    expect([all.status, failedOf(all).length]).toEqual([409, 1]);
    const { contentType, body } = encodeMultipart([file(wanted), file(other)]);
    const some = await store(body, { 'Content-Type': contentType }, path);
    expect([some.status, storedOf(some).length, failedOf(some).length]).toEqual([202, 1, 1]);
  }),
  check('store-statuses', async ({ store }) => {
    const good = file();
    const bad = Buffer.from('no DICOM at all, however one looks at it');
    const status = async (bodies: readonly Uint8Array[]): Promise<number> => {
      const { contentType, body } = encodeMultipart(bodies);
      return (await store(body, { 'Content-Type': contentType })).status;
    };
    expect(await status([good])).toBe(200);
    expect(await status([file(), bad])).toBe(202);
    // Bad syntax throughout.
    expect(await status([bad, bad])).toBe(400);
    const unheard = await store(good, { 'Content-Type': 'text/x-unheard-of' });
    expect(unheard.status).toBe(415);
    expect(unheard.text().length).toBeGreaterThan(10);
    const coded = await store(good, { 'Content-Type': DICOM, 'Content-Encoding': 'x-unheard-of' });
    expect(coded.status).toBe(415);
  }),
  check('store-location', async ({ store, url }) => {
    const ids = freshIds();
    const answer = await store(file(ids), { 'Content-Type': DICOM });
    expect(answer.status).toBe(200);
    for (const name of ['location', 'content-location']) {
      const place = new URL(String(answer.headers[name]), url).pathname;
      expect([name, place.startsWith(`/dicom-web/studies/${ids.studyInstanceUid}`)]).toEqual([name, true]);
    }
  }),
  check('store-media-types', async ({ store }) => {
    for (const accept of ['application/dicom+json', 'application/dicom+xml', '*/*']) {
      const answer = await store(file(), { 'Content-Type': DICOM, Accept: accept });
      expect([accept, answer.status, answer.mediaType]).toEqual([
        accept,
        200,
        accept === '*/*' ? 'application/dicom+json' : accept,
      ]);
    }
    const refused = await store(file(), { 'Content-Type': DICOM, Accept: 'text/x-unheard-of' });
    expect(refused.status).toBe(406);
  }),
  check('store-metadata', async (subject) => {
    const pixels = Buffer.from(Array.from({ length: 8 * 8 * 2 }, (_, index) => index));
    const octets = 'application/octet-stream';
    const json = await storeJson(subject, jsonImage(8, 16, pixelReference('bulk/1')), [
      { type: octets, location: 'bulk/1', body: pixels },
    ]);
    const stored = await retrieved(subject, json, '1.2.840.10008.1.2.1');
    expect(stored.includes(pixels)).toBe(true);
    expect(stored.includes(Buffer.from('Сынақ^Айгүл'))).toBe(true);
    const ids = freshIds();
    const attribute = (tag: string, vr: string, value: string): string =>
      `<DicomAttribute tag="${tag}" vr="${vr}"><Value number="1">${value}</Value></DicomAttribute>`;
    const xml = [
      '<?xml version="1.0" encoding="UTF-8"?><NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">',
      attribute('00080016', 'UI', '1.2.840.10008.5.1.4.1.1.66'),
      attribute('00080018', 'UI', ids.sopInstanceUid),
      attribute('00100020', 'LO', 'P18'),
      attribute('0020000D', 'UI', ids.studyInstanceUid),
      attribute('0020000E', 'UI', ids.seriesInstanceUid),
      '<DicomAttribute tag="00420011" vr="OB"><BulkData uri="bulk/2"/></DicomAttribute></NativeDicomModel>',
    ].join('');
    const { headers, body } = multipart('application/dicom+xml', [
      { type: 'application/dicom+xml', body: xml },
      { type: octets, location: 'bulk/2', body: pixels },
    ]);
    expect((await retrieved(subject, await subject.store(body, headers))).includes(pixels)).toBe(true);
  }),
  check('store-compressed-bulkdata', async (subject) => {
    const { cine } = subject.content;
    const frame = await subject.ask(`${cine.path}/frames/1`, {
      headers: { Accept: 'multipart/related; type="image/jpeg"' },
    });
    const jpeg = frame.parts()[0]?.body ?? Buffer.alloc(0);
    // The attributes of the Image Pixel Description Macro are left out: they follow from the code stream.
    const answer = await storeJson(subject, jsonImage(0, 0, pixelReference('bulk/jpeg')), [
      { type: 'image/jpeg', location: 'bulk/jpeg', body: jpeg },
    ]);
    const stored = await retrieved(subject, answer);
    expect(readPart10(stored).transferSyntax.uid).toBe('1.2.840.10008.1.2.4.50');
    expect(stored.includes(jpeg.subarray(0, jpeg.length - 1))).toBe(true);
    const { elements } = readPart10(stored).dataSet;
    for (const tag of [
      Tags.Rows,
      Tags.Columns,
      Tags.BitsAllocated,
      Tags.PhotometricInterpretation,
      Tags.SamplesPerPixel,
    ]) {
      expect(elements.has(tag)).toBe(true);
    }
  }),
  check('store-encapsulated-document', async (subject) => {
    const document = Buffer.from('%PDF-1.4 a document of some sort');
    const answer = await storeJson(
      subject,
      jsonImage(0, 0, {
        '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.104.1'] },
        '00420011': { vr: 'OB', BulkDataURI: 'bulk/pdf' },
        '00420012': { vr: 'LO', Value: ['application/pdf'] },
      }),
      [{ type: 'application/pdf', location: 'bulk/pdf', body: document }],
    );
    expect((await retrieved(subject, answer)).includes(document)).toBe(true);
  }),
];

/** Metadata and bulk data that do not fit together (PS3.18 §10.5.1.4): what is said of them, and where they are kept. */
import { randomBytes } from 'node:crypto';
import type { DicomJson } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itemsOf, store } from '../support/dicomweb.ts';
import { metadataIds as ids, imageMetadata as image } from '../support/metadata-image.ts';
import { bulkPart, jsonPart, type RequestPart, writeParts, xmlPart } from '../support/metadata-store.ts';
import { decodeMultipart } from '../support/multipart.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

let archive: TestArchive;

beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive?.stop());

function send(parts: readonly RequestPart[]) {
  const { contentType, body } = writeParts(parts);
  return store(archive.url, body, { 'Content-Type': contentType });
}

async function count(table: string): Promise<number> {
  const { rows } = await archive.archive.database.query<{ n: number }>({
    name: `count-${table}`,
    text: `select count(*)::int as n from ${table}`,
    values: [],
  });
  return rows[0]?.n ?? -1;
}

describe('what does not fit together', () => {
  const pixels = randomBytes(512);
  it.each<[string, number, string[], (n: number) => RequestPart[]]>([
    ['bulk data that are not sent', 409, ['bulk-data-missing'], (n) => [jsonPart([image(ids(n))])]],
    [
      'a part that nothing refers to',
      202,
      ['plain', 'bulk-data-unreferenced'],
      (n) => [jsonPart([image(ids(n))]), bulkPart('pixels', pixels), bulkPart('other', pixels)],
    ],
    [
      'two parts for one value',
      409,
      ['bulk-data-mismatch'],
      (n) => [jsonPart([image(ids(n))]), bulkPart('pixels', pixels), bulkPart('pixels', pixels)],
    ],
    [
      'a number of frames that is not that of the parts',
      409,
      ['bulk-data-mismatch'],
      (n) => [
        jsonPart([image(ids(n), { '00280008': { vr: 'IS', Value: ['3'] } })]),
        bulkPart('pixels', pixels, 'image/jls'),
      ],
    ],
    [
      'pixel data that are too short',
      409,
      ['pixel-data-too-short'],
      (n) => [jsonPart([image(ids(n))]), bulkPart('pixels', pixels.subarray(0, 100))],
    ],
    [
      'a transfer syntax that is none',
      409,
      ['transfer-syntax-not-supported'],
      (n) => [jsonPart([image(ids(n))]), bulkPart('pixels', pixels, 'image/jpeg; transfer-syntax=1.2.3')],
    ],
    [
      'a media type that is none of pixel data',
      415,
      ['unsupported-media-type'],
      (n) => [jsonPart([image(ids(n))]), bulkPart('pixels', pixels, 'image/tiff')],
    ],
    ['JSON that is none', 400, ['malformed'], () => [{ ...jsonPart([]), body: 'no JSON' }]],
    ['JSON that breaks off', 400, ['truncated'], () => [{ ...jsonPart([]), body: '[{"00080018":' }]],
    [
      'a value that its VR cannot have',
      400,
      ['malformed'],
      (n) => [
        jsonPart([image(ids(n), { '00280010': { vr: 'US', Value: ['many'] } })]),
        bulkPart('pixels', pixels),
      ],
    ],
    [
      'XML with a document type',
      400,
      ['malformed'],
      () => [xmlPart('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')],
    ],
    ['no UIDs', 409, ['missing-uid'], () => [jsonPart([{ '00080018': { vr: 'UI', Value: ['2.25.7.99'] } }])]],
    [
      'a nested multipart',
      202,
      ['plain', 'unsupported-media-type'],
      (n) => [
        jsonPart([image(ids(n))]),
        bulkPart('pixels', pixels),
        { headers: { 'Content-Type': 'multipart/mixed; boundary=x' }, body: '--x--' },
      ],
    ],
    [
      'a part in base64',
      409,
      ['bulk-data-missing', 'part-headers'],
      (n) => [
        jsonPart([image(ids(n))]),
        {
          headers: { ...bulkPart('pixels', pixels).headers, 'Content-Transfer-Encoding': 'base64' },
          body: pixels.toString('base64'),
        },
      ],
    ],
  ])('%s: %i', async (name, status, reasons, partsOf) => {
    const number = 100 + [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
    const answer = await send(partsOf(number));
    expect(answer.verdicts.map(({ reason }) => reason ?? 'plain').sort()).toEqual([...reasons].sort());
    expect(answer.status).toBe(status);
  });

  it('is kept in quarantine with its parts, which can be sent again; a repeat is counted', async () => {
    const metadata = jsonPart([
      image(ids(20)),
      image(ids(20, 2), { '7FE00010': { vr: 'OW', BulkDataURI: 'gone' } }),
    ]);
    const parts = [metadata, bulkPart('pixels', pixels)];
    const before = await count('quarantine');
    expect((await send(parts)).status).toBe(202);
    expect((await send(parts)).status).toBe(202);
    expect(await count('quarantine')).toBe(before + 1);
    const { rows } = await archive.archive.database.query<{ object_key: string; sop_instance_uid: string }>({
      name: 'last-refused',
      text: `select object_key, sop_instance_uid from quarantine where reason = 'bulk-data-missing'
        and sop_instance_uid = $1`,
      values: [ids(20, 2).sopInstanceUid],
    });
    const chunks = [];
    for await (const chunk of await archive.archive.store.read(rows[0]?.object_key ?? '')) chunks.push(chunk);
    const kept = Buffer.concat(chunks);
    const boundary = /^--(\S+)\r\n/.exec(kept.toString('latin1'))?.[1] ?? '';
    expect(decodeMultipart(`multipart/related; boundary=${boundary}`, kept)).toHaveLength(1);
    const again = await store(archive.url, kept, {
      'Content-Type': `multipart/related; type="application/dicom+json"; boundary=${boundary}`,
    });
    expect(again.verdicts.map(({ reason }) => reason)).toEqual(['bulk-data-missing']);
  });

  it('for one study holds for metadata too', async () => {
    const { contentType, body } = writeParts([jsonPart([image(ids(21))]), bulkPart('pixels', pixels)]);
    const answer = await fetch(`${archive.url}/dicom-web/studies/2.25.7.22`, {
      method: 'POST',
      headers: { 'Content-Type': contentType, Accept: 'application/dicom+json' },
      body,
    });
    expect(answer.status).toBe(409);
    const json = (await answer.json()) as DicomJson;
    expect(itemsOf(json['00081198'])).toMatchObject([
      { '00081155': { Value: [ids(21).sopInstanceUid] }, '00081197': { Value: [0xa901] } },
    ]);
  });

  it('of a body that breaks off leaves whole what is whole', async () => {
    const { contentType, body } = writeParts([
      jsonPart([image(ids(23)), image(ids(23, 2), { '7FE00010': { vr: 'OW', BulkDataURI: 'torn' } })]),
      bulkPart('pixels', pixels),
      bulkPart('torn', pixels),
    ]);
    const answer = await store(archive.url, body.subarray(0, body.length - 100), {
      'Content-Type': contentType,
    });
    expect(answer.status).toBe(202);
    expect(answer.verdicts.map(({ reason }) => reason ?? 'plain').sort()).toEqual([
      'plain',
      'truncated',
      'truncated',
    ]);
  });
});

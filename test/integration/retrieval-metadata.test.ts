/** Metadata of studies, series and instances: both models, tags, and what happens when the index has lost its copy. */
import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { DicomJson } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, getJson, getParts, storeAll, storeMany, textOf } from '../support/dicomweb.ts';
import { type InstanceIds, makeNativeImage } from '../support/made-instances.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const ids = (series: number, instance: number): InstanceIds => ({
  studyInstanceUid: '2.4.1',
  seriesInstanceUid: `2.4.1.${series}`,
  sopInstanceUid: `2.4.1.${series}.${instance}`,
});

const image = (series: number, instanceNumber: number, patientId = 'P-1') =>
  makeNativeImage(
    ids(series, instanceNumber),
    { rows: 8, columns: 8, pixels: randomBytes(128) },
    { instanceNumber, patientId },
  ).bytes;

describe('metadata', () => {
  let archive: TestArchive;
  let studies: string;
  const seriesUrl = (series: number) => `${studies}/2.4.1/series/2.4.1.${series}`;
  const url = (series: number, instance: number) =>
    `${seriesUrl(series)}/instances/2.4.1.${series}.${instance}`;

  beforeAll(async () => {
    archive = await startArchive();
    studies = `${archive.url}/dicom-web/studies`;
    await storeAll(archive.url, [image(2, 1), image(1, 3), image(1, 1), image(1, 2)]);
  });
  afterAll(() => archive?.stop());

  it('sends a study in JSON and in XML, compressed or not', async () => {
    const json = await getJson<DicomJson[]>(`${studies}/2.4.1/metadata`);
    expect(json.map((instance) => textOf(instance['00080018']))).toEqual([
      ...[1, 2, 3].map((number) => `2.4.1.1.${number}`),
      '2.4.1.2.1',
    ]);
    const plain = await getJson<DicomJson[]>(`${studies}/2.4.1/metadata`, {
      'Accept-Encoding': 'identity',
    });
    expect(plain).toEqual(json);
    const xml = await getParts(`${seriesUrl(1)}/metadata`, 'multipart/related; type="application/dicom+xml"');
    expect(xml.map(({ body }) => body.toString())).toEqual(
      [1, 2, 3].map((number) => expect.stringContaining(`<Value number="1">2.4.1.1.${number}</Value>`)),
    );
    expect(xml[0]?.body.toString()).toContain(`<BulkData uri="${url(1, 1)}/bulkdata/7FE00010"/>`);
    expect(xml[0]?.body.toString()).toContain('<FamilyName>Сынақ</FamilyName><GivenName>Айгүл</GivenName>');
  });

  it('answers 304 until an instance is added, and has another tag for each representation', async () => {
    const resource = `${seriesUrl(2)}/metadata`;
    const tagOf = async (headers: Record<string, string> = {}) =>
      (await get(resource, headers)).headers.get('etag') ?? '';
    const tag = await tagOf();
    const others = [
      await tagOf({ 'Accept-Encoding': 'identity' }),
      await tagOf({ Accept: 'multipart/related; type="application/dicom+xml"' }),
      (await get(`${studies}/2.4.1/metadata`)).headers.get('etag'),
    ];
    expect(new Set([tag, ...others]).size).toBe(4);
    const unchanged = await get(resource, { 'If-None-Match': `"other", ${tag}` });
    expect([unchanged.status, unchanged.body.length]).toEqual([304, 0]);
    expect(unchanged.headers.get('cache-control')).toBe('private, no-cache');
    expect(unchanged.headers.get('vary')).toBe('Accept, Accept-Encoding');
    await storeMany(archive.url, [image(2, 2)]);
    const changed = await get(resource, { 'If-None-Match': tag });
    expect(changed.status).toBe(200);
    expect(JSON.parse(changed.body.toString())).toHaveLength(2);
  });

  it('restores what the index has lost from the segments', async () => {
    // In XML: of the JSON a whole series is kept, and the pieces are not asked for.
    const inXml = async () => {
      const parts = await getParts(
        `${studies}/2.4.1/metadata`,
        'multipart/related; type="application/dicom+xml"',
      );
      return parts.map(({ body }) => body.toString());
    };
    const before = await inXml();
    const { database } = archive.testDatabase;
    await database.query({ text: `delete from instance_metadata where sop_instance_uid like '2.4.1.1.%'` });
    await database.query({
      text: `update instance_metadata set json_gzip = set_byte(json_gzip, 30, 255) where sop_instance_uid = '2.4.1.2.1'`,
    });
    expect(await inXml()).toEqual(before);
    const { rows } = await database.query<{ json_gzip: Buffer }>({
      text: `select json_gzip from instance_metadata where sop_instance_uid = any (array['2.4.1.1.2', '2.4.1.2.1'])`,
    });
    for (const { json_gzip } of rows) expect(gunzipSync(json_gzip).toString()).toMatch(/^\{"00080005"/);
    expect(rows).toHaveLength(2);
  });

  it('of a long series come whole and in order', async () => {
    const numbers = Array.from({ length: 300 }, (_, index) => index + 1);
    await storeAll(
      archive.url,
      numbers.map((number) => image(3, number)),
    );
    const json = await getJson<DicomJson[]>(`${seriesUrl(3)}/metadata`);
    expect(json.map((instance) => textOf(instance['00080018']))).toEqual(numbers.map((n) => `2.4.1.3.${n}`));
    expect(await getParts(seriesUrl(3), 'multipart/related; type="application/dicom"')).toHaveLength(300);
  });

  it('leave out what is held because its patient is another', async () => {
    const { verdicts } = await storeMany(archive.url, [image(1, 4, 'P-2')]);
    expect(verdicts[0]).toMatchObject({ kind: 'stored', reason: 'identity-conflict' });
    expect(await getJson(`${seriesUrl(1)}/metadata`)).toHaveLength(3);
    for (const resource of [url(1, 4), `${url(1, 4)}/metadata`, `${url(1, 4)}/frames/1`]) {
      expect([resource, (await get(resource)).status]).toEqual([resource, 404]);
    }
  });
});

/** The URI service (PS3.18 §9) as old clients know it. */
import { readPart10 } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, storeAll } from '../support/dicomweb.ts';
import { pixelAt, seePicture } from '../support/pictures.ts';
import {
  cineShades,
  instances,
  pdf,
  renderedInstances,
  size,
  storedValue,
} from '../support/rendered-instances.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
  await storeAll(archive.url, renderedInstances());
});
afterAll(() => archive?.stop());

function ask(name: keyof typeof instances, query = '', accept = '*/*') {
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = instances[name];
  const path = `studyUID=${studyInstanceUid}&seriesUID=${seriesInstanceUid}&objectUID=${sopInstanceUid}`;
  return get(`${archive.url}/wado?requestType=WADO&${path}${query}`, { Accept: accept });
}

async function typeOf(...request: Parameters<typeof ask>): Promise<string> {
  const { status, headers } = await ask(...request);
  return `${status} ${headers.get('content-type')}`;
}

async function pictureOf(...request: Parameters<typeof ask>) {
  const { status, body } = await ask(...request);
  if (status !== 200) throw new Error(`${status} ${body.toString()}`);
  return seePicture(body);
}

const dicom = (syntax = '1.2.840.10008.1.2.1') => `200 application/dicom; transfer-syntax=${syntax}`;

describe('WADO-URI', () => {
  it.each<[Parameters<typeof ask>, string]>([
    [['image'], '200 image/jpeg'],
    [['image', '&contentType=image/png'], '200 image/png'],
    [['image', '&contentType=image/jp2,image/gif'], '200 image/gif'],
    [['image', '', 'image/webp'], '200 image/webp'],
    [['image', '&contentType=application/dicom'], dicom()],
    [
      ['image', '&contentType=application%2Fdicom&transferSyntax=1.2.840.10008.1.2.4.80'],
      dicom('1.2.840.10008.1.2.4.80'),
    ],
    [['image', '', 'application/dicom'], dicom()],
    [['cine'], dicom()],
    [['cine', '&contentType=image/gif'], '200 image/gif'],
    [['cine', '&frameNumber=1'], '200 image/jpeg'],
    [['cine', '&rows=16'], '200 image/jpeg'],
    [['report'], dicom()],
    [['report', '&contentType=text/html'], '200 text/html; charset=utf-8'],
    [['document'], dicom()],
    [['document', '&contentType=application/pdf'], '200 application/pdf'],
    [['image', '&contentType=application/dicom', 'image/*'], '406 application/problem+json'],
    [['image', '&contentType=video/mpeg'], '406 application/problem+json'],
    [['report', '&contentType=image/jpeg'], '406 application/problem+json'],
    [
      ['image', '&contentType=application/dicom&transferSyntax=1.2.840.10008.1.2.2'],
      '406 application/problem+json',
    ],
    [['image', '&anonymize=yes'], '406 application/problem+json'],
    [['image', '&contentType=application/dicom&rows=5'], '400 application/problem+json'],
    [['image', '&frameNumber=1'], '400 application/problem+json'],
    [['image', '&frameNumber=2'], '400 application/problem+json'],
    [['image', '&presentationUID=1.2&presentationSeriesUID=1.3'], '400 application/problem+json'],
  ])('%j → %s', async (request, expected) => {
    expect(await typeOf(...request)).toBe(expected);
  });

  it('sends DICOM that is whole, and documents as they are', async () => {
    const { body } = await ask('image', '&contentType=application/dicom');
    const { dataSet, pixelData } = readPart10(body);
    expect(dataSet.elements.size).toBeGreaterThan(10);
    expect(pixelData?.length).toBe(size.columns * size.rows);
    expect((await ask('document', '&contentType=application/pdf')).body.equals(pdf)).toBe(true);
  });

  it('shows frames, regions, windows and sizes', async () => {
    for (const [index, shade] of cineShades.entries()) {
      const picture = await pictureOf('cine', `&frameNumber=${index + 1}&contentType=image/png`);
      expect(pixelAt(picture, 3, 3)[0]).toBe(shade);
    }
    const region = await pictureOf('image', '&contentType=image/png&region=0.5,0.5,0.75,1');
    expect([region.width, region.height]).toEqual([15, 20]);
    expect(pixelAt(region, 0, 0)[0]).toBe(storedValue(30, 20));
    const small = await pictureOf('image', '&contentType=image/png&rows=20&columns=20');
    expect([small.width, small.height]).toEqual([20, 13]);
    const window = await pictureOf('image', '&contentType=image/png&windowCenter=100&windowWidth=1');
    expect([pixelAt(window, 10, 5)[0], pixelAt(window, 10, 25)[0]]).toEqual([0, 255]);
  });

  it('shows an image through a presentation state', async () => {
    const { sopInstanceUid, seriesInstanceUid } = instances.state;
    const state = `&presentationUID=${sopInstanceUid}&presentationSeriesUID=${seriesInstanceUid}`;
    const picture = await pictureOf('image', `&contentType=image/png${state}`);
    expect([picture.width, picture.height]).toEqual([10, 20]);
    expect(pixelAt(picture, 2, 1)[0]).toBe(0x40);
    // Of what is seen, turned and mirrored, with its graphics where they were.
    const part = await pictureOf('image', `&contentType=image/png&region=0.4,0.25,1,1${state}`);
    expect([part.width, part.height]).toEqual([6, 15]);
    for (let y = 0; y < 15; y++) {
      for (let x = 0; x < 6; x++) expect(pixelAt(part, x, y)).toEqual(pixelAt(picture, x + 4, y + 5));
    }
    for (const [name, query] of [
      ['cine', `&frameNumber=1${state}`],
      [
        'image',
        `&presentationUID=${instances.cine.sopInstanceUid}&presentationSeriesUID=${instances.cine.seriesInstanceUid}`,
      ],
    ] as const) {
      expect(await typeOf(name, query), query).toBe('400 application/problem+json');
    }
  });

  it('names the parameter that is wrong, and keeps tags', async () => {
    const { status, body } = await get(`${archive.url}/wado?requestType=WADO&studyUID=1.2`);
    expect([status, body.toString()]).toEqual([400, expect.stringContaining('seriesUID is required')]);
    const { headers } = await ask('image');
    const tag = headers.get('etag') ?? '';
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = instances.image;
    const url = `${archive.url}/wado?requestType=WADO&studyUID=${studyInstanceUid}&seriesUID=${seriesInstanceUid}&objectUID=${sopInstanceUid}`;
    expect((await get(url, { 'If-None-Match': tag })).status).toBe(304);
  });

  it('is on record with the study that was asked for', async () => {
    await ask('image');
    const { rows } = await archive.testDatabase.database.query<{ study_instance_uid: string }>({
      text: `select distinct study_instance_uid from audit_event where study_instance_uid = $1`,
      values: [instances.image.studyInstanceUid],
    });
    expect(rows).toHaveLength(1);
  });
});

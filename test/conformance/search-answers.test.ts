/** Answers of the Search transaction (PS3.18 §10.6.3): attributes, fields, pages, warnings, media types. */
import type { DicomJson } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, getJson, nameOf, storeMany, textOf } from '../support/dicomweb.ts';
import { decodeMultipart } from '../support/multipart.ts';
import { rawInstance } from '../support/raw-instance.ts';
import { type SearchedArchive, startSearchedArchive } from '../support/searched-archive.ts';
import { alikeElements, alikeStudies, searchedIds } from '../support/searched-studies.ts';

let archive: SearchedArchive;

beforeAll(async () => {
  archive = await startSearchedArchive();
});
afterAll(() => archive?.stop());

/** Of a search below /dicom-web. */
async function warningsOf(resource: string): Promise<string[]> {
  const { headers } = await get(`${archive.url}/dicom-web/${resource}`);
  return (headers.get('warning') ?? '').split(/, (?=299)/).filter(Boolean);
}

describe('what a result says', () => {
  it('study: every attribute of Table 10.6.3-3, and where to retrieve it', async () => {
    const [study] = await archive.search('studies', 'PatientID=P1');
    expect(study).toEqual({
      '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
      '00080020': { vr: 'DA', Value: ['20240115'] },
      '00080030': { vr: 'TM', Value: ['081500'] },
      '00080050': { vr: 'SH', Value: ['ACC-1'] },
      '00080056': { vr: 'CS', Value: ['ONLINE'] },
      '00080061': { vr: 'CS', Value: ['CT', 'SR'] },
      '00080090': { vr: 'PN', Value: [{ Alphabetic: 'House^Gregory' }] },
      '00081190': { vr: 'UR', Value: [`${archive.url}/dicom-web/studies/2.25.5.1`] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Smith^John' }] },
      '00100020': { vr: 'LO', Value: ['P1'] },
      '00100030': { vr: 'DA', Value: ['19600102'] },
      '00100040': { vr: 'CS', Value: ['M'] },
      '0020000D': { vr: 'UI', Value: ['2.25.5.1'] },
      '00200010': { vr: 'SH', Value: ['S1'] },
      '00201206': { vr: 'IS', Value: [2] },
      '00201208': { vr: 'IS', Value: [4] },
    });
  });

  it('a study that says nothing has the same attributes, empty', async () => {
    const [bare] = await archive.search('studies', `StudyInstanceUID=${searchedIds(4).studyInstanceUid}`);
    for (const tag of [
      '00080020',
      '00080030',
      '00080050',
      '00080061',
      '00080090',
      '00100010',
      '00100020',
      '00200010',
    ]) {
      expect([tag, bare?.[tag]]).toEqual([tag, { vr: expect.any(String) }]);
    }
    expect(bare?.['00201208']).toEqual({ vr: 'IS', Value: [1] });
  });

  it('series and instances: their own attributes, and those above that the path does not fix', async () => {
    const [series] = await archive.search('studies/2.25.5.1/series', 'Modality=CT');
    expect(series).toMatchObject({
      '00080060': { vr: 'CS', Value: ['CT'] },
      '0008103E': { vr: 'LO', Value: ['Axial 5mm'] },
      '00081190': { vr: 'UR', Value: [`${archive.url}/dicom-web/studies/2.25.5.1/series/2.25.5.1.1`] },
      '0020000E': { vr: 'UI', Value: ['2.25.5.1.1'] },
      '00200011': { vr: 'IS', Value: [1] },
      '00201209': { vr: 'IS', Value: [3] },
      '00400244': { vr: 'DA', Value: ['20240115'] },
    });
    expect(series).not.toHaveProperty('00100020');
    const [unscoped] = await archive.search('series', 'Modality=CT');
    expect(unscoped).toMatchObject({ '00100020': { vr: 'LO', Value: ['P1'] }, '0020000D': { vr: 'UI' } });
    const [instance] = await archive.search('instances', 'SOPInstanceUID=2.25.5.1.1.2');
    expect(instance).toMatchObject({
      '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
      '00080018': { vr: 'UI', Value: ['2.25.5.1.1.2'] },
      '00200013': { vr: 'IS', Value: [2] },
      '00280010': { vr: 'US', Value: [16] },
      '00280011': { vr: 'US', Value: [32] },
      '00280100': { vr: 'US', Value: [16] },
      '0020000E': { vr: 'UI', Value: ['2.25.5.1.1'] },
      '00100020': { vr: 'LO', Value: ['P1'] },
    });
    const retrieved = await get(textOf(instance?.['00081190']) ?? '', { Accept: 'application/dicom' });
    expect(retrieved.status).toBe(200);
  });

  it('names as UTF-8, in their component groups', async () => {
    const [study] = await archive.search('studies', 'PatientID=P3');
    expect(nameOf(study?.['00100010'])).toBe('Ким^Анна=김^안나');
    expect(study?.['00080005']).toEqual({ vr: 'CS', Value: ['ISO_IR 192'] });
  });

  it('matched attributes that are no column of the study, and empty ones that are asked for', async () => {
    const [study] = await archive.search(
      'studies',
      'InstitutionName=City Hospital&IssuerOfPatientID=&includefield=PatientComments',
    );
    expect(study).toMatchObject({
      '00080080': { vr: 'LO', Value: ['City Hospital'] },
      '00104000': { vr: 'LT' },
    });
    expect(study?.['00100021']).toMatchObject({ vr: 'LO' });
  });

  it('nothing of instances for a study, which is said', async () => {
    const query = 'PatientID=P1&includefield=SliceThickness,00091001,Rows';
    const [study] = await archive.search('studies', query);
    expect(Object.keys(study ?? {})).not.toEqual(expect.arrayContaining(['00180050']));
    expect(await warningsOf(`studies?${query}`)).toEqual([
      expect.stringContaining('includefield=Rows parameter is an attribute of the instance level'),
      expect.stringContaining('SliceThickness is not known of a study'),
      expect.stringContaining('00091001 is not known of a study'),
    ]);
  });

  it('private attributes of an instance with their creator', async () => {
    const [instance] = await archive.search('instances', 'PatientID=P2&includefield=00091001&limit=1');
    expect(instance).toMatchObject({
      '00090010': { Value: ['SANDYQ TEST'] },
      '00091001': { vr: 'LO', Value: ['private'] },
    });
  });

  it('more on request: includefield by keyword, tag, list and all', async () => {
    const description = { vr: 'LO', Value: ['Thorax CT'] };
    for (const field of ['StudyDescription', '00081030', 'PatientAge,StudyDescription', 'all']) {
      const [study] = await archive.search('studies', `PatientID=P1&includefield=${field}`);
      expect([field, study?.['00081030']]).toEqual([field, description]);
    }
    const [series] = await archive.search('series', 'Modality=CT&includefield=BodyPartExamined');
    expect(series?.['00180015']).toEqual({ vr: 'CS', Value: ['CHEST'] });
    const [instance] = await archive.search(
      'instances',
      'SOPInstanceUID=2.25.5.1.1.2&includefield=ImageType',
    );
    expect(instance?.['00080008']).toEqual({ vr: 'CS', Value: ['ORIGINAL', 'PRIMARY', 'AXIAL'] });
    const [all] = await archive.search('instances', 'SOPInstanceUID=2.25.5.1.1.2&includefield=all');
    expect(all).toMatchObject({
      '00080008': { vr: 'CS' },
      '00180015': { vr: 'CS' },
      '00081030': description,
    });
  });
});

describe('pages', () => {
  const alike = `PatientID=P5`;

  it('are limited, say that more remain, and together are everything once', async () => {
    const whole = await archive.found('studies', alike);
    expect([...whole].sort()).toEqual(alikeStudies.map(String).sort());
    const pages: string[] = [];
    for (const [offset, warnings] of [
      [0, 1],
      [5, 1],
      [10, 0],
    ]) {
      const query = `${alike}&limit=5&offset=${offset}`;
      pages.push(...(await archive.found('studies', query)));
      expect((await warningsOf(`studies?${query}`)).length).toBe(warnings);
    }
    expect(pages).toEqual(whole);
    expect(await archive.found('studies', `${alike}&limit=5`)).toEqual(whole.slice(0, 5));
  });

  it('stay the same when a study of them grows', async () => {
    const before = await archive.found('studies', `${alike}&limit=6&offset=3`);
    expect((await storeMany(archive.url, [rawInstance(searchedIds(15, 1, 2), alikeElements)])).status).toBe(
      200,
    );
    expect(await archive.found('studies', `${alike}&limit=6&offset=3`)).toEqual(before);
  });

  it('warn with code 299 and the words of the standard', async () => {
    expect(await warningsOf(`studies?${alike}&limit=1`)).toEqual([
      expect.stringMatching(/^299 http\S+: There are (\d+ )?additional results that can be requested$/),
    ]);
  });

  it('may be empty: 204 without a body for no match, behind the end, and for limit=0', async () => {
    for (const query of ['PatientID=nobody', `${alike}&offset=12`, `${alike}&limit=0`]) {
      const { status, body } = await get(`${archive.url}/dicom-web/studies?${query}`);
      expect([query, status, body.length]).toEqual([query, 204, 0]);
    }
  });
});

describe('requests', () => {
  it.each([
    ['studies?limit=-1', 'limit'],
    ['studies?limit=many', 'limit'],
    ['studies?offset=x', 'offset'],
    ['studies?StudyDate=yesterday', 'StudyDate'],
    ['studies?StudyDate=20240301-20240101', 'StudyDate'],
    ['series?SeriesNumber=one', 'SeriesNumber'],
    ['studies?includefield=NoSuchAttribute', 'includefield'],
    ['studies?PatientID=P1&PatientID=P2', 'PatientID'],
  ])('%s is bad, and the answer names the parameter', async (resource, parameter) => {
    const { status, body } = await get(`${archive.url}/dicom-web/${resource}`);
    expect(status).toBe(400);
    expect(body.toString()).toContain(parameter);
  });

  it('that ask for something unknown are answered without it, with a warning', async () => {
    expect(await archive.found('studies', 'PatientID=P1&NoSuchAttribute=1')).toEqual(['1']);
    expect(await warningsOf('studies?PatientID=P1&NoSuchAttribute=1')).toEqual([
      expect.stringContaining('NoSuchAttribute'),
    ]);
    expect(await warningsOf('studies?PatientID=P1&Modality=CT')).toEqual([
      expect.stringContaining('Modality'),
    ]);
    expect(await warningsOf('studies?PatientID=P1&00091001=x')).toEqual([
      expect.stringContaining('00091001'),
    ]);
  });

  it('choose JSON or XML, and nothing else', async () => {
    for (const [accept, contentType] of [
      ['*/*', 'application/dicom+json'],
      ['application/*', 'application/dicom+json'],
      ['application/json', 'application/json'],
      ['application/dicom+json', 'application/dicom+json'],
    ] as const) {
      const { headers } = await get(`${archive.url}/dicom-web/studies?PatientID=P1`, { Accept: accept });
      expect([accept, headers.get('content-type')]).toEqual([accept, contentType]);
    }
    const url = `${archive.url}/dicom-web/studies?PatientName=Sm*`;
    const { headers, body } = await get(url, { Accept: 'multipart/related; type="application/dicom+xml"' });
    const parts = decodeMultipart(headers.get('content-type') ?? '', body);
    expect(parts.map((part) => part.headers.get('content-type'))).toEqual([
      'application/dicom+xml',
      'application/dicom+xml',
    ]);
    expect(parts[1]?.body.toString()).toContain('<FamilyName>Smith</FamilyName>');
    expect((await get(url, { Accept: 'image/png' })).status).toBe(406);
  });

  it('for the URL that a search gives come back to the same study', async () => {
    const [study] = await archive.search('studies', 'PatientID=P1');
    const metadata = await getJson<DicomJson[]>(`${textOf(study?.['00081190'])}/metadata`);
    expect(metadata).toHaveLength(4);
  });
});

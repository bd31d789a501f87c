/** PS3.18 §10.6.1.1, §10.6.3 and §10.6.4: the six resources, what each match has, in which media types. */
import { type DicomJson, Tags, tagToHex } from '@sandyq/dicom';
import { expect } from 'vitest';
import { itemsOf, textOf } from '../../support/dicomweb.ts';
import { type Check, check } from './check.ts';

const UID_OF: Readonly<Record<string, string>> = {
  studies: '0020000D',
  series: '0020000E',
  instances: '00080018',
};

/** The unique key of a match of this resource. */
export function levelUid(resource: string, match: DicomJson): string {
  return textOf(match[UID_OF[resource.split('/').at(-1) ?? ''] ?? '']) ?? '';
}

/** The study of a match. */
export function nameOfMatch(match: DicomJson): string {
  return textOf(match['0020000D']) ?? '';
}

const has = (match: DicomJson | undefined, tags: readonly number[]): void => {
  expect(Object.keys(match ?? {})).toEqual(expect.arrayContaining(tags.map((tag) => tagToHex(tag as never))));
};

/** Table 10.6.3-3, types R and U, and of type C what study 1 knows. */
const STUDY = [
  Tags.StudyDate,
  Tags.StudyTime,
  Tags.AccessionNumber,
  Tags.InstanceAvailability,
  Tags.ModalitiesInStudy,
  Tags.ReferringPhysicianName,
  Tags.RetrieveURL,
  Tags.PatientName,
  Tags.PatientID,
  Tags.PatientBirthDate,
  Tags.PatientSex,
  Tags.StudyInstanceUID,
  Tags.StudyID,
  Tags.NumberOfStudyRelatedSeries,
  Tags.NumberOfStudyRelatedInstances,
];
/** Table 10.6.3-4. */
const SERIES = [
  Tags.Modality,
  Tags.SeriesDescription,
  Tags.RetrieveURL,
  Tags.SeriesInstanceUID,
  Tags.SeriesNumber,
  Tags.NumberOfSeriesRelatedInstances,
  Tags.PerformedProcedureStepStartDate,
  Tags.PerformedProcedureStepStartTime,
  Tags.RequestAttributesSequence,
];
/** Table 10.6.3-5. */
const INSTANCE = [
  Tags.SOPClassUID,
  Tags.SOPInstanceUID,
  Tags.InstanceAvailability,
  Tags.RetrieveURL,
  Tags.InstanceNumber,
  Tags.Rows,
  Tags.Columns,
  Tags.BitsAllocated,
];

export const searchAnswerChecks: readonly Check[] = [
  check('search-resources', async ({ search }) => {
    for (const [resource, query, count] of [
      ['studies', 'PatientID=P1', 1],
      ['series', 'PatientID=P1', 2],
      ['instances', 'PatientID=P1', 4],
      ['studies/2.25.5.1/series', '', 2],
      ['studies/2.25.5.1/instances', '', 4],
      ['studies/2.25.5.1/series/2.25.5.1.1/instances', '', 3],
    ] as const) {
      expect([resource, (await search(resource, query)).length]).toEqual([resource, count]);
    }
  }),
  check('search-media-types', async ({ ask }) => {
    const resources = ['studies?PatientID=P1', 'studies/2.25.5.1/series', 'studies/2.25.5.1/instances'];
    for (const resource of resources) {
      const json = await ask(`/dicom-web/${resource}`, { headers: { Accept: 'application/dicom+json' } });
      expect([json.status, json.mediaType, Array.isArray(json.json())]).toEqual([
        200,
        'application/dicom+json',
        true,
      ]);
      expect(json.headers['content-length'] ?? json.headers['transfer-encoding']).toBeDefined();
      const xml = await ask(`/dicom-web/${resource}`, {
        headers: { Accept: 'multipart/related; type="application/dicom+xml"' },
      });
      expect([xml.status, xml.parts().length]).toEqual([200, (json.json() as unknown[]).length]);
      for (const { body } of xml.parts()) expect(body.toString('utf8')).toContain('<NativeDicomModel');
    }
  }),
  check('study-results', async ({ search, ask, url }) => {
    const [match] = await search('studies', 'StudyInstanceUID=2.25.5.1');
    has(match, STUDY);
    expect(match?.['00080061']?.Value?.toSorted()).toEqual(['CT', 'SR']);
    expect(match?.['00201206']?.Value).toEqual([2]);
    expect(match?.['00201208']?.Value).toEqual([4]);
    const retrieveUrl = textOf(match?.['00081190']) ?? '';
    expect(retrieveUrl).toBe(`${url}/dicom-web/studies/2.25.5.1`);
    expect((await ask(new URL(retrieveUrl).pathname)).status).toBe(200);
    // Required keys are there, empty, where the study has no value.
    const [bare] = await search('studies', 'StudyInstanceUID=2.25.5.4');
    has(
      bare,
      STUDY.filter((tag) => tag !== Tags.InstanceAvailability),
    );
  }),
  check('series-results', async ({ search }) => {
    const [inStudy] = await search('studies/2.25.5.1/series', 'SeriesNumber=1');
    has(inStudy, SERIES);
    expect(inStudy?.['00201209']?.Value).toEqual([3]);
    const [item] = itemsOf(inStudy?.['00400275']);
    has(item, [Tags.ScheduledProcedureStepID, Tags.RequestedProcedureID]);
    const [among] = await search('series', 'SeriesInstanceUID=2.25.5.1.1');
    has(among, [...SERIES, ...STUDY.filter((tag) => tag !== Tags.InstanceAvailability)]);
  }),
  check('instance-results', async ({ search }) => {
    const [inSeries] = await search('studies/2.25.5.1/series/2.25.5.1.1/instances', 'InstanceNumber=1');
    has(inSeries, INSTANCE);
    const [multiFrame] = await search('studies/2.25.5.2/instances', 'InstanceNumber=1');
    expect(multiFrame?.['00280008']?.Value).toEqual([10]);
    const [inStudy] = await search('studies/2.25.5.1/instances', 'Modality=CT&InstanceNumber=1');
    has(inStudy, [...INSTANCE, ...SERIES]);
    const [among] = await search('instances', 'SOPInstanceUID=2.25.5.1.1.1');
    has(among, [...INSTANCE, ...SERIES, ...STUDY]);
  }),
  check('included-fields', async ({ search }) => {
    const first = async (resource: string, query: string) => (await search(resource, query))[0];
    // Matched, then included by keyword, tag, list, repeated; then all.
    has(await first('studies', 'StudyDescription=Thorax+CT'.replace('+', '%20')), [Tags.StudyDescription]);
    const study = 'StudyInstanceUID=2.25.5.1';
    for (const fields of [
      'includefield=StudyDescription&includefield=InstitutionName',
      'includefield=00081030,00080080',
      'includefield=all',
    ]) {
      has(await first('studies', `${study}&${fields}`), [Tags.StudyDescription, Tags.InstitutionName]);
    }
    const series = 'SeriesInstanceUID=2.25.5.1.1';
    has(await first('series', `${series}&BodyPartExamined=CHEST`), [Tags.BodyPartExamined]);
    has(await first('series', `${series}&includefield=StationName,StudyDescription`), [
      Tags.StationName,
      Tags.StudyDescription,
    ]);
    has(await first('series', `${series}&includefield=all`), [Tags.BodyPartExamined, Tags.Manufacturer]);
    const instance = 'SOPInstanceUID=2.25.5.1.1.1';
    has(await first('instances', `${instance}&includefield=ImageType,StationName,StudyDescription`), [
      Tags.ImageType,
      Tags.StationName,
      Tags.StudyDescription,
    ]);
    has(await first('instances', `${instance}&includefield=all`), [Tags.ImageType]);
  }),
  check('included-levels', async ({ search }) => {
    const [study] = await search('studies', 'StudyInstanceUID=2.25.5.1&includefield=SeriesDescription,Rows');
    expect(study).not.toHaveProperty('0008103E');
    expect(study).not.toHaveProperty('00280010');
    const [series] = await search('series', 'SeriesInstanceUID=2.25.5.1.1&includefield=Rows,ImageType');
    expect(series).not.toHaveProperty('00280010');
    expect(series).not.toHaveProperty('00080008');
  }),
];

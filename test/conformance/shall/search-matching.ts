/** PS3.18 §8.3.4 and §10.6.1: how searches match. Over the studies of searched-studies.ts, named here without their root 2.25.5. */
import { expect } from 'vitest';
import { type Check, check } from './check.ts';
import { levelUid, nameOfMatch } from './search-answers.ts';
import type { Subject } from './subject.ts';

/** The study that has twelve others beside it that are alike. */
const ALIKE = 'PatientID=P5';

/** UIDs of the matches at the level of the resource, sorted: '1', '1.2', '1.1.3'; those of the corpus left out. */
async function found({ search }: Subject, resource: string, query: string): Promise<string[]> {
  const matches = await search(resource, query);
  const uids = matches.map((match) => levelUid(resource, match));
  return uids
    .filter((uid) => uid.startsWith('2.25.5.'))
    .map((uid) => uid.slice('2.25.5.'.length))
    .sort();
}

/** Each query must find exactly these. */
async function expectFound(
  subject: Subject,
  resource: string,
  queries: Record<string, readonly string[]>,
): Promise<void> {
  for (const [query, expected] of Object.entries(queries)) {
    expect([query, await found(subject, resource, query)]).toEqual([query, [...expected]]);
  }
}

const image = ['1.1.1', '1.1.2', '1.1.3'];

export const matchingChecks: readonly Check[] = [
  check('keywords-and-tags', async (subject) => {
    await expectFound(subject, 'studies', {
      'PatientID=P1': ['1'],
      '00100020=P1': ['1'],
      'AccessionNumber=ACC-2': ['2'],
      '00080050=ACC-2': ['2'],
    });
    // Another case is another, unknown name: it is ignored, and the search finds more than one study.
    expect((await found(subject, 'studies', 'patientid=P1')).length).toBeGreaterThan(1);
  }),
  check('search-parameters', async (subject) => {
    const resources = [
      'studies',
      'series',
      'instances',
      'studies/2.25.5.1/series',
      'studies/2.25.5.1/instances',
    ];
    for (const resource of [...resources, 'studies/2.25.5.1/series/2.25.5.1.1/instances']) {
      const query = 'PatientID=P1&fuzzymatching=false&includefield=PatientSex&limit=1&offset=0';
      const answer = await subject.ask(`/dicom-web/${resource}?${query}`);
      expect([resource, answer.status]).toEqual([resource, 200]);
      expect(answer.json() as unknown[]).toHaveLength(1);
    }
  }),
  check('uid-lists', async (subject) => {
    await expectFound(subject, 'studies', { 'StudyInstanceUID=2.25.5.1,2.25.5.3': ['1', '3'] });
    await expectFound(subject, 'instances', {
      'SOPInstanceUID=2.25.5.1.1.1,2.25.5.1.1.3': ['1.1.1', '1.1.3'],
    });
    await expectFound(subject, 'series', { '0020000E=2.25.5.1.2,2.25.5.2.1': ['1.2', '2.1'] });
  }),
  check('percent-encoded-values', async (subject) => {
    await expectFound(subject, 'studies', {
      [`PatientName=${encodeURIComponent('Ким^Анна')}`]: ['3'],
      [`PatientName=${encodeURIComponent('김^안나')}`]: ['3'],
      'PatientName=Smith%5EJohn': ['1'],
      'AccessionNumber=ACC%2D1': ['1'],
    });
  }),
  check('hierarchical-search', async (subject) => {
    // All keys hold at once, each at its level or above.
    await expectFound(subject, 'studies/2.25.5.1/series', { 'Modality=SR': ['1.2'], 'Modality=US': [] });
    await expectFound(subject, 'series', {
      'PatientID=P1&Modality=CT': ['1.1'],
      'PatientID=P2&Modality=CT': [],
    });
    await expectFound(subject, 'instances', { 'PatientID=P1&Modality=CT&InstanceNumber=2': ['1.1.2'] });
    // Wildcards, universal matching of an empty value, single values.
    await expectFound(subject, 'studies', {
      'PatientName=Sm*': ['1', '2'],
      'PatientName=Sm%3Fth^*': ['1'],
      'PatientID=P1&AccessionNumber=': ['1'],
      'PatientID=P': [],
    });
  }),
  check('combined-date-time', async (subject) => {
    await expectFound(subject, 'studies', {
      // From 15 January 8:15 to 20 February 9:00: a moment of the last day lies outside.
      'StudyDate=20240115-20240220&StudyTime=081500-090000': ['1'],
      'StudyDate=20240115-20240220&StudyTime=081501-093000': ['2'],
      'StudyDate=20240220-&StudyTime=093000-': ['2', '3'],
      'StudyDate=-20240115&StudyTime=-081500&PatientID=P1': ['1'],
    });
  }),
  check('timezone-of-request', async (subject) => {
    // 08:15 where nothing is said about zones is 08:15 for every request; a zone that is given is understood, or warned about.
    const answer = await subject.ask('/dicom-web/studies?PatientID=P1&TimezoneOffsetFromUTC=%2B0500');
    expect(answer.status).toBe(200);
    expect(answer.headers['warning']).toBeUndefined();
  }),
  check('fuzzy-matching', async (subject) => {
    const fuzzy = 'fuzzymatching=true';
    await expectFound(subject, 'studies', {
      'PatientName=John+Smith&fuzzymatching=false': [],
    });
    expect(await found(subject, 'studies', `PatientName=john%20smith&${fuzzy}`)).toContain('1');
    const smyths = await found(subject, 'studies', `PatientName=smith&${fuzzy}`);
    expect(smyths).toEqual(expect.arrayContaining(['1', '2']));
    const answer = await subject.ask(`/dicom-web/studies?PatientName=smith&${fuzzy}`);
    expect(answer.headers['warning'] ?? '').not.toContain('not supported');
  }),
  check('paging', async (subject) => {
    const all = (await subject.search('studies', ALIKE)).map(nameOfMatch);
    expect(all.length).toBe(12);
    expect((await subject.search('studies', ALIKE)).map(nameOfMatch)).toEqual(all);
    const paged: string[] = [];
    for (const offset of [0, 5, 10, 15]) {
      const page = await subject.search('studies', `${ALIKE}&limit=5&offset=${offset}`);
      expect(page.length).toBe(Math.max(0, Math.min(5, 12 - offset)));
      paged.push(...page.map(nameOfMatch));
    }
    expect(paged).toEqual(all);
  }),
  check('no-matches-204', async ({ ask }) => {
    for (const query of ['PatientID=nobody-has-this', `${ALIKE}&limit=0`, `${ALIKE}&offset=12`]) {
      const answer = await ask(`/dicom-web/studies?${query}`);
      expect([query, answer.status, answer.body.length]).toEqual([query, 204, 0]);
    }
  }),
  check('remaining-matches-warned', async ({ ask }) => {
    const some = await ask(`/dicom-web/studies?${ALIKE}&limit=5&offset=2`);
    expect(some.headers['warning']).toMatch(/^299 \S+:? .*\b5\b.* additional results that can be requested/);
    expect((await ask(`/dicom-web/studies?${ALIKE}&limit=12`)).headers).not.toHaveProperty('warning');
  }),
  check('empty-value-matching', async (subject) => {
    const query = `PatientID=${encodeURIComponent('""')}&StudyInstanceUID=2.25.5.1,2.25.5.4`;
    await expectFound(subject, 'studies', {
      [`${query}&emptyvaluematching=true`]: ['4'],
      [`${query}&emptyvaluematching=false`]: [],
      [query]: [],
    });
    const { headers } = await subject.ask('/dicom-web/studies?PatientID=P1&emptyvaluematching=true');
    expect(headers).not.toHaveProperty('warning');
  }),
  check('multiple-value-matching', async (subject) => {
    // All of the values are to be found in the attribute (PS3.4 C.2.2.2.8).
    const [both, one] = ['CT\\SR', 'CT\\US'].map((value) => `ModalitiesInStudy=${encodeURIComponent(value)}`);
    await expectFound(subject, 'studies', {
      [`${both}&multiplevaluematching=true`]: ['1'],
      [`${one}&multiplevaluematching=true`]: [],
    });
    const { headers } = await subject.ask('/dicom-web/studies?PatientID=P1&multiplevaluematching=true');
    expect(headers).not.toHaveProperty('warning');
  }),
  check('matching-levels', async (subject) => {
    await expectFound(subject, 'studies', { 'StudyID=S1': ['1'] });
    await expectFound(subject, 'studies/2.25.5.1/series', { 'SeriesNumber=2': ['1.2'] });
    await expectFound(subject, 'studies/2.25.5.1/instances', { 'Modality=SR&InstanceNumber=1': ['1.2.1'] });
    await expectFound(subject, 'series', { 'StudyID=S1&SeriesNumber=2': ['1.2'] });
    await expectFound(subject, 'studies/2.25.5.1/series/2.25.5.1.1/instances', {
      'InstanceNumber=2': ['1.1.2'],
    });
    await expectFound(subject, 'instances', { 'StudyID=S1&SeriesNumber=1&InstanceNumber=2': ['1.1.2'] });
  }),
  check('matching-study-attributes', async (subject) => {
    await expectFound(subject, 'studies', {
      'StudyDate=20240115': ['1'],
      'StudyTime=081500': ['1'],
      'AccessionNumber=ACC-1': ['1'],
      'ModalitiesInStudy=SR&PatientID=P1': ['1'],
      'ReferringPhysicianName=House^Gregory': ['1'],
      'PatientName=Smith^John': ['1'],
      'PatientID=P1': ['1'],
      'StudyInstanceUID=2.25.5.1': ['1'],
      'StudyID=S1': ['1'],
    });
  }),
  check('matching-series-attributes', async (subject) => {
    await expectFound(subject, 'series', {
      'Modality=CT&PatientID=P1': ['1.1'],
      'SeriesInstanceUID=2.25.5.1.1': ['1.1'],
      'SeriesNumber=1&PatientID=P1': ['1.1'],
      'PerformedProcedureStepStartDate=20240115': ['1.1'],
      'PerformedProcedureStepStartTime=081510': ['1.1'],
      'RequestAttributesSequence.ScheduledProcedureStepID=SPS-2': ['1.1'],
      'RequestAttributesSequence.RequestedProcedureID=RP-1': ['1.1'],
      '00400275.00401001=RP-2': ['1.1'],
    });
  }),
  check('matching-instance-attributes', async (subject) => {
    await expectFound(subject, 'instances', {
      'SOPClassUID=1.2.840.10008.5.1.4.1.1.2&PatientID=P1': image,
      'SOPInstanceUID=2.25.5.1.1.2': ['1.1.2'],
      'InstanceNumber=2&PatientID=P1': ['1.1.2'],
    });
  }),
];

import { Tags } from '@sandyq/dicom';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DicomwebError } from './errors.ts';
import type { Match } from './match.ts';
import { parseSearch, type SearchRequest } from './search-request.ts';
import { type SearchLevel, supportedAttributes } from './supported-attributes.ts';

function search(query: string, level: SearchLevel = 'instance'): SearchRequest {
  return parseSearch(level, {}, new URLSearchParams(query));
}

function matchOf(query: string): Match | undefined {
  const { filters, warnings } = search(query);
  expect(warnings).toEqual([]);
  expect(filters).toHaveLength(1);
  return filters[0]?.match;
}

function faultOf(
  query: string,
  level?: SearchLevel,
): { code: string; parameter: string | undefined } | undefined {
  try {
    search(query, level);
    return undefined;
  } catch (error) {
    if (!(error instanceof DicomwebError)) throw error;
    return { code: error.code, parameter: error.parameter };
  }
}

describe('parseSearch: matching', () => {
  it.each<[string, Match]>([
    ['PatientID=', { kind: 'universal' }],
    ['PatientID=*', { kind: 'universal' }],
    ['StudyDate=*', { kind: 'universal' }],
    ['PatientID=123', { kind: 'exact', values: ['123'] }],
    ['PatientID=%20123%20', { kind: 'exact', values: ['123'] }],
    ['PatientID=12*', { kind: 'wildcard', pattern: '12*' }],
    ['PatientID=1%3F**', { kind: 'wildcard', pattern: '1?*' }],
    ['PatientID=a%5Cb', { kind: 'exact', values: ['a', 'b'] }],
    ['PatientID=a,b', { kind: 'exact', values: ['a,b'] }],
    ['ModalitiesInStudy=CT,MR', { kind: 'exact', values: ['CT', 'MR'] }],
    ['ModalitiesInStudy=CT%5CMR', { kind: 'exact', values: ['CT', 'MR'] }],
    ['00080061=CT', { kind: 'exact', values: ['CT'] }],
    ['StudyInstanceUID=1.2', { kind: 'uid-list', values: ['1.2'] }],
    ['StudyInstanceUID=1.2,1.3%5C1.4,1.2', { kind: 'uid-list', values: ['1.2', '1.3', '1.4'] }],
    ['StudyInstanceUID=1.2&StudyInstanceUID=1.3', { kind: 'uid-list', values: ['1.2', '1.3'] }],
    ['StudyInstanceUID=', { kind: 'universal' }],
    ['StudyDate=20240101', { kind: 'range', form: 'single', from: '20240101', to: '20240101' }],
    ['StudyDate=20240101-', { kind: 'range', form: 'from', from: '20240101' }],
    ['StudyTime=-10', { kind: 'range', form: 'to', to: '105959.999999' }],
    ['InstanceNumber=007', { kind: 'exact', values: ['7'] }],
    ['Rows=512', { kind: 'exact', values: ['512'] }],
    ['PatientName=DOE', { kind: 'person-name', hasWildcards: false, anyGroup: 'DOE' }],
    ['PatientName=DOE%5EJ*%5E%5E', { kind: 'person-name', hasWildcards: true, anyGroup: 'DOE^J*' }],
    [
      'PatientName=Hong%5EGildong%3D%E6%B4%AA%5E%E5%90%89%E6%B4%9E%3D%ED%99%8D%5E%EA%B8%B8%EB%8F%99',
      {
        kind: 'person-name',
        hasWildcards: false,
        alphabetic: 'Hong^Gildong',
        ideographic: '洪^吉洞',
        phonetic: '홍^길동',
      },
    ],
    ['PatientName=%3D%E6%B4%AA*', { kind: 'person-name', hasWildcards: true, ideographic: '洪*' }],
    ['PatientName=%3D%3D', { kind: 'universal' }],
    ['PatientName=%5E', { kind: 'universal' }],
    ['RequestAttributesSequence.ScheduledProcedureStepID=S1', { kind: 'exact', values: ['S1'] }],
    ['00400275.00400009=S1', { kind: 'exact', values: ['S1'] }],
    ['00400275.ScheduledProcedureStepID=S1', { kind: 'exact', values: ['S1'] }],
  ])('%s', (query, expected) => {
    expect(matchOf(query)).toEqual(expected);
  });

  it('names the attribute by its path and VR', () => {
    expect(search('00400275.00401001=x').filters).toEqual([
      {
        path: [Tags.RequestAttributesSequence, Tags.RequestedProcedureID],
        vr: 'SH',
        match: { kind: 'exact', values: ['x'] },
      },
    ]);
  });

  it('reads every supported attribute by keyword and by tag', () => {
    const keywords = new Map<number, string>(Object.entries(Tags).map(([keyword, tag]) => [tag, keyword]));
    for (const { path, level } of supportedAttributes) {
      const byKeyword = path.map((tag) => keywords.get(tag)).join('.');
      const byTag = path.map((tag) => tag.toString(16).padStart(8, '0')).join('.');
      for (const name of [byKeyword, byTag, byTag.toUpperCase()]) {
        const { filters, warnings } = search(`${name}=`, level);
        expect(warnings).toEqual([]);
        expect(filters.map((filter) => filter.path)).toEqual([path]);
      }
    }
  });

  it('keeps the study and series of the path', () => {
    const request = parseSearch(
      'instance',
      { studyInstanceUid: '1', seriesInstanceUid: '2' },
      new URLSearchParams(),
    );
    expect(request).toEqual({
      level: 'instance',
      studyInstanceUid: '1',
      seriesInstanceUid: '2',
      filters: [],
      include: [],
      fuzzy: false,
      offset: 0,
      warnings: [],
    });
  });

  it.each(['AccessionNumber', 'StudyDate', 'PatientName', 'ModalitiesInStudy', 'StudyInstanceUID'])(
    'matches %s without a value when Empty Value Matching is asked for',
    (keyword) => {
      const { filters } = search(`${keyword}=%22%22&emptyvaluematching=true`);
      expect(filters.map(({ match }) => match)).toEqual([{ kind: 'empty' }]);
    },
  );

  it('takes two quotation marks as they are otherwise', () => {
    expect(search('AccessionNumber=%22%22').filters.map(({ match }) => match)).toEqual([
      { kind: 'exact', values: ['""'] },
    ]);
    expect(faultOf('StudyDate=%22%22')).toEqual({ code: 'bad-request', parameter: 'StudyDate' });
  });

  it('matches all values when Multiple Value Matching is asked for', () => {
    const { filters } = search('ModalitiesInStudy=CT%5CPT&multiplevaluematching=true');
    expect(filters.map(({ match }) => match)).toEqual([
      { kind: 'exact', values: ['CT'] },
      { kind: 'exact', values: ['PT'] },
    ]);
  });
});

describe('parseSearch: dates with times', () => {
  it.each([
    [
      'StudyDate=20240101-20240103&StudyTime=10-18',
      { from: '20240101100000.000000', to: '20240103185959.999999' },
    ],
    [
      'StudyTime=22-04&StudyDate=20240101-20240102',
      { from: '20240101220000.000000', to: '20240102045959.999999' },
    ],
    ['StudyDate=20240101-&StudyTime=10-', { from: '20240101100000.000000' }],
    ['StudyDate=-20240101&StudyTime=-10', { to: '20240101105959.999999' }],
  ])('joins %s to one range', (query, bounds) => {
    expect(search(query).filters).toEqual([
      {
        path: [Tags.StudyDate],
        vr: 'DA',
        match: { kind: 'combined-range', timePath: [Tags.StudyTime], ...bounds },
      },
    ]);
  });

  it.each([
    'StudyDate=20240101-20240103&StudyTime=10',
    'StudyDate=20240101&StudyTime=10-18',
    'StudyDate=20240101-&StudyTime=-10',
    'StudyDate=20240101-20240103&SeriesTime=10-18',
  ])('matches %s one by one', (query) => {
    expect(search(query).filters.map(({ match }) => match.kind)).toEqual(['range', 'range']);
  });

  it.each([
    ['StudyDate=20240103-20240101', 'StudyDate'],
    ['StudyTime=22-04', 'StudyTime'],
    ['StudyDate=20240101&StudyTime=22-04', 'StudyTime'],
    ['StudyDate=20240101-20240101&00080030=22-04', 'StudyDate'],
  ])('refuses %s', (query, parameter) => {
    expect(faultOf(query)).toEqual({ code: 'bad-request', parameter });
  });
});

describe('parseSearch: faults', () => {
  it.each([
    ['StudyDate=2024', 'StudyDate'],
    ['00080020=20240230', '00080020'],
    ['StudyTime=9', 'StudyTime'],
    ['StudyInstanceUID=1.2*', 'StudyInstanceUID'],
    [`StudyInstanceUID=${'1'.repeat(65)}`, 'StudyInstanceUID'],
    ['StudyInstanceUID=1.2,,1.3', 'StudyInstanceUID'],
    ['InstanceNumber=*1', 'InstanceNumber'],
    ['InstanceNumber=1-5', 'InstanceNumber'],
    ['Rows=many', 'Rows'],
    ['PatientID=a*%5Cb', 'PatientID'],
    ['PatientName=a%5Cb', 'PatientName'],
    ['PatientName=a%00b', 'PatientName'],
    ['00400275.00400009=S1%00', '00400275.00400009'],
    ['PatientName=a%3Db%3Dc%3Dd', 'PatientName'],
    ['PatientID=1&PatientID=2', 'PatientID'],
    ['PatientID=1&00100020=2', '00100020'],
    ['limit=-1', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['offset=1.5', 'offset'],
    ['fuzzymatching=yes', 'fuzzymatching'],
    ['emptyvaluematching=1', 'emptyvaluematching'],
    ['includefield=NoSuchKeyword', 'includefield'],
    ['includefield=0010', 'includefield'],
    [`x=${'a'.repeat(500_001)}`, 'x'],
    [Array.from({ length: 501 }, (_, index) => `p${index}=1`).join('&'), 'query'],
    [`StudyInstanceUID=${'1.2,'.repeat(5_001)}1.3`, 'StudyInstanceUID'],
  ])('%s', (query, parameter) => {
    expect(faultOf(query)).toEqual({ code: 'bad-request', parameter });
  });

  it('never shows a value', () => {
    expect(() => search('StudyDate=SECRET')).toThrow(/^StudyDate is not like 20240131, /);
  });

  it('reads or refuses any query, and nothing else', () => {
    const name = fc.constantFrom(
      'PatientName',
      '00080020',
      'StudyTime',
      'limit',
      'includefield',
      'x',
      'Rows',
      'fuzzymatching',
    );
    const value = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom('20240101-', '-', '*', 'true', '=', '\\', ','),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 6 }), (pairs) => {
        const fault = faultOf(new URLSearchParams(pairs).toString());
        expect(fault?.code ?? 'bad-request').toBe('bad-request');
      }),
      { numRuns: 500 },
    );
  });
});

describe('parseSearch: what is ignored', () => {
  it.each([
    ['NoSuchParameter=1', 'The NoSuchParameter parameter is not supported and was ignored.'],
    ['0010=1', 'The 0010 parameter is not supported and was ignored.'],
    ['PixelSpacing=1', 'The PixelSpacing parameter is not supported and was ignored.'],
    ['PatientName.PatientID=1', 'The PatientName.PatientID parameter is not supported and was ignored.'],
    ['%D0%98%0D%0Aa=1', 'The ???a parameter is not supported and was ignored.'],
    ['Modality=CT', 'The Modality parameter is an attribute of the series level and was ignored.'],
    [
      'includefield=Rows',
      'The includefield=Rows parameter is an attribute of the instance level and was ignored.',
    ],
  ])('%s', (query, warning) => {
    expect(search(query, 'study')).toMatchObject({ filters: [], include: [], warnings: [warning] });
  });

  it('leaves parameters of others alone', () => {
    expect(search('accept=application/dicom%2Bjson&charset=utf-8')).toMatchObject({
      filters: [],
      warnings: [],
    });
  });
});

describe('parseSearch: paging, fuzziness, fields', () => {
  it('reads them', () => {
    expect(search('limit=0&offset=5&fuzzymatching=TRUE')).toMatchObject({ limit: 0, offset: 5, fuzzy: true });
    expect(search('fuzzymatching=false')).toMatchObject({ fuzzy: false });
  });

  it.each([
    ['includefield=PatientSex,00081030&includefield=PatientSex', [Tags.PatientSex, Tags.StudyDescription]],
    ['includefield=RequestAttributesSequence.ScheduledProcedureStepID', [Tags.RequestAttributesSequence]],
    ['includefield=00091001', [0x00091001]],
    ['includefield=', []],
    ['includefield=all', 'all'],
    ['includefield=PatientSex&includefield=all', 'all'],
  ])('%s', (query, expected) => {
    expect(search(query, 'series').include).toEqual(expected);
  });
});

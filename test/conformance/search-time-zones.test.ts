/** Dates and times of a search in the zone that it names (PS3.18 §8.3.4.1.1). */
import { Tags } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, getJson, storeAll, textOf } from '../support/dicomweb.ts';
import { type RawElement, rawInstance } from '../support/raw-instance.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

let archive: TestArchive;

function study(number: number, elements: readonly RawElement[]): Buffer {
  const studyInstanceUid = `2.25.15.${number}`;
  return rawInstance(
    {
      studyInstanceUid,
      seriesInstanceUid: `${studyInstanceUid}.1`,
      sopInstanceUid: `${studyInstanceUid}.1.1`,
    },
    [...elements, [Tags.SeriesDate, 'DA', '20240301'], [Tags.SeriesTime, 'TM', '2330']],
  );
}

beforeAll(async () => {
  archive = await startArchive();
  const evening: RawElement[] = [
    [Tags.StudyDate, 'DA', '20240301'],
    [Tags.StudyTime, 'TM', '233000'],
  ];
  await storeAll(archive.url, [
    // Half past eleven in the evening: of Almaty, of nobody knows where, of New York; and a day without an hour.
    study(1, [...evening, [Tags.TimezoneOffsetFromUTC, 'SH', '+0500']]),
    study(2, evening),
    study(3, [...evening, [Tags.TimezoneOffsetFromUTC, 'SH', '-0500']]),
    study(4, [
      [Tags.StudyDate, 'DA', '20240301'],
      [Tags.TimezoneOffsetFromUTC, 'SH', '-0500'],
    ]),
  ]);
});
afterAll(() => archive?.stop());

async function found(query: string, level = 'studies'): Promise<string[]> {
  const url = `${archive.url}/dicom-web/${level}?${query}`;
  if ((await get(url)).status === 204) return [];
  const results = await getJson<Record<string, { vr: 'UI' }>[]>(url);
  return results.map((one) => (textOf(one['0020000D']) ?? '').replace('2.25.15.', '')).sort();
}

describe('a search in a zone', () => {
  it.each([
    // In Almaty the study of New York is one of the next morning.
    ['StudyDate=20240301', ['1', '2', '3', '4']],
    ['StudyDate=20240301&TimezoneOffsetFromUTC=%2B0500', ['1', '2', '4']],
    ['StudyDate=20240302&TimezoneOffsetFromUTC=%2B0500', ['3']],
    ['StudyDate=20240302-&TimezoneOffsetFromUTC=%2B0500', ['3']],
    ['StudyTime=0900-1000&TimezoneOffsetFromUTC=%2B0500', ['3']],
    ['StudyTime=2330&TimezoneOffsetFromUTC=%2B0500', ['1', '2']],
    ['StudyDate=20240302-20240302&StudyTime=0900-1000&TimezoneOffsetFromUTC=%2B0500', ['3']],
    ['StudyDate=20240301-&StudyTime=2331-&TimezoneOffsetFromUTC=%2B0500', ['3']],
    ['StudyDate=-20240301&StudyTime=-1400&TimezoneOffsetFromUTC=-0500', ['1', '4']],
  ])('%s', async (query, expected) => {
    expect(await found(query)).toEqual(expected);
  });

  it('reads the dates of series in it too', async () => {
    expect(await found('SeriesDate=20240302&00080201=%2B0500', 'series')).toEqual(['3', '4']);
  });
});

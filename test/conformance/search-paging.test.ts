/** Pages of search results (PS3.18 §8.3.4.4): everything once, also while studies arrive; what remains is counted. */
import { type DicomJson, Tags } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, storeAll, textOf } from '../support/dicomweb.ts';
import { rawInstance } from '../support/raw-instance.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

let archive: TestArchive;

const STUDIES = 23;
let newcomers = 0;

/** A study of one instance; those of before have dates, and one in five has none. */
function study(number: number, date: string | undefined): Buffer {
  const studyInstanceUid = `2.25.14.${number}`;
  return rawInstance(
    {
      studyInstanceUid,
      seriesInstanceUid: `${studyInstanceUid}.1`,
      sopInstanceUid: `${studyInstanceUid}.1.1`,
    },
    [
      ...(date === undefined ? [] : [[Tags.StudyDate, 'DA', date] as const]),
      [Tags.PatientName, 'PN', 'Paged^Study'],
      [Tags.PatientID, 'LO', 'PAGED'],
    ],
  );
}

/** Newer than all others: it stands first. */
async function arrive(): Promise<void> {
  newcomers += 1;
  const date = new Date(Date.UTC(2027, 0, newcomers)).toISOString().slice(0, 10).replaceAll('-', '');
  await storeAll(archive.url, [study(1_000 + newcomers, date)]);
}

beforeAll(async () => {
  archive = await startArchive();
  const dates = Array.from({ length: STUDIES }, (_, index) =>
    index % 5 === 0 ? undefined : `2024010${(index % 9) + 1}`,
  );
  await storeAll(
    archive.url,
    dates.map((date, index) => study(index, date)),
  );
});
afterAll(() => archive?.stop());

interface Page {
  readonly studies: readonly string[];
  readonly warning: string | undefined;
}

async function page(resource: string, query: string): Promise<Page> {
  const { status, body, headers } = await get(
    `${archive.url}/dicom-web/${resource}?PatientID=PAGED&${query}`,
  );
  if (status === 204) return { studies: [], warning: undefined };
  const results = JSON.parse(body.toString('utf8')) as DicomJson[];
  return {
    studies: results.map((one) => textOf(one['0020000D']) ?? ''),
    warning: headers.get('warning')?.replace(/^299 \S+: /, ''),
  };
}

describe.each(['studies', 'series', 'instances'])('pages of %s', (resource) => {
  it('are everything once while new studies arrive, and say how much remains', async () => {
    const { studies: whole } = await page(resource, 'limit=1000');
    const seen: string[] = [];
    for (let offset = 0; ; offset += 4) {
      const { studies, warning } = await page(resource, `limit=4&offset=${offset}`);
      seen.push(...studies);
      const remaining = whole.length - seen.length;
      expect(warning).toBe(
        remaining === 0 ? undefined : `There are ${remaining} additional results that can be requested`,
      );
      if (remaining <= 0) break;
      await arrive();
    }
    expect(seen).toEqual(whole);
    const { studies: now } = await page(resource, 'limit=1000');
    expect(now.length).toBe(whole.length + Math.ceil(whole.length / 4) - 1);
    expect(now.slice(-whole.length)).toEqual(whole);
  });

  it('are everything once while studies arrive at any time', async () => {
    const { studies: whole } = await page(resource, 'limit=1000&StudyDate=');
    const paging = new AbortController();
    const arriving = (async () => {
      while (!paging.signal.aborted) await arrive();
    })();
    const first = await page(resource, 'limit=3&StudyDate=');
    const seen = [...first.studies];
    let { warning } = first;
    while (warning !== undefined) {
      const next = await page(resource, `limit=3&StudyDate=&offset=${seen.length}`);
      seen.push(...next.studies);
      ({ warning } = next);
    }
    paging.abort();
    await arriving;
    expect(new Set(seen).size).toBe(seen.length);
    // The first page may have had newcomers before the others.
    expect(seen.filter((uid) => whole.includes(uid))).toEqual(whole);
  });
});

describe('an offset nobody paged to', () => {
  it('counts from the newest', async () => {
    const { studies: whole } = await page('studies', 'limit=1000');
    const { studies } = await page('studies', 'limit=5&offset=7&fuzzymatching=false');
    expect(studies).toEqual(whole.slice(7, 12));
    expect(await page('studies', 'offset=999999999999999')).toEqual({ studies: [], warning: undefined });
  });
});

describe('what remains', () => {
  it('is counted up to a hundred, and beyond only said to be', async () => {
    const day = '20200101';
    await storeAll(
      archive.url,
      Array.from({ length: 103 }, (_, index) => study(5_000 + index, day)),
    );
    const remaining = async (resource: string, query: string) =>
      (await page(resource, `StudyDate=${day}&${query}`)).warning;
    for (const resource of ['studies', 'series', 'instances']) {
      expect(await remaining(resource, 'limit=3')).toBe(
        'There are 100 additional results that can be requested',
      );
      expect(await remaining(resource, 'limit=2')).toBe('There are additional results that can be requested');
      expect(await remaining(resource, 'limit=5&offset=97')).toBe(
        'There are 1 additional results that can be requested',
      );
      expect(await remaining(resource, 'limit=103')).toBeUndefined();
    }
  });
});

/**
 * Rejection as everybody meets it: a study of the corpus is hidden by one process, and another one, which has just shown it
 * and remembers it, shows nothing of it at once; it is restored, and everything is as it was.
 */
import type { DicomJson } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CorpusFile,
  corpusFiles,
  corpusNote,
  isAcceptable,
  readCorpusFile,
  skipWithoutCorpus,
} from '../support/corpus.ts';
import { get, storeAll, storeOne, textOf } from '../support/dicomweb.ts';
import { askRejections } from '../support/rejecting.ts';
import { type SecondRetrieval, startSecondRetrieval } from '../support/second-retrieval.ts';
import { askCommitment, moduleOf, outcomeOf, reference } from '../support/storage-commitment.ts';
import { imageOf, QuarantineArchive } from './quarantine-archive.ts';

let here: QuarantineArchive;
let other: SecondRetrieval;

beforeAll(async () => {
  here = await QuarantineArchive.start();
  other = await startSecondRetrieval(here.test);
});
afterAll(async () => {
  await other?.stop();
  await here?.test.stop();
});

const ask = (path: string, body?: object) => askRejections(here.test.url, here.administrator, path, body);

async function reject(scope: object): Promise<string> {
  const { status, json } = await ask('', { reason: '113037', comment: 'wrong side', ...scope });
  expect(json).toMatchObject({ state: 'rejected', reason: '113037' });
  expect(status).toBe(201);
  return String(json['id']);
}

async function restore(id: string): Promise<void> {
  const { status, json } = await ask(`/${id}/restore`, { reason: 'it was the right side' });
  expect(json).toMatchObject({ state: 'restored', instances: 0 });
  expect(status).toBe(200);
}

/** A series of 11 CT images in 3 series. */
const STUDY = '1.3.6.1.4.1.14519.5.2.1.7085.2626.192997540292073877946622133586';

function filesOfStudy(): CorpusFile[] {
  const seen = new Set<string | null>();
  return corpusFiles().filter((file) => {
    const isMember = file.StudyInstanceUID === STUDY && isAcceptable(file) && !seen.has(file.SOPInstanceUID);
    seen.add(file.SOPInstanceUID);
    return isMember;
  });
}

/** Every way to the study, a series, an instance of it, with what is asked for there. */
function resources({ SeriesInstanceUID, SOPInstanceUID }: CorpusFile): (readonly [string, string])[] {
  const study = `dicom-web/studies/${STUDY}`;
  const series = `${study}/series/${SeriesInstanceUID}`;
  const instance = `${series}/instances/${SOPInstanceUID}`;
  const dicom = 'multipart/related; type="application/dicom"; transfer-syntax=*';
  const bulk = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
  const atEachLevel = [study, series, instance].flatMap((path) => [
    [path, dicom] as const,
    [path, 'application/zip; transfer-syntax=*'] as const,
    [`${path}/metadata`, 'application/dicom+json'] as const,
    [`${path}/rendered`, 'multipart/related; type="image/jpeg", image/jpeg'] as const,
    [`${path}/thumbnail`, 'image/jpeg'] as const,
    [`${path}/bulkdata`, bulk] as const,
    [`${path}/pixeldata`, bulk] as const,
  ]);
  const wado = new URLSearchParams({
    requestType: 'WADO',
    studyUID: STUDY,
    seriesUID: SeriesInstanceUID ?? '',
    objectUID: SOPInstanceUID ?? '',
    contentType: 'image/jpeg',
  });
  return [
    ...atEachLevel,
    [`${instance}/frames/1`, bulk],
    [`${instance}/frames/1/rendered`, 'image/jpeg'],
    [`wado?${wado.toString()}`, 'image/jpeg'],
    [`originals/${STUDY}/${SeriesInstanceUID}/${SOPInstanceUID}`, 'application/dicom'],
  ];
}

async function statuses(file: CorpusFile): Promise<string[]> {
  const answers = resources(file).map(async ([path, accept]) => {
    const { status } = await get(`${other.url}/${path}`, { ...here.radiologist, Accept: accept });
    return `${status} ${path} ${accept}`;
  });
  return Promise.all(answers);
}

const statusesOf = (answers: readonly string[]) => [...new Set(answers.map((answer) => answer.slice(0, 3)))];

/** How many studies, series and instances a search finds. */
async function found(study: string): Promise<number[]> {
  const paths = [
    `studies?StudyInstanceUID=${study}`,
    `studies/${study}/series`,
    `studies/${study}/instances`,
    `series?StudyInstanceUID=${study}`,
    `instances?StudyInstanceUID=${study}`,
  ];
  const counts: number[] = [];
  for (const path of paths) {
    const { status, body } = await get(`${here.test.url}/dicom-web/${path}`, here.radiologist);
    expect([200, 204]).toContain(status);
    counts.push(status === 204 ? 0 : (JSON.parse(body.toString()) as unknown[]).length);
  }
  return counts;
}

describe.skipIf(skipWithoutCorpus)(`a study of the corpus${corpusNote}`, () => {
  const files = filesOfStudy();
  const [file] = files;
  if (file === undefined) return;
  const originalUrl = `originals/${STUDY}/${file.SeriesInstanceUID}/${file.SOPInstanceUID}`;

  it('is gone from every resource of every process, and comes back as it was', async () => {
    await storeAll(
      here.test.url,
      files.map(({ path }) => readCorpusFile(path)),
      here.hospital,
    );
    const before = await statuses(file);
    expect(before.filter((answer) => !answer.startsWith('200'))).toEqual([]);
    const counts = await found(STUDY);
    expect(counts).toEqual([1, 3, 11, 3, 11]);

    const id = await reject({ studyInstanceUid: STUDY });
    expect(statusesOf(await statuses(file))).toEqual(['410']);
    expect(await found(STUDY)).toEqual([0, 0, 0, 0, 0]);
    const { body } = await get(`${other.url}/${originalUrl}`, here.radiologist);
    expect(JSON.parse(body.toString())).toMatchObject({
      error: 'gone',
      message: expect.stringContaining('Rejected for Patient Safety Reasons (113037, DCM)'),
    });

    await restore(id);
    expect(await statuses(file)).toEqual(before);
    expect(await found(STUDY)).toEqual(counts);
    const original = await get(`${other.url}/${originalUrl}`, here.radiologist);
    expect(original.body.equals(readCorpusFile(file.path))).toBe(true);
  });

  it('without one of its series is the rest, under another entity tag', async () => {
    const url = `${other.url}/dicom-web/studies/${STUDY}/metadata`;
    const headers = { ...here.radiologist, Accept: 'application/dicom+json' };
    const before = await get(url, headers);
    const id = await reject({ studyInstanceUid: STUDY, seriesInstanceUid: file.SeriesInstanceUID });
    const etag = before.headers.get('etag') ?? '';
    const after = await get(url, { ...headers, 'If-None-Match': etag });
    expect(after.status).toBe(200);
    const left = files.filter((one) => one.SeriesInstanceUID !== file.SeriesInstanceUID);
    const shown = (JSON.parse(after.body.toString()) as DicomJson[]).map((one) => textOf(one['00080018']));
    expect(new Set(shown)).toEqual(new Set(left.map((one) => one.SOPInstanceUID)));
    expect((await found(STUDY)).slice(0, 3)).toEqual([1, 2, left.length]);
    await restore(id);
  });

  it('is not told of to whoever may see another facility only', async () => {
    const id = await reject({ studyInstanceUid: STUDY });
    const stranger = await here.radiologistOf('clinic');
    const owner = await here.radiologistOf('hospital');
    expect((await get(`${other.url}/${originalUrl}`, stranger)).status).toBe(404);
    expect((await get(`${other.url}/${originalUrl}`, owner)).status).toBe(410);
    await restore(id);
  });

  it('is not committed to while it is rejected', async () => {
    const uid = file.SOPInstanceUID ?? '';
    const id = await reject({ studyInstanceUid: STUDY });
    const asked = await askCommitment(here.test.url, '2.25.77', moduleOf(reference(uid)), here.hospital);
    expect(outcomeOf(asked.json)).toEqual({ committed: [], failed: [[uid, 0x0112]] });
    await restore(id);
  });
});

describe('sent again', () => {
  it('an instance that was rejected is refused for that, once kept, and accepted after it is restored', async () => {
    const study = here.newStudy();
    const [made, changed] = [imageOf(study, 1), imageOf(study, 1)];
    await here.store(made.bytes);
    const id = await reject({ studyInstanceUid: study });
    for (const bytes of [made.bytes, changed.bytes, made.bytes]) {
      expect(await here.store(bytes)).toMatchObject({ kind: 'failed', reason: 'rejected-instance' });
    }
    const entries = await here.entries({ reason: 'rejected-instance' });
    expect(entries.map(({ timesReceived, sopInstanceUid }) => [timesReceived, sopInstanceUid])).toEqual([
      [1, `${study}.1.1`],
      [2, `${study}.1.1`],
    ]);
    const same = entries[1];
    if (same === undefined) throw new Error('nothing is in quarantine');
    expect(await here.decide(same.quarantineId, 'accept')).toMatchObject({
      status: 409,
      json: { message: expect.stringContaining('Restore it first') },
    });
    expect(await here.original(study, 1)).toBe(410);
    await restore(id);
    expect(await here.decide(same.quarantineId, 'accept')).toMatchObject({ status: 200 });
    expect(await here.original(study, 1)).toEqual(made.bytes);
    expect(await here.store(made.bytes)).toMatchObject({ kind: 'stored', reason: undefined });
  });

  it('a new instance of a rejected study is stored and shown', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    await reject({ studyInstanceUid: study });
    expect(await here.store(imageOf(study, 2).bytes)).toMatchObject({ kind: 'stored', reason: undefined });
    expect(await here.instanceCount(study)).toBe(1);
    expect(await here.original(study, 1)).toBe(410);
  });

  it('one whose rejection comes while it is received is kept beside it', async () => {
    const study = here.newStudy();
    const made = imageOf(study, 1);
    await here.store(made.bytes);
    const [, again] = await Promise.all([
      reject({ studyInstanceUid: study }),
      storeOne(here.test.url, imageOf(study, 1).bytes, { headers: here.hospital }),
    ]);
    expect(again.kind).toBe('failed');
    const held = await here.entries();
    expect(held.filter(({ sopInstanceUid }) => sopInstanceUid === `${study}.1.1`)).toHaveLength(1);
  });
});

/**
 * Rejection notes that come before what they name, after it and at the same time, through two processes: the archive ends the
 * same, and so does an index that is made anew (docs/decisions/0039).
 */
import { migrate, openDatabase } from '@sandyq/database';
import { dropDatabase, makeDatabase } from '@sandyq/database/testing';
import { readPart10, type Tag, Tags } from '@sandyq/dicom';
import { makeApiKey } from '@sandyq/index';
import { exportDecision } from '@sandyq/indexing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ArchiveProcess, startArchiveProcess } from '../support/archive-process.ts';
import { compareIndexes, compareRows } from '../support/compare-indexes.ts';
import {
  corpusFiles,
  corpusNote,
  isAcceptable,
  readCorpusFile,
  skipWithoutCorpus,
} from '../support/corpus.ts';
import { get, storeOne } from '../support/dicomweb.ts';
import { FreshUids, withFreshUids } from '../support/fresh-uids.ts';
import { askRejections, type NotedInstance, noteOf, storeDataSet } from '../support/rejecting.ts';
import { RETENTION_ROWS } from '../support/retention-rows.ts';
import { runScript } from '../support/run-script.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { imageOf, QuarantineArchive } from './quarantine-archive.ts';

const seed = testSeed();
const random = new SeededRandom(seed);

let here: QuarantineArchive;
let other: ArchiveProcess;
/** Like the scanner of the hospital, and believed. */
let changer: Record<string, string>;

beforeAll(async () => {
  here = await QuarantineArchive.start();
  const { settings, testDatabase, archive } = here.test;
  const roles = ['scanner' as const, 'change-requester' as const];
  const { key } = await makeApiKey(archive.database, { roles, device: 'ct' }, 'test');
  changer = { Authorization: `Bearer ${key}` };
  other = await startArchiveProcess('ingest', {
    SANDYQ_DATA: settings.dataFolder,
    DATABASE_URL: testDatabase.connectionString,
    SANDYQ_AUTH: 'keys',
  });
});
afterAll(async () => {
  await other?.stop();
  await here?.test.stop();
});

const anyProcess = () => random.pick([here.test.url, other.url]);

const send = (instance: Uint8Array) => storeOne(anyProcess(), instance, { headers: here.hospital });

async function sendNote(note: ReturnType<typeof noteOf>): Promise<void> {
  expect(await storeDataSet(anyProcess(), note, changer)).toBe(200);
}

async function original(instance: NotedInstance): Promise<Buffer | number> {
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = instance;
  const path = `originals/${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}`;
  const { status, body } = await get(`${here.test.url}/${path}`, here.radiologist);
  return status === 200 ? body : status;
}

/** What the index says of a study but for keys, ids and times. */
async function rowsOf(study: string): Promise<unknown> {
  const { rows } = await here.test.archive.database.query({
    text: `select s.number_of_instances, s.number_of_series, s.modalities,
      (select array_agg(p.state || ' ' || i.state order by 1) from sop_instance p
        join instance i using (study_key, sop_instance_uid) where p.study_key = s.study_key) as states,
      (select array_agg(j.reason_code || ' ' || j.state || ' ' || (j.note_uid is not null)) from rejected_instance r
        join rejection j using (rejection_id) where r.study_instance_uid = s.study_instance_uid) as register,
      (select count(*) from rejection j where j.study_instance_uid = s.study_instance_uid) as rejections,
      (select count(*) from awaited_instance a join rejection j using (rejection_id)
        where j.study_instance_uid = s.study_instance_uid) as awaited
      from study s where s.study_instance_uid = $1`,
    values: [study],
  });
  return rows[0];
}

async function restore(study: string): Promise<void> {
  const listed = await askRejections(here.test.url, here.administrator, `?study=${study}`);
  const [rejection] = listed.json['rejections'] as { id: string }[];
  const path = `/${rejection?.id}/restore`;
  const { status } = await askRejections(here.test.url, here.administrator, path, { reason: 'a wrong note' });
  expect(status).toBe(200);
}

/** An image of the corpus in a study of its own. */
interface Image extends NotedInstance {
  readonly bytes: Buffer;
  readonly patientId: string;
}

const ROUNDS = 9;

function imagesOfCorpus(): Image[] {
  const uids = new FreshUids();
  const images: Image[] = [];
  for (const file of corpusFiles()) {
    if (images.length === ROUNDS) break;
    if (file.verdict !== 'accept' || !isAcceptable(file) || !file.part10 || file.bytes > 300_000) continue;
    if ((file.StudyInstanceUID ?? '').length < 20 || (file.SeriesInstanceUID ?? '').length < 20) continue;
    if ((file.SOPInstanceUID ?? '').length < 20) continue;
    const bytes = readCorpusFile(file.path);
    const { elements } = readPart10(bytes).dataSet;
    const textIn = (tag: Tag) =>
      Buffer.from(elements.get(tag)?.value ?? [])
        .toString('latin1')
        .trim();
    const patientId = textIn(Tags.PatientID);
    if (!/^[\w-]+$/.test(patientId) || elements.has(Tags.IssuerOfPatientID)) continue;
    images.push({ ...withFreshUids(bytes, uids), patientId });
  }
  return images;
}

const ORDERS = {
  'image first': async (image: () => Promise<unknown>, note: () => Promise<unknown>) => {
    await image();
    await note();
  },
  'note first': async (image: () => Promise<unknown>, note: () => Promise<unknown>) => {
    await note();
    await image();
  },
  together: async (image: () => Promise<unknown>, note: () => Promise<unknown>) => {
    await Promise.all(random.next() < 0.5 ? [image(), note()] : [note(), image()]);
  },
} as const;
const ORDER_NAMES = Object.keys(ORDERS) as (keyof typeof ORDERS)[];

describe.skipIf(skipWithoutCorpus)(`images of the corpus and notes on them${corpusNote}`, () => {
  it(`end the same in every order (SANDYQ_TEST_SEED=${seed})`, async () => {
    const images = imagesOfCorpus();
    expect(images).toHaveLength(ROUNDS);
    const ended = new Map<string, unknown>();
    for (const [index, image] of images.entries()) {
      const order = ORDER_NAMES[index % ORDER_NAMES.length] ?? 'together';
      const note = noteOf(`2.26.${index + 1}`, '113037', [image], image.patientId);
      await ORDERS[order](
        async () => {
          const { kind, reason, retrieveUrl } = await send(image.bytes);
          expect([kind, ...(order === 'together' ? [] : [reason])]).toEqual(
            {
              'image first': ['stored', undefined],
              'note first': ['stored', 'rejected-beforehand'],
              together: ['stored'],
            }[order],
          );
          expect(retrieveUrl === undefined).toBe(reason === 'rejected-beforehand');
        },
        () => sendNote(note),
      );
      expect(await original(image), order).toBe(410);
      expect(await send(image.bytes)).toMatchObject({ kind: 'failed', reason: 'rejected-instance' });
      ended.set(`${index} ${order}`, await rowsOf(image.studyInstanceUid));
    }
    const expected = {
      number_of_instances: 1,
      number_of_series: 1,
      modalities: ['KO'],
      states: expect.arrayContaining(['active active', 'rejected rejected']),
      register: ['113037 rejected true'],
      rejections: 1,
      awaited: 0,
    };
    expect(Object.fromEntries(ended)).toEqual(
      Object.fromEntries([...ended.keys()].map((key) => [key, expected])),
    );

    for (const image of images.slice(0, 4)) {
      await restore(image.studyInstanceUid);
      expect(await original(image)).toEqual(image.bytes);
    }
  });
});

it(`a series that comes through two processes beside its note ends the same (SANDYQ_TEST_SEED=${seed})`, async () => {
  for (let round = 0; round < 6; round += 1) {
    const study = here.newStudy();
    const numbers = [1, 2, 3, 4, 5];
    const named = numbers.slice(1).map((number) => ({
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.1`,
      sopInstanceUid: `${study}.1.${number}`,
    }));
    const works: (() => Promise<unknown>)[] = numbers.map((number) => async () => {
      const { kind, reason } = await send(imageOf(study, number, { patientId: 'P1' }).bytes);
      expect([kind, reason ?? 'rejected-beforehand']).toEqual(['stored', 'rejected-beforehand']);
    });
    works.splice(random.integer(0, works.length + 1), 0, () =>
      sendNote(noteOf(`${study}.9`, '113038', named)),
    );
    await Promise.all(works.map((work) => work()));
    expect(await rowsOf(study)).toMatchObject({
      number_of_instances: 2,
      number_of_series: 2,
      register: Array(4).fill('113038 rejected true'),
      rejections: 1,
      awaited: 0,
    });
    expect(await here.instanceCount(study)).toBe(2);
  }
});

describe('a note that came first', () => {
  const instance = (study: string, number: number): NotedInstance => ({
    studyInstanceUid: study,
    seriesInstanceUid: `${study}.1`,
    sopInstanceUid: `${study}.1.${number}`,
  });
  const image = (study: string, number: number) => imageOf(study, number, { patientId: 'P1' }).bytes;

  it('and was restored hides nothing of what comes then', async () => {
    const study = here.newStudy();
    await sendNote(noteOf(`${study}.9`, '113038', [instance(study, 1), instance(study, 2)]));
    await send(image(study, 1));
    const listed = await askRejections(here.test.url, here.administrator, `?study=${study}`);
    expect(listed.json).toMatchObject({ rejections: [{ instances: 1, awaited: 1 }] });
    await restore(study);
    expect(await send(image(study, 2))).toMatchObject({ kind: 'stored', reason: undefined });
    expect([await original(instance(study, 1)), await original(instance(study, 2))]).toEqual([
      expect.any(Buffer),
      expect.any(Buffer),
    ]);
    await sendNote(noteOf(`${study}.9`, '113038', [instance(study, 1), instance(study, 2)]));
    expect(await here.instanceCount(study)).toBe(3);
  });

  it('hides what an administrator accepts from quarantine', async () => {
    const study = here.newStudy();
    await sendNote(noteOf(`${study}.9`, '113038', [instance(study, 1)]));
    expect(await here.storeElsewhere(image(study, 1))).toBe(409);
    const { quarantineId } = await here.newest();
    expect(await here.decide(quarantineId, 'accept')).toMatchObject({ status: 200 });
    expect(await original(instance(study, 1))).toBe(410);
    expect(await rowsOf(study)).toMatchObject({ register: ['113038 rejected true'], awaited: 0 });
  });

  it('from a sender who is not believed, or of another facility, hides nothing', async () => {
    const { database } = here.test.archive;
    const roles = ['scanner' as const, 'change-requester' as const];
    const { key } = await makeApiKey(database, { roles, facility: 'clinic' }, 'test');
    for (const headers of [here.hospital, { Authorization: `Bearer ${key}` }]) {
      const study = here.newStudy();
      const note = { ...noteOf(`${study}.9`, '113038', [instance(study, 1)]) };
      // In a study of its own: that of the images is nobody's yet.
      const elsewhere = { ...note, '0020000D': { vr: 'UI' as const, Value: [`${study}.99`] } };
      expect(await storeDataSet(here.test.url, elsewhere, headers)).toBe(200);
      expect(await send(image(study, 1))).toMatchObject({ kind: 'stored', reason: undefined });
      expect(await original(instance(study, 1))).toEqual(expect.any(Buffer));
    }
  });
});

it('an index that is made anew says the same', async () => {
  const { archive, settings } = here.test;
  await exportDecision(archive);
  const connectionString = await makeDatabase();
  const anew = openDatabase({ connectionString });
  try {
    await migrate(anew);
    const environment = { SANDYQ_DATA: settings.dataFolder, DATABASE_URL: connectionString };
    const { code, stderr } = await runScript('rebuild-index.ts', ['--json'], environment);
    expect(code, stderr).toBe(0);
    expect(await compareRows(archive.database, anew, RETENTION_ROWS)).toEqual([]);
    const differences = await compareIndexes(archive.database, anew);
    // The device of the test was registered without a transaction: its line is a little later than its row.
    expect(differences.filter(({ table }) => table !== 'device')).toEqual([]);
  } finally {
    await anew.close();
    await dropDatabase(connectionString);
  }
});

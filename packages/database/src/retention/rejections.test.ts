import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GroupCommit } from '../commit/group-commit.ts';
import type { Database } from '../database.ts';
import { listInstances } from '../locate-instances.ts';
import { createFacility, type Facility } from '../principals.ts';
import { journalLines, pretendExported } from '../testing/kept-back.ts';
import { segmentCommit } from '../testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { whyGone } from './gone.ts';
import { findRejection, listRejections } from './rejection-list.ts';
import { countRejectable, type NewRejection, rejectInstances } from './rejections.ts';
import { restoreRejection } from './restore-rejection.ts';

let test: TestDatabase;
let database: Database;
let hospital: Facility;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  hospital = await createFacility(database, { code: 'hospital', name: 'Hospital' }, 'test');
});

afterAll(() => test.drop());

const now = new Date('2026-03-02T10:00:00Z');

let studies = 0;

/** A study of a CT series with two instances, received first, and an MR series with one. */
async function makeStudy(): Promise<string> {
  studies += 1;
  const study = `1.2.${studies}`;
  const make = (series: number, modality: string, instances: readonly string[]) =>
    segmentCommit({
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.${series}`,
      facilityId: hospital.facilityId,
      issuerId: hospital.patientIssuerId,
      instances: instances.map((sopInstanceUid) => ({
        sopInstanceUid,
        attributes: { '00080060': { vr: 'CS', Value: [modality] } },
      })),
    });
  await submit(make(1, 'CT', [`${study}.1.1`, `${study}.1.2`]));
  await submit({ ...make(2, 'MR', [`${study}.2.1`]), receivedAt: new Date('2026-03-01T09:00:00Z') });
  return study;
}

const submit = (segment: ReturnType<typeof segmentCommit>) => new GroupCommit(database).submit(segment);

function rejectionOf(studyInstanceUid: string, scope: Partial<NewRejection> = {}): NewRejection {
  return {
    rejectionId: randomUUID(),
    studyInstanceUid,
    reasonCode: '113037',
    reasonText: 'wrong side',
    rejectedBy: 'anna',
    now,
    restoreUntil: new Date('2026-04-01T10:00:00Z'),
    ...scope,
  };
}

const reject = (rejection: NewRejection) =>
  database.inTransaction((client) => rejectInstances(client, rejection));
const restore = (rejectionId: string) =>
  database.inTransaction((client) =>
    restoreRejection(client, { rejectionId, reason: 'by mistake', restoredBy: 'berik', now }),
  );

interface ShownStudy {
  number_of_series: number;
  number_of_instances: number;
  modalities: string[];
  founded_by: string | null;
  revision: number;
  listed_on: string | null;
}

async function shown(studyInstanceUid: string): Promise<ShownStudy | undefined> {
  const result = await database.query<ShownStudy & Record<string, unknown>>({
    text: `select number_of_series, number_of_instances, modalities, founded_by, revision, listed_on
      from study where study_instance_uid = $1`,
    values: [studyInstanceUid],
  });
  return result.rows[0];
}

const uidsIn = async (studyInstanceUid: string) =>
  (await listInstances(database, { studyInstanceUid }))?.instances.map((one) => one.sopInstanceUid) ?? [];

async function statesOf(studyInstanceUid: string): Promise<string[]> {
  const result = await database.query<{ state: string }>({
    text: `select p.state || '/' || i.state as state from sop_instance p join instance i using (study_key, sop_instance_uid)
      join study s using (study_key) where s.study_instance_uid = $1 order by sop_instance_uid`,
    values: [studyInstanceUid],
  });
  return result.rows.map(({ state }) => state);
}

describe('rejectInstances', () => {
  it('hides a study, counts it nowhere, and keeps its rows', async () => {
    const study = await makeStudy();
    const before = await shown(study);
    expect(await reject(rejectionOf(study))).toBe(3);
    expect(await uidsIn(study)).toEqual([]);
    const after = await shown(study);
    expect(after).toMatchObject({
      number_of_series: 0,
      number_of_instances: 0,
      modalities: [],
      founded_by: null,
      listed_on: null,
    });
    expect(after?.revision).toBeGreaterThan(before?.revision ?? 0);
    expect(await statesOf(study)).toEqual(Array(3).fill('rejected/rejected'));
  });

  it('hides instances of a series and passes the study on to who is left', async () => {
    const study = await makeStudy();
    const scope = {
      seriesInstanceUid: `${study}.1`,
      sopInstanceUids: [`${study}.1.1`, `${study}.2.1`, '9.9'],
    };
    expect(await reject(rejectionOf(study, scope))).toBe(1);
    expect(await uidsIn(study)).toEqual([`${study}.1.2`, `${study}.2.1`]);
    expect(await shown(study)).toMatchObject({
      number_of_instances: 2,
      number_of_series: 2,
      founded_by: `${study}.1.2`,
    });
  });

  it('hides a series: the study no longer has its modality', async () => {
    const study = await makeStudy();
    expect(await reject(rejectionOf(study, { seriesInstanceUid: `${study}.2` }))).toBe(1);
    expect(await shown(study)).toMatchObject({
      modalities: ['CT'],
      number_of_series: 1,
      founded_by: `${study}.1.1`,
    });
  });

  it('records nothing where nothing is left to reject, but for a plan', async () => {
    const study = await makeStudy();
    await reject(rejectionOf(study));
    const again = rejectionOf(study);
    expect(await countRejectable(database, again)).toBe(0);
    expect(await countRejectable(database, rejectionOf('9.9.9'))).toBeUndefined();
    expect(await reject(again)).toBe(0);
    expect(await findRejection(database, again.rejectionId)).toBeUndefined();
    const planned = rejectionOf(study, { planId: randomUUID(), reasonCode: '113039' });
    expect(await reject(planned)).toBe(0);
    expect(await findRejection(database, planned.rejectionId)).toMatchObject({
      state: 'rejected',
      instances: 0,
    });
  });

  it('tells the journal every instance with its digest, and the change feed', async () => {
    const study = await makeStudy();
    const rejection = rejectionOf(study, { seriesInstanceUid: `${study}.1` });
    await reject(rejection);
    const [line] = await journalLines(database, 1);
    expect(line).toMatchObject({
      kind: 'instances-rejected',
      decided_by: 'anna',
      fact: {
        rejectionId: rejection.rejectionId,
        studyInstanceUid: study,
        seriesInstanceUid: `${study}.1`,
        reasonCode: '113037',
        restoreUntil: '2026-04-01T10:00:00.000Z',
        instances: [{ sopInstanceUid: `${study}.1.1` }, { sopInstanceUid: `${study}.1.2` }],
      },
    });
    await pretendExported(database);
    const announced = await database.query<{ kind: string; sop_instance_uids: string[] }>({
      text: `select kind, sop_instance_uids from change_outbox where study_instance_uid = $1
        order by change_outbox_id desc limit 1`,
      values: [study],
    });
    expect(announced.rows).toEqual([
      { kind: 'rejected', sop_instance_uids: [`${study}.1.1`, `${study}.1.2`] },
    ]);
  });

  it('says why there is nothing to see, to the owner of the study', async () => {
    const study = await makeStudy();
    await reject(rejectionOf(study, { seriesInstanceUid: `${study}.1` }));
    const gone = { kind: 'rejected', reasonCode: '113037', facilityId: hospital.facilityId, at: now };
    const instance = {
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.1`,
      sopInstanceUid: `${study}.1.1`,
    };
    expect(await whyGone(database, instance)).toEqual(gone);
    expect(await whyGone(database, { studyInstanceUid: study, seriesInstanceUid: `${study}.1` })).toEqual(
      gone,
    );
    expect(
      await whyGone(database, { studyInstanceUid: study, seriesInstanceUid: `${study}.2` }),
    ).toBeUndefined();
    expect(await whyGone(database, { ...instance, studyInstanceUid: '9.9.9' })).toBeUndefined();
  });
});

describe('restoreRejection', () => {
  it('shows everything again as it was', async () => {
    const study = await makeStudy();
    const before = await shown(study);
    const rejection = rejectionOf(study);
    await reject(rejection);
    expect(await restore(rejection.rejectionId)).toBe(3);
    const after = await shown(study);
    expect(after).toEqual({ ...before, revision: after?.revision });
    expect(after?.revision).toBeGreaterThan(before?.revision ?? 0);
    expect(await statesOf(study)).toEqual(Array(3).fill('active/active'));
    expect(await findRejection(database, rejection.rejectionId)).toMatchObject({
      state: 'restored',
      decidedBy: 'berik',
      instances: 0,
    });
  });

  it('leaves alone what another rejection hides', async () => {
    const study = await makeStudy();
    await reject(rejectionOf(study, { seriesInstanceUid: `${study}.2` }));
    const rest = rejectionOf(study);
    expect(await reject(rest)).toBe(2);
    expect(await restore(rest.rejectionId)).toBe(2);
    expect(await uidsIn(study)).toEqual([`${study}.1.1`, `${study}.1.2`]);
  });

  it('holds out again what an identity conflict held out', async () => {
    const study = await makeStudy();
    const stranger = segmentCommit({
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.3`,
      facilityId: hospital.facilityId,
      issuerId: hospital.patientIssuerId,
      instances: [{ sopInstanceUid: `${study}.3.1`, patientId: 'P2' }],
    });
    expect(await submit(stranger)).toEqual([{ kind: 'identity-conflict' }]);
    const rejection = rejectionOf(study);
    expect(await reject(rejection)).toBe(4);
    await restore(rejection.rejectionId);
    expect((await statesOf(study)).at(-1)).toBe('identity-conflict/identity-conflict');
    expect((await shown(study))?.number_of_instances).toBe(3);
  });

  it('is refused the second time, and of a rejection that nobody made', async () => {
    const study = await makeStudy();
    const rejection = rejectionOf(study);
    await reject(rejection);
    await restore(rejection.rejectionId);
    await expect(restore(rejection.rejectionId)).rejects.toMatchObject({ code: 'conflict' });
    await expect(restore(randomUUID())).rejects.toMatchObject({ code: 'not-found' });
  });
});

it('rejections and instances that arrive at the same time do not lock each other out', async () => {
  const study = await makeStudy();
  const arrivals = Array.from({ length: 20 }, (_, index) =>
    segmentCommit({
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.${(index % 3) + 1}`,
      facilityId: hospital.facilityId,
      issuerId: hospital.patientIssuerId,
      instances: [{ sopInstanceUid: `${study}.7.${index}` }],
    }),
  );
  const rejecting = Array.from({ length: 5 }, () => reject(rejectionOf(study)));
  await Promise.all([...arrivals.map(submit), ...rejecting]);
  const rejected = await listRejections(database, { studyInstanceUid: study, state: 'rejected' }, 10);
  const hidden = rejected.reduce((sum, { instances }) => sum + instances, 0);
  expect((await shown(study))?.number_of_instances).toBe(23 - hidden);
  expect((await uidsIn(study)).length).toBe(23 - hidden);
  expect(hidden).toBeGreaterThanOrEqual(3);
});

import { createHash } from 'node:crypto';
import { type Database, findRejection, placeHold, readPlanItems, rejectInstances } from '@sandyq/database';
import { createTestDatabase, makeQuarantined, People, type TestDatabase } from '@sandyq/database/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { adoptedSchedule } from '../testing/adopted-schedule.ts';
import { assertSameSchedule } from './approve-plan.ts';
import { noneLeftOut } from './left-out.ts';
import { makePlan, type PlanRequest } from './make-plan.ts';
import { assertPlanIntact } from './plan-digest.ts';

let test: TestDatabase;
let database: Database;
let people: People;
let now = new Date('2026-06-01T00:00:00Z');
let ids = 0;

const planner = { principalId: 'planner', isOperator: false };
const newId = () => `00000000-0000-7000-8000-${String((ids += 1)).padStart(12, '0')}`;
const plan = (request: Partial<PlanRequest> = {}) =>
  makePlan({ database, newId, now: () => now }, { kind: 'schedule', ...request }, planner);
const sha256 = (text: string) => createHash('sha256').update(text).digest();

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  people = await People.in(database);
});
afterEach(async () => {
  now = new Date('2026-06-01T00:00:00Z');
  await database.query({
    text: `truncate study, series, instance, sop_instance, segment, patient_identifier, retention_schedule, legal_hold,
      disposition_plan, rejection, quarantine cascade`,
  });
});
afterAll(() => test?.drop());

/** A person of their own, so that no study is another's later one. */
const store = (studyInstanceUid: string, studyDate: string, sopInstanceUid?: string): Promise<string> =>
  people.store({
    studyInstanceUid,
    studyDate,
    birthDate: '19700101',
    patientId: studyInstanceUid,
    name: `Name${studyInstanceUid}`,
    receivedAt: new Date(`${(studyDate || '20100101').replace(/(....)(..)(..)/, '$1-$2-$3')}T12:00:00Z`),
    ...(sopInstanceUid !== undefined && { sopInstanceUid }),
  });

const hold = (studyInstanceUids: readonly string[]) =>
  database.inTransaction((client) =>
    placeHold(
      client,
      {
        legalHoldId: newId(),
        reason: 'complaint',
        authority: 'court',
        owner: 'lawyer',
        scope: { kind: 'studies', studyInstanceUids },
        reviewOn: '2030-01-01',
      },
      'lawyer',
    ),
  );

describe('a plan by the schedule', () => {
  it('cannot be made where none is in force', async () => {
    await adoptedSchedule(database, {}, { isAdopted: false });
    await expect(plan()).rejects.toMatchObject({ code: 'conflict' });
  });

  it('lists what is due, and says why the rest is not', async () => {
    await adoptedSchedule(database);
    await store('1.1', '20160530');
    await store('1.2', '20160601');
    await store('1.3', '');
    await store('1.4', '20100101');
    await store('1.5', '20100101');
    await hold(['1.4']);
    const { facilityId } = people.facility;
    await makeQuarantined(database, { facilityId, bytes: 'q', studyInstanceUid: '1.5' });
    const made = await plan({ validDays: 2 });
    expect(made).toMatchObject({
      looked: 5,
      isFull: false,
      leftOut: { ...noneLeftOut(), kept: 1, review: 1, held: 1, quarantined: 1 },
      plan: {
        state: 'open',
        studies: 1,
        instances: 1,
        bytes: 512,
        createdBy: 'planner',
        expiresAt: new Date('2026-06-03T00:00:00Z'),
      },
    });
    const [item] = await readPlanItems(database, made.plan?.planId ?? '', { after: 0, limit: 9 });
    expect(item).toMatchObject({
      ordinal: 1,
      studyInstanceUid: '1.1',
      facility: 'hospital',
      rejectionId: undefined,
      rule: 'all',
      action: 'destroy',
      earliestDisposition: '2026-05-31',
      state: 'planned',
    });
    expect(await plan()).toMatchObject({ plan: undefined, leftOut: { planned: 1 } });
    now = new Date('2026-06-04T00:00:00Z');
    expect((await plan()).leftOut.planned).toBe(0);
  });

  it('has the digest that the documents say, of studies and of the whole', async () => {
    await adoptedSchedule(database);
    await store('2.1', '20100101', '2.1.10');
    await store('2.1', '20100101', '2.1.9');
    const made = await plan();
    const content = sha256(
      ['2.1.10', '2.1.9'].map((uid) => `${uid} ${sha256(uid).toString('hex')}\n`).join(''),
    );
    const lines = [
      [made.plan?.planId, 'schedule', 'test', 1],
      [1, '2.1', 'hospital', null, content.toString('hex'), 'all', 'destroy', '2020-01-02', 2, 1_024],
    ];
    expect(made.plan?.sha256.toString('hex')).toBe(
      sha256(lines.map((line) => `${JSON.stringify(line)}\n`).join('')).toString('hex'),
    );
  });

  it('is not intact once an item is another one', async () => {
    await adoptedSchedule(database);
    await store('3.1', '20100101');
    const { plan: made } = await plan();
    if (made === undefined) throw new Error('there is a plan');
    await assertPlanIntact(database, made);
    await database.query({ text: `update disposition_plan_item set study_instance_uid = '3.2'` });
    await expect(assertPlanIntact(database, made)).rejects.toMatchObject({ code: 'conflict' });
    await database.query({ text: 'delete from disposition_plan_item' });
    await expect(assertPlanIntact(database, made)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is bound to the version of the schedule that it was made by', async () => {
    await adoptedSchedule(database);
    await store('7.1', '20100101');
    const { plan: made } = await plan();
    if (made === undefined) throw new Error('there is a plan');
    await assertSameSchedule(database, made, now);
    await adoptedSchedule(database, { version: 2, from: '2026-06-02' });
    await assertSameSchedule(database, made, now);
    const later = new Date('2026-06-02T00:00:00Z');
    await expect(assertSameSchedule(database, made, later)).rejects.toThrow('test@2 is in force now');
  });

  it('is full at its limit, and of one facility if it is told so', async () => {
    await adoptedSchedule(database);
    for (const uid of ['4.1', '4.2', '4.3']) await store(uid, '20100101');
    expect(await plan({ limit: 2 })).toMatchObject({ isFull: true, plan: { studies: 2 } });
    expect(await plan({ limit: 2 })).toMatchObject({ isFull: false, plan: { studies: 1 } });
    await people.addFacility('elsewhere');
    expect(await plan({ facility: 'elsewhere' })).toMatchObject({ looked: 0, plan: undefined });
    await expect(plan({ facility: 'nowhere' })).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a plan of rejections', () => {
  const reject = async (studyInstanceUid: string, restoreUntil: string) => {
    const rejectionId = newId();
    const hidden = await database.inTransaction((client) =>
      rejectInstances(client, {
        rejectionId,
        studyInstanceUid,
        reasonCode: '113001',
        reasonText: 'blurred',
        rejectedBy: 'radiographer',
        now,
        restoreUntil: new Date(restoreUntil),
      }),
    );
    expect(hidden).toBe(1);
    return rejectionId;
  };

  it('lists what was rejected, when its grace and the minimum period of its study have passed', async () => {
    const review = `  - { id: all, title: All, when: {}, keep: { atLeast: [{ period: 10y, from: study-date }] }, atEnd: review }`;
    await adoptedSchedule(database, { rules: review });
    await store('5.1', '20100101', '5.1.1');
    await store('5.1', '20100101', '5.1.2');
    await store('5.2', '20200101');
    await store('5.3', '20100101');
    await store('5.4', '20100101');
    const due = await rejectInstance('5.1.1');
    await reject('5.2', '2026-05-01T00:00:00Z');
    await reject('5.3', '2026-06-02T00:00:00Z');
    await reject('5.4', '2026-05-01T00:00:00Z');
    await hold(['5.4']);
    expect(await findRejection(database, due)).toMatchObject({ state: 'rejected', instances: 1 });
    const made = await plan({ kind: 'rejections' });
    expect(made).toMatchObject({ looked: 3, leftOut: { ...noneLeftOut(), kept: 1, held: 1 } });
    const items = await readPlanItems(database, made.plan?.planId ?? '', { after: 0, limit: 9 });
    const content = sha256(`5.1.1 ${sha256('5.1.1').toString('hex')}\n`);
    expect(items).toMatchObject([
      { studyInstanceUid: '5.1', rejectionId: due, contentSha256: content, action: 'destroy', instances: 1 },
    ]);
    expect(await plan({ kind: 'rejections' })).toMatchObject({ looked: 2, plan: undefined });
  });

  const rejectInstance = async (sopInstanceUid: string) => {
    const rejectionId = newId();
    await database.inTransaction((client) =>
      rejectInstances(client, {
        rejectionId,
        studyInstanceUid: '5.1',
        seriesInstanceUid: '5.1.1',
        sopInstanceUids: [sopInstanceUid],
        reasonCode: '113001',
        reasonText: 'blurred',
        rejectedBy: 'radiographer',
        now,
        restoreUntil: new Date('2026-06-01T00:00:00Z'),
      }),
    );
    return rejectionId;
  };

  it('leaves studies to it that are rejected as a whole', async () => {
    await adoptedSchedule(database);
    await store('6.1', '20100101');
    await reject('6.1', '2026-05-01T00:00:00Z');
    expect(await plan()).toMatchObject({ plan: undefined, leftOut: { rejected: 1 } });
    expect(await plan({ kind: 'rejections' })).toMatchObject({ plan: { studies: 1 } });
  });
});

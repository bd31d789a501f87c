import { type Database, readSubject, rejectInstances, withdrawPlan } from '@sandyq/database';
import { createTestDatabase, People, type TestDatabase } from '@sandyq/database/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makePlan } from '../planning/make-plan.ts';
import { adoptedSchedule, scheduleText } from '../testing/adopted-schedule.ts';
import { describeAdoption } from './describe-schedule.ts';
import { proposeSchedule } from './propose-schedule.ts';
import { surveyAdoption } from './survey-adoption.ts';

let test: TestDatabase;
let database: Database;
let people: People;
const now = new Date('2026-06-01T12:00:00Z');
let ids = 0;
/** In the order in which they are made. */
const newId = () => `00000000-0000-7000-8000-${String((ids += 1)).padStart(12, '0')}`;
const planner = { principalId: 'planner', isOperator: false };

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  people = await People.in(database);
  await adoptedSchedule(database, { schedule: 'before', years: 5 });
});
afterAll(() => test?.drop());

const store = (study: string, studyDate: string) =>
  people.store({
    studyInstanceUid: study,
    studyDate,
    birthDate: '19700101',
    patientId: study,
    name: `Name${study}`,
    receivedAt: new Date('2015-01-01T12:00:00Z'),
  });

/** A plan of everything that is due and in no other plan. */
async function planned(validDays = 90, kind: 'schedule' | 'rejections' = 'schedule'): Promise<string> {
  const { plan } = await makePlan({ database, newId, now: () => now }, { kind, validDays }, planner);
  if (plan === undefined) throw new Error('there is nothing to plan');
  return plan.planId;
}

const hide = (studyInstanceUid: string, planId?: string) =>
  database.inTransaction((client) =>
    rejectInstances(client, {
      rejectionId: newId(),
      studyInstanceUid,
      reasonCode: '113039',
      reasonText: 'over',
      ...(planId !== undefined && { planId }),
      rejectedBy: 'executor',
      now,
      restoreUntil: now,
    }),
  );

const RULES = `  - { id: old, title: Old, when: { studyDate: { before: 2011-01-01 } }, keep: { atLeast: [{ period: 10y, from: study-date }] }, atEnd: destroy }
  - { id: unclear, title: Unclear, when: { studyDate: { from: 2011-01-01, before: 2012-01-01 } }, keep: { atLeast: [{ period: 1y, from: study-date }] }, atEnd: review }
  - { id: young, title: Young, when: { studyDate: { from: 2012-01-01 } }, keep: { atLeast: [{ period: 15y, from: study-date }] }, atEnd: destroy }`;

async function survey(schedule: string, from: string) {
  const text = scheduleText({ schedule, from, rules: RULES, timeZone: 'UTC' });
  await proposeSchedule({ database }, text, planner);
  return describeAdoption(await surveyAdoption(database, { schedule, version: 1, now }));
}

it('names every plan that the schedule before has bound, and judges what it hides as of the day of the change', async () => {
  for (const [study, date] of [
    ['1.1', '20100101'],
    ['1.2', '20110101'],
    ['1.3', '20120101'],
    ['1.4', '20120601'],
  ] as const)
    await store(study, date);
  const hiding = await planned();
  for (const study of ['1.1', '1.2', '1.3']) await hide(study, hiding);
  await store('2.1', '20100101');
  const short = await planned(10);
  await store('3.1', '20100101');
  await database.inTransaction(async (client) => withdrawPlan(client, await planned(), 'planner'));
  await hide('3.1');
  const byHand = await planned(90, 'rejections');

  const kinds = { hiddenKept: 0, hiddenForReview: 0 };
  const anew = 'npm run retention -- plan';
  const [first, second, third] = [
    {
      id: hiding,
      kind: 'schedule',
      state: 'open',
      planned: 4,
      hidden: 3,
      hiddenKept: 1,
      hiddenForReview: 1,
      commands: [
        `npm run retention -- restore-plan ${hiding} --reason "another schedule is in force" --execute`,
        `${anew} --kind rejections`,
        anew,
      ],
    },
    { id: short, kind: 'schedule', state: 'open', planned: 1, hidden: 0, ...kinds, commands: [anew] },
    {
      id: byHand,
      kind: 'rejections',
      state: 'open',
      planned: 1,
      hidden: 1,
      ...kinds,
      commands: [`${anew} --kind rejections`],
    },
  ];
  expect(await survey('now', '2020-01-01')).toEqual({
    inForceFrom: now,
    inForceUntil: undefined,
    insteadOf: 'before@1',
    strandedPlans: [first, second, third],
  });
  // The short one has expired by then.
  expect(await survey('soon', '2026-07-01')).toMatchObject({
    inForceFrom: new Date('2026-07-01T00:00:00Z'),
    strandedPlans: [first, third],
  });
  expect(await survey('late', '2028-01-01')).toMatchObject({ strandedPlans: [] });
  expect(await survey('never', '1990-01-01')).toEqual({ strandedPlans: [] });
  // Nothing was changed by it.
  expect(await readSubject(database, '1.1')).toBeDefined();
});

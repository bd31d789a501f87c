import type { Database } from '@sandyq/database';
import { createTestDatabase, People, type TestDatabase } from '@sandyq/database/testing';
import { parseSchedule } from '@sandyq/retention';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adoptedSchedule, scheduleText } from '../testing/adopted-schedule.ts';
import { explainStudy } from './explain-study.ts';
import { whatIf } from './what-if.ts';

let test: TestDatabase;
let database: Database;
const now = new Date('2026-06-01T00:00:00Z');

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  const people = await People.in(database);
  const south = await people.addFacility('south');
  const receivedAt = new Date('2020-01-01T00:00:00Z');
  const store = (number: number, studyDate: string, facility = people.facility) =>
    people.store({
      studyInstanceUid: `1.${number}`,
      studyDate,
      facility,
      birthDate: '19700101',
      patientId: `P${number}`,
      name: `Name${number}`,
      receivedAt,
    });
  await store(1, '20100615');
  await store(2, '20180615');
  await store(3, '20180615', south);
  await store(4, '20100615', south);
  await store(5, '');
});
afterAll(() => test?.drop());

const amount = (studies: number) => ({ studies, instances: studies, bytes: 10_240 * studies });

describe('what a schedule would mean', () => {
  it('is counted by verdict, rule, facility and year', async () => {
    const rules = parseSchedule(scheduleText({ schedule: 'other', years: 5 }));
    expect(await whatIf(database, { rules, now })).toEqual({
      total: amount(5),
      held: amount(0),
      verdicts: [
        { verdict: 'destroy', ...amount(4) },
        { verdict: 'review', ...amount(1) },
      ],
      rules: [{ rule: 'all', ...amount(5) }],
      facilities: [
        { facility: 'hospital', ...amount(3), due: amount(2) },
        { facility: 'south', ...amount(2), due: amount(2) },
      ],
      years: [
        { year: '2015', ...amount(2) },
        { year: '2023', ...amount(2) },
        { year: '2025', ...amount(1) },
      ],
      problems: [{ input: 'study-date', kind: 'missing', studies: 1 }],
      changes: undefined,
    });
    expect(await whatIf(database, { rules, now, facility: 'south' })).toMatchObject({ total: amount(2) });
  });

  it('is compared with the schedule in force', async () => {
    await adoptedSchedule(database, { years: 10 });
    const rules = parseSchedule(scheduleText({ schedule: 'other', years: 5 }));
    const { changes } = await whatIf(database, { rules, now });
    expect(changes).toEqual([
      { from: 'keep', to: 'destroy', studies: 2 },
      { from: 'keep', to: 'review', studies: 1 },
    ]);
    const inForce = parseSchedule(scheduleText({ years: 10 }));
    expect(await whatIf(database, { rules: inForce, now })).toMatchObject({ changes: undefined });
  });
});

describe('the explanation of a study', () => {
  it('says by which schedule, which rules, and from when on', async () => {
    expect(await explainStudy(database, { studyInstanceUid: '1.2', schedule: undefined, now })).toMatchObject(
      {
        isHere: true,
        judged: {
          facility: 'hospital',
          schedule: 'test',
          isInForce: true,
          verdict: 'keep',
          clock: '2018-06-15',
          earliestDisposition: '2028-06-16',
          decidedBy: 'all',
          rules: [{ rule: 'all', applies: 'yes', atEnd: 'destroy' }],
          problems: [],
          holds: [],
        },
        plans: [],
        dispositions: [],
        inQuarantine: 0,
      },
    );
    const other = await explainStudy(database, { studyInstanceUid: '1.2', schedule: 'uk-nhs', now });
    expect(other.judged).toMatchObject({ schedule: 'uk-nhs', isInForce: false });
    await expect(
      explainStudy(database, { studyInstanceUid: '1.99', schedule: undefined, now }),
    ).rejects.toMatchObject({ code: 'not-found' });
  });

  it('tells no value of the patient', async () => {
    const told = JSON.stringify(
      await explainStudy(database, { studyInstanceUid: '1.1', schedule: undefined, now }),
    );
    for (const value of ['Name1', '1970', 'P1']) expect(told).not.toContain(value);
  });
});

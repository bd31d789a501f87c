import { adoptSchedule, type Database, listSchedules, readSubject } from '@sandyq/database';
import { createTestDatabase, journalLines, type TestDatabase } from '@sandyq/database/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { adoptedSchedule, scheduleText } from '../testing/adopted-schedule.ts';
import { findSchedule } from './find-schedule.ts';
import { proposeSchedule } from './propose-schedule.ts';
import { readySchedules } from './ready-schedules.ts';
import { scheduleInForce } from './schedule-in-force.ts';

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
});
afterEach(() => database.query({ text: 'truncate retention_schedule, disposition_plan cascade' }));
afterAll(() => test?.drop());

const nameAt = async (moment: string) => {
  const found = await scheduleInForce(database, new Date(moment));
  return found && `${found.written.schedule}@${found.written.version}`;
};

describe('the schedule in force', () => {
  it('is the adopted one that became effective last, on its days in its time zone', async () => {
    await adoptedSchedule(database, { from: '2020-01-01' });
    await adoptedSchedule(database, { version: 2, from: '2025-06-01' });
    await adoptedSchedule(database, { version: 3, from: '2025-01-01' }, { isAdopted: false });
    await adoptedSchedule(database, { schedule: 'short', from: '2026-01-01', until: '2026-02-01' });
    expect(await nameAt('2019-12-31T12:00:00Z')).toBeUndefined();
    // Almaty was six hours ahead in 2020, and is five ahead now.
    expect(await nameAt('2019-12-31T17:59:59Z')).toBeUndefined();
    expect(await nameAt('2019-12-31T18:00:00Z')).toBe('test@1');
    expect(await nameAt('2025-05-31T18:59:59Z')).toBe('test@1');
    expect(await nameAt('2025-05-31T19:00:00Z')).toBe('test@2');
    expect(await nameAt('2026-01-31T18:59:59Z')).toBe('short@1');
    expect(await nameAt('2026-01-31T19:00:00Z')).toBe('test@2');
  });

  it('is the one adopted last of those effective from the same day', async () => {
    await adoptedSchedule(database, { schedule: 'z-first' });
    await adoptedSchedule(database, { schedule: 'a-second' });
    expect(await nameAt('2026-01-01T00:00:00Z')).toBe('a-second@1');
  });

  it('is named by nothing, by name and version, or is one that comes with the archive', async () => {
    const now = new Date('2026-01-01T00:00:00Z');
    await expect(findSchedule(database, undefined, now)).rejects.toMatchObject({ code: 'conflict' });
    await adoptedSchedule(database, {});
    await adoptedSchedule(database, { version: 2 }, { isAdopted: false });
    expect(await findSchedule(database, undefined, now)).toMatchObject({
      rules: { version: 1 },
      isInForce: true,
    });
    expect(await findSchedule(database, 'test@1', now)).toMatchObject({ isInForce: true });
    expect(await findSchedule(database, 'test@2', now)).toMatchObject({
      rules: { version: 2 },
      isInForce: false,
    });
    expect(await findSchedule(database, 'uk-nhs', now)).toMatchObject({
      rules: { schedule: 'uk-nhs' },
      isInForce: false,
    });
    await expect(findSchedule(database, 'test@3', now)).rejects.toMatchObject({ code: 'not-found' });
    await expect(findSchedule(database, '../uk-nhs', now)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a version', () => {
  const anna = { principalId: 'anna', isOperator: true };

  it('is kept once: the same text again is no fault, another one is', async () => {
    await proposeSchedule({ database }, scheduleText(), anna);
    await proposeSchedule({ database }, scheduleText(), { principalId: 'boris', isOperator: false });
    expect(await listSchedules(database)).toMatchObject([{ proposedBy: 'anna', adoptedBy: undefined }]);
    await expect(proposeSchedule({ database }, scheduleText({ years: 9 }), anna)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('with another text'),
    });
    await expect(proposeSchedule({ database }, 'schedule: x', anna)).rejects.toMatchObject({
      code: 'invalid-schedule',
    });
  });

  it('is adopted once, by another person, with a line of the journal', async () => {
    await proposeSchedule({ database }, scheduleText(), anna);
    const adopt = (who: string) =>
      database.inTransaction((client) => adoptSchedule(client, { schedule: 'test', version: 1 }, who));
    await expect(adopt('anna')).rejects.toMatchObject({ code: 'conflict' });
    const settled = await Promise.allSettled([adopt('boris'), adopt('clara')]);
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lines = (await journalLines(database, 100)).filter(
      ({ kind, decided_by: who }) => kind === 'schedule-adopted' && who !== 'adopter',
    );
    expect(lines).toMatchObject([
      { fact: { schedule: 'test', version: 1, text: scheduleText(), proposedBy: 'anna' } },
    ]);
  });

  it('waits to be adopted for the decisions that are made by the one before', async () => {
    await adoptedSchedule(database, { schedule: 'before' });
    await proposeSchedule({ database }, scheduleText({ from: '2020-01-01' }), anna);
    const events: string[] = [];
    let adopting = Promise.resolve();
    await database.inTransaction(async (client) => {
      // As whoever decides on a study (execution/check-item.ts): the schedule is read after the study.
      await readSubject(client, '2.25.1');
      adopting = database
        .inTransaction((other) => adoptSchedule(other, { schedule: 'test', version: 1 }, 'boris'))
        .then(() => void events.push('adopted'));
      await isWaitedFor();
      expect(await nameAt('2026-01-01T00:00:00Z')).toBe('before@1');
      events.push('decided');
    });
    await adopting;
    expect(events).toEqual(['decided', 'adopted']);
    expect(await nameAt('2026-01-01T00:00:00Z')).toBe('test@1');
  });
});

/** Until somebody waits for a lock. */
async function isWaitedFor(): Promise<void> {
  const text = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await database.query({ text })).rowCount === 0);
}

it('five schedules come with the archive', async () => {
  const names = (await readySchedules()).map(({ rules }) => rules.schedule);
  expect(names).toEqual([
    'fr-csp-r1112-7',
    'kr-medical-service-act',
    'kz-2025-draft',
    'uk-nhs',
    'us-federal',
  ]);
});

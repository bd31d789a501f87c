import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { createTestDatabase, journalLines, type TestDatabase } from '../testing/index.ts';
import {
  insertPlanItems,
  lockItem,
  type NewPlanItem,
  nextItems,
  planProgress,
  recordItem,
} from './plan-items.ts';
import { approvePlan, endPlanIfDone, insertPlan, listPlans, readPlan, withdrawPlan } from './plans.ts';
import { adoptSchedule, proposeSchedule } from './schedules.ts';

let test: TestDatabase;
let database: Database;
const now = new Date('2026-06-01T00:00:00Z');
const version = { schedule: 'test', version: 1 };

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  await proposeSchedule(database, {
    ...version,
    text: 'x',
    sha256: Buffer.alloc(32),
    effectiveFrom: '2020-01-01',
    effectiveUntil: undefined,
    proposedBy: 'anna',
  });
  await database.inTransaction((client) => adoptSchedule(client, version, 'boris'));
});
afterAll(() => test?.drop());

const item = (ordinal: number): NewPlanItem => ({
  ordinal,
  studyInstanceUid: `1.${ordinal}`,
  facility: 'north',
  rejectionId: undefined,
  contentSha256: Buffer.alloc(32, ordinal),
  rule: 'all',
  action: 'destroy',
  earliestDisposition: '2026-01-01',
  instances: 2,
  bytes: 1_000,
});

async function planOf(items: number): Promise<string> {
  const planId = randomUUID();
  await database.inTransaction(async (client) => {
    await insertPlan(client, {
      planId,
      kind: 'schedule',
      schedule: 'test',
      scheduleVersion: 1,
      sha256: Buffer.alloc(32, 7),
      studies: items,
      instances: 2 * items,
      bytes: 1_000 * items,
      createdBy: 'anna',
      createdAt: now,
      expiresAt: new Date('2026-07-01T00:00:00Z'),
    });
    await insertPlanItems(
      client,
      planId,
      Array.from({ length: items }, (_, index) => item(index + 1)),
    );
  });
  return planId;
}

const approve = (planId: string, who = 'boris', at = now) =>
  database.inTransaction((client) => approvePlan(client, { planId, now: at }, who));
const withdraw = (planId: string) =>
  database.inTransaction((client) => withdrawPlan(client, planId, 'clara'));
const end = (planId: string) => database.inTransaction((client) => endPlanIfDone(client, planId));
const record = (
  planId: string,
  ordinal: number,
  state: 'rejected' | 'purged' | 'skipped',
  outcome?: string,
) => recordItem(database, { planId, ordinal, state, outcome, now });

describe('a plan', () => {
  it('is approved by another person, once, before it expires, with a line of the journal', async () => {
    const planId = await planOf(1);
    await expect(approve(planId, 'anna')).rejects.toMatchObject({ code: 'conflict' });
    await expect(approve(planId, 'boris', new Date('2026-07-01T00:00:00Z'))).rejects.toThrow('has expired');
    const settled = await Promise.allSettled([approve(planId), approve(planId, 'clara')]);
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { approvedBy } = await readPlan(database, planId);
    const lines = (await journalLines(database, 100)).filter(({ kind }) => kind === 'plan-approved');
    expect(lines).toMatchObject([
      { decided_by: approvedBy, fact: { planId, sha256: '07'.repeat(32), createdBy: 'anna', studies: 1 } },
    ]);
  });

  it('is withdrawn by whoever, and then neither approved nor withdrawn again', async () => {
    const planId = await planOf(1);
    expect(await withdraw(planId)).toMatchObject({ state: 'withdrawn', withdrawnBy: 'clara' });
    await expect(approve(planId)).rejects.toThrow('is withdrawn, not open');
    await expect(withdraw(planId)).rejects.toThrow('is withdrawn already');
    const approved = await planOf(1);
    await approve(approved);
    await withdraw(approved);
    const lines = (await journalLines(database, 100)).filter(({ kind }) => kind === 'plan-withdrawn');
    expect(lines).toMatchObject([{ decided_by: 'clara', fact: { planId: approved } }]);
  });

  it('ends when nothing of it is left to do', async () => {
    const planId = await planOf(3);
    expect(await end(planId)).toBe(false);
    await approve(planId);
    await record(planId, 1, 'purged');
    await record(planId, 3, 'rejected', 'held');
    const left = await nextItems(database, planId, { after: 0, limit: 9 });
    expect(left.map(({ ordinal, state, outcome }) => [ordinal, state, outcome])).toEqual([
      [2, 'planned', undefined],
      [3, 'rejected', 'held'],
    ]);
    expect(await nextItems(database, planId, { after: 2, limit: 9 })).toMatchObject([{ ordinal: 3 }]);
    expect(await end(planId)).toBe(false);
    await record(planId, 2, 'skipped', 'changed');
    await record(planId, 3, 'purged');
    expect(await end(planId)).toBe(true);
    expect(await readPlan(database, planId)).toMatchObject({ state: 'ended' });
    expect(await planProgress(database, planId)).toEqual([
      { state: 'purged', action: 'destroy', studies: 2, instances: 4, bytes: 2_000 },
      { state: 'skipped', action: 'destroy', studies: 1, instances: 2, bytes: 1_000 },
    ]);
    expect(await database.inTransaction((client) => lockItem(client, planId, 4))).toBeUndefined();
  });

  it('is listed newest first, in pages, by state; what is no id is no plan', async () => {
    const all = await listPlans(database, {}, 100);
    const [first] = await listPlans(database, {}, 1);
    expect(first).toEqual(all[0]);
    expect(await listPlans(database, { before: first?.planId }, 100)).toEqual(all.slice(1));
    const ended = await listPlans(database, { state: 'ended' }, 100);
    expect(ended.map(({ state }) => state)).toEqual(['ended']);
    await expect(readPlan(database, 'nonsense')).rejects.toMatchObject({ code: 'not-found' });
  });
});

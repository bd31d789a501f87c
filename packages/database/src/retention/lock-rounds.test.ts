/** What is known of locks belongs to a place, and goes with it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { People } from '../testing/people.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import {
  dueLocks,
  endDueLocks,
  enterLockingPlaces,
  lockingPlaces,
  queueObjectLock,
  readObjectLockState,
  recordLockPass,
} from './lock-rounds.ts';
import { type LockPlace, recordObjectLock } from './object-locks.ts';

let test: TestDatabase;
let database: Database;
let segmentId: string;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  await (await People.in(database)).store({ studyInstanceUid: '2.25.1', patientId: 'P' });
  const found = await database.query<{ segment_id: string }>({ text: 'select segment_id from segment' });
  segmentId = found.rows[0]?.segment_id ?? '';
});
afterAll(() => test.drop());

const store = { place: 'store', target: 'here' } as const;
const replica = { place: 'replica', target: 'there' } as const;

const lockIn = (place: LockPlace) =>
  recordObjectLock(database, { segmentId, place, hasLegalHold: true, retainedUntil: undefined });

async function lockedIn(): Promise<string[]> {
  const found = await database.query<{ place: string }>({
    text: 'select place from object_lock order by place',
  });
  return found.rows.map(({ place }) => place);
}

async function isPassDue(): Promise<boolean> {
  return (await readObjectLockState(database)).isPassDue;
}

async function endPass(): Promise<void> {
  const { decisions } = await readObjectLockState(database);
  await recordLockPass(database, { decisions, cursor: { epoch: 0, position: 0 } });
}

describe('the places that lock objects', () => {
  it('have all studies asked when one is new, and are forgotten when one is gone or another', async () => {
    await enterLockingPlaces(database, [store]);
    await lockIn('store');
    await endPass();
    await enterLockingPlaces(database, [store]);
    expect(await isPassDue()).toBe(false);
    await enterLockingPlaces(database, [store, replica]);
    expect(await isPassDue()).toBe(true);
    expect(await lockingPlaces(database)).toEqual([replica, store]);
    await lockIn('replica');
    await endPass();
    await enterLockingPlaces(database, [store, { ...replica, target: 'elsewhere' }]);
    expect(await isPassDue()).toBe(true);
    expect(await lockedIn()).toEqual(['store']);
    await enterLockingPlaces(database, [store]);
    expect(await lockingPlaces(database)).toEqual([store]);
    expect(await lockedIn()).toEqual(['store']);
  });

  it('queue a study whose object has come to one of them, until it was compared as it is', async () => {
    await enterLockingPlaces(database, [store]);
    await queueObjectLock(database, { segmentId, place: 'replica' });
    expect(await dueLocks(database, 10)).toEqual([]);
    await queueObjectLock(database, { segmentId, place: 'store' });
    const [due] = await dueLocks(database, 10);
    expect(due).toMatchObject({ studyInstanceUid: '2.25.1' });
    await queueObjectLock(database, { segmentId, place: 'store' });
    if (due !== undefined) await endDueLocks(database, due);
    const [again] = await dueLocks(database, 10);
    expect(again).toBeDefined();
    if (again !== undefined) await endDueLocks(database, again);
    expect(await dueLocks(database, 10)).toEqual([]);
  });

  it('leave nothing waiting where none is left', async () => {
    await queueObjectLock(database, { segmentId, place: 'store' });
    await enterLockingPlaces(database, []);
    expect(await dueLocks(database, 10)).toEqual([]);
    expect(await lockedIn()).toEqual([]);
  });

  it('do not lock what is gone', async () => {
    await lockIn('store');
    await lockIn('replica');
    await database.query({ text: `update segment set replicated_at = now()` });
    await database.query({ text: `update segment set state = 'deleted'` });
    expect(await lockedIn()).toEqual(['replica']);
    await database.query({ text: 'delete from replica_deletion' });
    expect(await lockedIn()).toEqual([]);
  });
});

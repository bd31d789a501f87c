import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  claimCommitmentRequest,
  extendCommitmentClaim,
  finishCommitmentRequest,
  forgetCommitments,
  insertCommitmentRequest,
  readCommitmentRequest,
} from './commitment-requests.ts';
import { createTestDatabase, type TestDatabase } from './testing/index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

const instances = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ sopClassUid: '1.2', sopInstanceUid: `1.2.${index + 1}` }));

const insert = (transactionUid: string, count = 1, mostWaiting = 100, principalId = 'p') =>
  insertCommitmentRequest(database.database, {
    transactionUid,
    principalId,
    facilityId: undefined,
    instances: instances(count),
    mostWaiting,
  });
const claim = (mostReferences = 1_000) =>
  claimCommitmentRequest(database.database, { mostReferences, leaseSeconds: 60 });

describe('a commitment request', () => {
  it('is taken in once, also when it comes twice at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => insert('2.25.1')));
    expect(answers.toSorted()).toEqual(['accepted', ...Array<string>(7).fill('duplicate')]);
  });

  it('is worked on by one at a time, the oldest first, large ones by who takes them', async () => {
    await insert('2.25.2', 5);
    await insert('2.25.3', 2);
    const claimed = await Promise.all([claim(3), claim(3), claim(3)]);
    expect(new Set(claimed.map((one) => one?.transactionUid))).toEqual(
      new Set(['2.25.1', '2.25.3', undefined]),
    );
    expect(await claim()).toMatchObject({ transactionUid: '2.25.2', attempts: 0, instances: instances(5) });
    expect(await claim()).toBeUndefined();
    await extendCommitmentClaim(database.database, '2.25.2', 0);
    expect(await claim()).toMatchObject({ transactionUid: '2.25.2', attempts: 1 });
  });

  it('has one result, as long as its references', async () => {
    const { database: db } = database;
    expect(await readCommitmentRequest(db, '2.25.3')).toMatchObject({ state: 'working', instances: [] });
    await finishCommitmentRequest(db, '2.25.3', [0]);
    expect(await readCommitmentRequest(db, '2.25.3')).toMatchObject({ state: 'working' });
    await finishCommitmentRequest(db, '2.25.3', [0, 0x0112]);
    await finishCommitmentRequest(db, '2.25.3', [0x0110, 0x0110]);
    expect(await readCommitmentRequest(db, '2.25.3')).toEqual({
      facilityId: undefined,
      state: 'done',
      instances: instances(2),
      outcomes: [0, 0x0112],
    });
    expect(await readCommitmentRequest(db, '2.25.99')).toBeUndefined();
  });

  it('waits with a bounded number of others of its principal', async () => {
    expect(await insert('2.25.10', 1, 2, 'other')).toBe('accepted');
    expect(await insert('2.25.11', 1, 2, 'other')).toBe('accepted');
    expect(await insert('2.25.12', 1, 2, 'other')).toBe('too-many');
    expect(await insert('2.25.13', 1, 2, 'third')).toBe('accepted');
  });

  it('is forgotten in two steps: the result, then the Transaction UID', async () => {
    const { database: db } = database;
    const age = (days: number) =>
      db.query({
        text: `update commitment_request set requested_at = now() - make_interval(days => $1)
          where transaction_uid = '2.25.3'`,
        values: [days],
      });
    const memory = { resultDays: 30, transactionDays: 400 };
    expect(await forgetCommitments(db, memory)).toBe(0);
    await age(31);
    expect(await forgetCommitments(db, memory)).toBe(1);
    expect(await readCommitmentRequest(db, '2.25.3')).toMatchObject({ state: 'expired', instances: [] });
    expect(await insert('2.25.3')).toBe('duplicate');
    await age(401);
    expect(await forgetCommitments(db, memory)).toBe(1);
    expect(await insert('2.25.3')).toBe('accepted');
  });
});

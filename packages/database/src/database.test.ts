import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

let test: TestDatabase;
let paused: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  paused = openDatabase({ connectionString: test.connectionString, idleTransactionTimeoutMs: 100 });
  await test.database.query({ text: 'create table contended (number integer)' });
  await test.database.query({ text: 'insert into contended values (0)' });
});
afterAll(async () => {
  await paused.close();
  await test.drop();
});

describe('a transaction of a process that is paused', () => {
  it('is ended, its locks are let go, and it is told', async () => {
    const outcome = paused.inTransaction(async (client) => {
      await client.query({ text: 'update contended set number = 1' });
      await sleep(400);
      await client.query({ text: 'update contended set number = 2' });
    });
    const told = outcome.then(
      () => undefined,
      (error: unknown) => error,
    );
    await sleep(50);
    await test.database.query({ text: 'update contended set number = number + 10' });
    expect(await told).toMatchObject({ code: 'unavailable', retryable: true });
    const { rows } = await test.database.query({ text: 'select number from contended' });
    expect(rows).toEqual([{ number: 10 }]);
  });

  it('just before its COMMIT is said to be unknown, and its connection is not used again', async () => {
    const outcome = paused.inTransaction(async (client) => {
      await client.query({ text: 'update contended set number = 3' });
      await sleep(400);
    });
    await expect(outcome).rejects.toMatchObject({ code: 'commit-unknown', retryable: true });
    const { rows } = await paused.query({ text: 'select number from contended' });
    expect(rows).toEqual([{ number: 10 }]);
  });
});

describe('a transaction whose statements are sent without waiting for each other', () => {
  it('runs them in their order, and says why the first failed that did', async () => {
    const before = await test.database.query({ text: 'select number from contended' });
    const outcome = test.database.inTransaction((client) =>
      Promise.all([
        client.query({ text: 'update contended set number = 100' }),
        client.query({ text: 'update contended set number = number / 0' }),
        client.query({ text: 'update contended set number = number + 1' }),
      ]),
    );
    await expect(outcome).rejects.toMatchObject({ code: 'data', sqlState: '22012' });
    expect((await test.database.query({ text: 'select number from contended' })).rows).toEqual(before.rows);
    const [set, read] = await test.database.inTransaction((client) =>
      Promise.all([
        client.query({ text: 'update contended set number = 7' }),
        client.query({ text: 'select number from contended' }),
      ]),
    );
    expect([set.rowCount, read.rows]).toEqual([1, [{ number: 7 }]]);
  });

  it('never ends well when one failed that nobody waited for', async () => {
    const outcome = test.database.inTransaction(async (client) => {
      client.query({ text: 'update contended set number = number / 0' }).catch(() => undefined);
    });
    await expect(outcome).rejects.toMatchObject({ code: 'data' });
    expect((await test.database.query({ text: 'select number from contended' })).rows).toEqual([
      { number: 7 },
    ]);
  });
});

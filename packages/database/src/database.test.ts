import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase, type Queryable } from './database.ts';
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

describe('a statement that keeps its plan', () => {
  /** What is said of one connection: there is no other. */
  let lone: Database;
  beforeAll(() => {
    lone = openDatabase({ connectionString: test.connectionString, maxConnections: 1 });
  });
  afterAll(() => lone.close());

  const counted = (name: string, keepsPlan?: boolean) => ({
    name,
    text: 'select count(*)::int from contended where number = any ($1)',
    values: [[1, 2, 3]],
    ...(keepsPlan === undefined ? {} : { keepsPlan }),
  });

  async function plansOf(name: string): Promise<unknown> {
    const { rows } = await lone.query({
      text: 'select generic_plans::int as kept, custom_plans::int as anew from pg_prepared_statements where name = $1',
      values: [name],
    });
    return rows[0];
  }

  async function planning(): Promise<unknown> {
    const { rows } = await lone.query({ text: 'show plan_cache_mode' });
    return rows[0]?.['plan_cache_mode'];
  }

  it('is planned whatever the values are, from the first time on', async () => {
    for (let times = 0; times < 3; times += 1) await lone.query(counted('kept', true));
    expect(await plansOf('kept')).toEqual({ kept: 3, anew: 0 });
  });

  it('leaves the others of its connection as they are', async () => {
    await lone.query(counted('kept', true));
    await lone.query(counted('not-kept'));
    expect(await plansOf('not-kept')).toEqual({ kept: 0, anew: 1 });
  });

  it('does so in a transaction that keeps them all, and only there, however it ends', async () => {
    const ask = (client: Queryable) => client.query(counted('in-transaction'));
    await lone.inTransaction(ask, { keepsPlans: true });
    const failing = lone.inTransaction(
      async (client) => {
        await ask(client);
        await client.query({ text: 'select 1 / 0' });
      },
      { keepsPlans: true },
    );
    await expect(failing).rejects.toMatchObject({ sqlState: '22012' });
    expect(await plansOf('in-transaction')).toEqual({ kept: 2, anew: 0 });
    await lone.inTransaction(ask);
    expect(await plansOf('in-transaction')).toEqual({ kept: 2, anew: 1 });
    expect(await planning()).toBe('auto');
  });
});

describe('a connection of the pool', () => {
  it('is used again after a statement that PostgreSQL refused', async () => {
    const lone = openDatabase({ connectionString: test.connectionString, maxConnections: 1 });
    const backend = async () => (await lone.query({ text: 'select pg_backend_pid() as pid' })).rows[0];
    const before = await backend();
    await expect(lone.query({ text: 'select 1 / 0' })).rejects.toMatchObject({ sqlState: '22012' });
    expect(await backend()).toEqual(before);
    await lone.close();
  });

  it('stays open, of those that were made in a burst four', async () => {
    const applicationName = 'sandyq-burst';
    const burst = openDatabase({ connectionString: test.connectionString, applicationName });
    await Promise.all(Array.from({ length: 10 }, () => burst.query({ text: 'select pg_sleep(0.2)' })));
    const open = async () =>
      (
        await test.database.query({
          text: 'select from pg_stat_activity where application_name = $1',
          values: [applicationName],
        })
      ).rowCount;
    expect(await open()).toBe(6);
    // `pg` closes what was idle for 10 s.
    await expect.poll(open, { timeout: 30_000, interval: 500 }).toBe(4);
    await sleep(1_000);
    expect(await open()).toBe(4);
    await burst.close();
  });
});

describe('a statement whose signal aborts', () => {
  const sleeps = (client: Queryable) =>
    client.query({
      text: `select 1 from pg_stat_activity where query = 'select pg_sleep(20)' and state = 'active'`,
    });

  it('is ended in PostgreSQL, and its connection can be used', async () => {
    const database = openDatabase({ connectionString: test.connectionString, maxConnections: 1 });
    const aborting = new AbortController();
    const asked = database.query({ text: 'select pg_sleep(20)', signal: aborting.signal });
    await expect.poll(async () => (await sleeps(test.database)).rowCount).toBe(1);
    aborting.abort();
    await expect(asked).rejects.toMatchObject({ sqlState: '57014' });
    expect((await database.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
    expect((await sleeps(test.database)).rowCount).toBe(0);
    await database.close();
  });

  it('before it is asked, is not asked', async () => {
    const asked = test.database.query({ text: 'select pg_sleep(20)', signal: AbortSignal.abort() });
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  });
});

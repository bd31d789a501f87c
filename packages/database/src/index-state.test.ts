import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from './database.ts';
import { markIndexCaughtUp, readIndexState, settleNewIndex } from './index-state.ts';
import {
  createTestDatabase,
  dropDatabaseNamed,
  onServer,
  type TestDatabase,
} from './testing/test-database.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

it('a database made from a copy of another one is behind, once', async () => {
  await readIndexState(test.database);
  await settleNewIndex(test.database, true);
  expect(await readIndexState(test.database)).toMatchObject({ isCaughtUp: true });

  const name = new URL(test.connectionString).pathname.slice(1);
  const copy = `${name}_copy`;
  await onServer(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`,
  );
  await onServer(`create database ${copy} template ${name}`);
  const url = new URL(test.connectionString);
  url.pathname = `/${copy}`;
  const database = openDatabase({ connectionString: url.toString() });
  try {
    const state = await readIndexState(database);
    expect(state).toMatchObject({ isCaughtUp: false, reason: 'restored' });
    expect(await readIndexState(database)).toEqual(state);
    expect(await markIndexCaughtUp(database, state)).toBe(true);
    expect(await readIndexState(database)).toMatchObject({ isCaughtUp: true });
  } finally {
    await database.close();
    await dropDatabaseNamed(copy);
  }
  expect(await readIndexState(test.database)).toMatchObject({ isCaughtUp: true });
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from './database.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
  await test.database.query({ text: 'create table noted (number integer)' });
});
afterAll(() => test.drop());

it('sends four questions on a connection, and what commits behind the fewest', async () => {
  const six = Array.from({ length: 6 }, () => backend());
  const [written, ...questions] = await Promise.all([note(1), ...six]);
  const [first, , , , fifth] = questions;
  expect(questions).toEqual([first, first, first, first, fifth, fifth]);
  expect(fifth).not.toBe(first);
  expect(written).toBe(fifth);
});

it('gathers what several connections bring in one turn', async () => {
  const asked: Promise<unknown>[] = [];
  await new Promise<void>((resolve) => {
    for (let index = 0; index < 3; index += 1) setImmediate(() => asked.push(backend()));
    setImmediate(resolve);
  });
  const [first] = await Promise.all(asked);
  expect(await Promise.all(asked)).toEqual([first, first, first]);
});

it('asks what is alone at once, and what comes in another turn by itself', async () => {
  expect(await note(2)).toBeTypeOf('number');
  expect(await backend()).toBeTypeOf('number');
  const slow = backend('pg_sleep(0.3)');
  await new Promise(setImmediate);
  const [asked, written] = await Promise.all([slow, note(3)]);
  expect(written).not.toBe(asked);
});

it('lets each fail alone', async () => {
  const [question, written] = await Promise.allSettled([backend('1 / 0'), note(4)]);
  expect(question).toMatchObject({ status: 'rejected', reason: { code: 'data', sqlState: '22012' } });
  expect(written).toMatchObject({ status: 'fulfilled' });
  const [answered, refused] = await Promise.allSettled([backend(), note('none')]);
  expect(answered).toMatchObject({ status: 'fulfilled' });
  expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'data' } });
  expect((await test.database.query({ text: 'select from noted where number = 4' })).rowCount).toBe(1);
});

it('says of each that PostgreSQL is not there', async () => {
  const nowhere = openDatabase({ connectionString: 'postgresql://127.0.0.1:1/none' });
  const statement = { text: 'select 1' };
  const outcomes = await Promise.allSettled([
    nowhere.query({ ...statement, inTurn: 'ahead' }),
    nowhere.query({ ...statement, inTurn: 'behind' }),
  ]);
  await nowhere.close();
  for (const outcome of outcomes)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
});

/** The process of PostgreSQL that answers a short question. */
async function backend(value = '1'): Promise<unknown> {
  const { rows } = await test.database.query({
    text: `select pg_backend_pid() as pid, ${value} as value`,
    inTurn: 'ahead',
  });
  return rows[0]?.['pid'];
}

/** The one that writes a row. */
async function note(value: unknown): Promise<unknown> {
  const { rows } = await test.database.query({
    text: 'insert into noted values ($1) returning pg_backend_pid() as pid',
    values: [value],
    inTurn: 'behind',
  });
  return rows[0]?.['pid'];
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertRows } from './insert-rows.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
  await test.database.query({
    text: 'create table counted (id bigint generated always as identity, number integer unique)',
  });
});
afterAll(() => test.drop());

const TARGET = { table: 'counted', columns: ['number'], suffix: 'on conflict do nothing returning number' };
const ALL = Array.from({ length: 53 }, (_, index) => [index]);

describe('insertRows', () => {
  it('inserts any number of rows in their order, with statements of few lengths', async () => {
    const lengths: number[] = [];
    const returned = await test.database.inTransaction((client) =>
      insertRows<{ number: number }>(
        {
          query: (statement) => {
            lengths.push(statement.values?.length ?? 0);
            return client.query(statement);
          },
        },
        TARGET,
        ALL,
      ),
    );
    expect(lengths).toEqual([16, 16, 16, 4, 1]);
    expect(returned.map(({ number }) => [number])).toEqual(ALL);
    const { rows } = await test.database.query<{ number: number }>({
      text: 'select number from counted order by id',
    });
    expect(rows.map(({ number }) => [number])).toEqual(ALL);
  });

  it('returns what was inserted only', async () => {
    expect(await insertRows(test.database, TARGET, [[52], [53]])).toEqual([{ number: 53 }]);
    expect(await insertRows(test.database, TARGET, [])).toEqual([]);
  });
});

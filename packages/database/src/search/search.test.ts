import { parseSearch, type SearchLevel } from '@sandyq/dicomweb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Queryable, Statement } from '../database.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { search } from './search.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

/** Of each statement that a search asks, whether it may take long. */
async function statementsOf(level: SearchLevel, query: string): Promise<(boolean | undefined)[]> {
  const asked: Statement[] = [];
  const client: Queryable = {
    query: (statement) => {
      asked.push(statement);
      return test.database.query(statement);
    },
  };
  await search(client, parseSearch(level, {}, new URLSearchParams(query)), {
    limit: 10,
    visibility: { facilityId: undefined },
    crossScriptNames: false,
  });
  return asked.map(({ mayTakeLong }) => mayTakeLong);
}

it.each<[SearchLevel, string]>([
  ['study', 'ModalitiesInStudy=CT&StudyDate=20260101-20260131'],
  ['study', 'PatientName=*a*'],
  ['series', 'Modality=CT'],
  ['instance', 'InstanceNumber=1'],
])('a search for a %s by %s waits behind others like it', async (level, query) => {
  expect(await statementsOf(level, query)).toContain(true);
});

it.each<[SearchLevel, string]>([
  ['study', 'StudyInstanceUID=1.2.3'],
  ['study', 'AccessionNumber=A1'],
  ['instance', 'SOPInstanceUID=1.2.3'],
])('a search for a %s by %s does not', async (level, query) => {
  const statements = await statementsOf(level, query);
  expect(statements.length).toBeGreaterThan(0);
  expect(statements).not.toContain(true);
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cursor, publishChanges, readChanges } from './change-feed.ts';
import type { Database } from './database.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

let test: TestDatabase;
let database: Database;

beforeEach(async () => {
  test = await createTestDatabase();
  database = test.database;
});
afterEach(() => test.drop());

/** Publishes changes of studies with these UIDs. */
async function publish(...studies: string[]): Promise<void> {
  for (const study of studies) {
    await database.query({
      text: `insert into change_outbox (kind, study_instance_uid, occurred_at) values ('stored', $1, now())`,
      values: [study],
    });
  }
  await publishChanges(database);
}

async function studiesAfter(cursor: Cursor): Promise<(string | undefined)[]> {
  const changes = await readChanges(database, cursor, 100);
  return changes.map(({ studyInstanceUid }) => studyInstanceUid);
}

/** As if this database had been restored, or promoted, from the one that the epoch began in. */
async function changeLineage(): Promise<void> {
  await database.query({ text: `update change_epoch set lineage = 'elsewhere/00000001/1'` });
}

describe('epochs of the change feed', () => {
  it('go on while the database is the same', async () => {
    await publish('1.1');
    await publish('1.2');
    expect(await readChanges(database, { epoch: 0, position: 0 }, 100)).toMatchObject([
      { epoch: 1, position: 1 },
      { epoch: 1, position: 2 },
    ]);
  });

  it('begin anew in a restored database, numbered by the clock, once', async () => {
    await publish('1.1');
    await changeLineage();
    const before = Math.floor(Date.now() / 1_000);
    await publish('1.2');
    await publish('1.3');
    const [first, second, third, ...more] = await readChanges(database, { epoch: 0, position: 0 }, 100);
    expect(first).toMatchObject({ epoch: 1, position: 1 });
    expect(second?.epoch).toBeGreaterThanOrEqual(before);
    expect(second?.position).toBe(1);
    expect(third).toMatchObject({ epoch: second?.epoch, position: 2 });
    expect(more).toEqual([]);
  });

  it('show a reader who was ahead of the restored database everything that comes', async () => {
    await publish('1.1');
    await changeLineage();
    await publish('1.2');
    expect(await studiesAfter({ epoch: 1, position: 50 })).toContain('1.2');
  });

  it('show everything again to a reader whose cursor the database cannot have given', async () => {
    await publish('1.1', '1.2');
    expect(await studiesAfter({ epoch: 1, position: 1 })).toEqual(['1.2']);
    expect(await studiesAfter({ epoch: 1, position: 2 })).toEqual([]);
    expect(await studiesAfter({ epoch: 1, position: 3 })).toEqual(['1.1', '1.2']);
    expect(await studiesAfter({ epoch: 1_800_000_000, position: 1 })).toEqual(['1.1', '1.2']);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { createFacility, type Facility } from '../principals.ts';
import { segmentCommit } from '../testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { GroupCommit } from './group-commit.ts';
import { KnownSeries } from './known-series.ts';

const series = (number: number) => ({ studyInstanceUid: '1.2', seriesInstanceUid: `1.2.${number}` });

describe('KnownSeries', () => {
  it('knows so many, and forgets the oldest', () => {
    const known = new KnownSeries(2);
    for (const number of [1, 2, 3]) known.add(series(number), { studyKey: 1, seriesKey: number });
    expect([1, 2, 3].map((number) => known.get(series(number))?.seriesKey)).toEqual([undefined, 2, 3]);
    known.forget(series(3));
    expect(known.get(series(3))).toBeUndefined();
  });
});

describe('a process that commits to a series again and again', () => {
  let test: TestDatabase;
  let database: Database;
  let hospital: Facility;

  beforeAll(async () => {
    test = await createTestDatabase({ maxConnections: 10 });
    database = test.database;
    hospital = await createFacility(database, { code: 'hospital', name: 'Hospital' }, 'test');
  });
  afterAll(() => test.drop());

  const segmentOf = (study: string, number: number, patientId = 'A') =>
    segmentCommit({
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.1`,
      facilityId: hospital.facilityId,
      issuerId: hospital.patientIssuerId,
      instances: [{ sopInstanceUid: `${study}.1.${number}`, patientId }],
    });

  async function counts(): Promise<Record<string, number>> {
    const { rows } = await database.query<{ uid: string; count: number }>({
      text: 'select study_instance_uid as uid, number_of_instances as count from study order by 1',
    });
    return Object.fromEntries(rows.map(({ uid, count }) => [uid, count]));
  }

  it('asks nothing before the transaction and reads nothing in it', async () => {
    const asked: string[] = [];
    const note = (statement: { text?: string }) => asked.push((statement.text ?? '').trimStart().slice(0, 6));
    const counting: Database = {
      ...database,
      query: (statement) => (note(statement), database.query(statement)),
      inTransaction: (work) =>
        database.inTransaction((client) =>
          work({ query: (statement) => (note(statement), client.query(statement)) }),
        ),
    };
    const commits = new GroupCommit(counting);
    for (const number of [1, 2]) await commits.submit(segmentOf('1.4.1', number));
    asked.splice(0);
    await commits.submit(segmentOf('1.4.1', 3));
    // Segment, claim, instance, metadata, change feed; counts of series and study.
    expect(asked).toEqual(['insert', 'insert', 'insert', 'insert', 'insert', 'update', 'update']);
    expect((await counts())['1.4.1']).toBe(3);
  });

  it('notices that the database was put back behind its back: nothing goes to what has the numbers now', async () => {
    const commits = new GroupCommit(database);
    for (const number of [1, 2]) await commits.submit(segmentOf('1.4.2', number));
    await database.query({
      text: `update study set study_instance_uid = '1.4.9' where study_instance_uid = '1.4.2'`,
    });
    expect(await commits.submit(segmentOf('1.4.2', 3))).toEqual([{ kind: 'stored' }]);
    expect(await counts()).toMatchObject({ '1.4.2': 1, '1.4.9': 2 });
    await database.query({
      text: `update study set study_instance_uid = '1.4.8' where study_instance_uid = '1.4.2'`,
    });
    // One that would be held out of the study that it was.
    expect(await commits.submit(segmentOf('1.4.2', 4, 'B'))).toEqual([{ kind: 'stored' }]);
    expect(await counts()).toMatchObject({ '1.4.2': 1, '1.4.8': 1, '1.4.9': 2 });
  });

  it('holds out another patient of a study that it knows', async () => {
    const commits = new GroupCommit(database);
    for (const number of [1, 2]) await commits.submit(segmentOf('1.4.3', number));
    expect(await commits.submit(segmentOf('1.4.3', 3, 'B'))).toEqual([{ kind: 'identity-conflict' }]);
    expect((await counts())['1.4.3']).toBe(2);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { createFacility, type Facility } from '../principals.ts';
import { segmentCommit } from '../testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { readExisting } from './claim-sop-instances.ts';
import { commitDecided } from './commit-decided.ts';
import type { SegmentCommit } from './facts.ts';
import { GroupCommit } from './group-commit.ts';

let test: TestDatabase;
let database: Database;
let hospital: Facility;
let clinic: Facility;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  hospital = await createFacility(database, { code: 'hospital', name: 'Hospital' }, 'test');
  clinic = await createFacility(database, { code: 'clinic', name: 'Clinic' }, 'test');
});

afterAll(() => test.drop());

function segmentOf(study: string, number: number, facility = hospital): SegmentCommit {
  return segmentCommit({
    studyInstanceUid: study,
    seriesInstanceUid: `${study}.${facility.code.length}`,
    facilityId: facility.facilityId,
    issuerId: facility.patientIssuerId,
    instances: [{ sopInstanceUid: `${study}.9.${number}`, patientId: facility.code }],
  });
}

const submit = async (segment: SegmentCommit) =>
  (await new GroupCommit(database).submit(segment)).map(({ kind }) => kind);

const joiningAnyway = (segment: SegmentCommit): SegmentCommit => ({
  ...segment,
  instances: segment.instances.map((instance) => ({ ...instance, joinsAnyway: true })),
});

describe('commitDecided', () => {
  it('lets an instance of another facility and patient join its study, counted, with the keys of its series', async () => {
    await submit(segmentOf('1.8.1', 1));
    const foreign = segmentOf('1.8.1', 2, clinic);
    expect(await submit(foreign)).toEqual(['facility-conflict']);

    const seen: string[] = [];
    const outcome = await commitDecided(database, joiningAnyway(foreign), {
      decide: async (client, { kind }) => {
        seen.push(kind);
        await client.query({ text: `insert into issuer (local_namespace) values ('decided-with-it')` });
      },
    });
    expect(outcome).toEqual({ kind: 'stored' });
    expect(seen).toEqual(['stored']);
    const rows = await database.query({
      text: `select s.number_of_instances, s.number_of_series, e.series_key = g.series_key as tied,
          s.study_key = g.study_key as tied_to_study,
          exists (select from issuer where local_namespace = 'decided-with-it') as decided
        from study s join series e on e.study_key = s.study_key and e.series_instance_uid = $1
        join segment g on g.segment_id = $2 where s.study_instance_uid = '1.8.1'`,
      values: [foreign.seriesInstanceUid, foreign.segmentId],
    });
    expect(rows.rows).toEqual([
      { number_of_instances: 2, number_of_series: 2, tied: true, tied_to_study: true, decided: true },
    ]);
  });

  it('keeps nothing when the decision throws', async () => {
    const segment = segmentOf('1.8.2', 1);
    const decide = () => Promise.reject(new Error('decided by somebody else'));
    await expect(commitDecided(database, segment, { decide })).rejects.toThrow('decided by somebody else');
    expect(await readExisting(database, ['1.8.2.9.1'])).toEqual(new Map());
    expect(
      (await database.query({ text: `select from study where study_instance_uid = '1.8.2'` })).rowCount,
    ).toBe(0);
  });

  it('does not decide on a value that PostgreSQL refuses, and leaves its segment known', async () => {
    const segment = segmentOf('1.8.3', 1);
    const instances = segment.instances.map((one) => ({ ...one, transferSyntaxUid: 'a\u0000b' }));
    let decided = false;
    const outcome = await commitDecided(
      database,
      { ...segment, instances },
      {
        decide: async () => {
          decided = true;
        },
      },
    );
    expect(outcome).toMatchObject({ kind: 'failed', sqlState: '22021' });
    expect(decided).toBe(false);
    const known = await database.query({
      text: 'select state from segment where segment_id = $1',
      values: [segment.segmentId],
    });
    expect(known.rows).toEqual([{ state: 'live' }]);
  });

  it('is about one instance', async () => {
    const segment = segmentOf('1.8.4', 1);
    const steps = { decide: () => Promise.resolve() };
    await expect(commitDecided(database, { ...segment, instances: [] }, steps)).rejects.toThrow(TypeError);
  });
});

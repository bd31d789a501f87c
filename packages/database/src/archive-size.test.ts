import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COUNTED_STUDIES, readArchiveSize } from './archive-size.ts';
import { createFacility } from './principals.ts';
import { createTestDatabase, type TestDatabase } from './testing/index.ts';

describe('how much the archive holds', () => {
  let test: TestDatabase;
  const facilities: number[] = [];

  beforeAll(async () => {
    test = await createTestDatabase();
    for (const code of ['small', 'large']) {
      await test.database.inTransaction((client) => createFacility(client, { code, name: code }, 'test'));
    }
    const known = await test.database.query<{ facility_id: string }>({
      text: `select facility_id from facility where code in ('small', 'large') order by code desc`,
    });
    facilities.push(...known.rows.map(({ facility_id }) => Number(facility_id)));
  });
  afterAll(() => test?.drop());

  /** Studies of three instances each, and one without any, which nobody can find. */
  async function addStudies(facilityId: number | undefined, first: number, count: number): Promise<void> {
    await test.database.query({
      text: `with someone as (insert into patient default values returning patient_key)
        insert into study (study_key, study_instance_uid, facility_id, patient_key, patient_issuer_id,
          patient_issuer_assigned, number_of_instances, attributes, received_at, updated_at)
        select n, '2.25.' || n, $1, patient_key, (select min(issuer_id) from issuer), true,
          case when n = $2 then 0 else 3 end, '{}', now(), now()
        from someone, generate_series($2::bigint, $2::bigint + $3::bigint) n`,
      values: [facilityId, first, count],
    });
  }

  it('is exact while it is little, for all and for one facility', async () => {
    const [small, large] = facilities;
    await addStudies(small, 1_000, 2);
    await addStudies(large, 2_000, 5);
    const { database } = test;
    expect(await readArchiveSize(database, undefined)).toEqual({
      studies: 7,
      instances: 21,
      precision: 'exact',
    });
    expect(await readArchiveSize(database, small)).toEqual({ studies: 2, instances: 6, precision: 'exact' });
  });

  it('is what was counted at least, until somebody has analysed the tables', async () => {
    const [small, large] = facilities;
    await addStudies(large, 10_000, COUNTED_STUDIES);
    const atLeast = { studies: COUNTED_STUDIES, precision: 'at-least' };
    expect(await readArchiveSize(test.database, large)).toMatchObject(atLeast);
    expect(await readArchiveSize(test.database, small)).toMatchObject({ precision: 'exact' });
  });

  it('is never less than what was counted, nor an exact count of all', async () => {
    await test.database.query({ text: 'analyze study' });
    const size = await readArchiveSize(test.database, undefined);
    // Nothing is in sop_instance here: an estimate of it that is less than what was counted is not believed.
    expect(size).toMatchObject({ studies: COUNTED_STUDIES, precision: 'at-least' });
    expect(size.instances).toBe(3 * (COUNTED_STUDIES + 1));
  });
});

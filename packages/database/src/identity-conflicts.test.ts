import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GroupCommit } from './commit/group-commit.ts';
import type { Database } from './database.ts';
import { findIdentityConflict, listIdentityConflicts } from './identity-conflicts.ts';
import { createFacility, ensureIssuer, type Facility } from './principals.ts';
import { segmentCommit } from './testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

let test: TestDatabase;
let database: Database;
let hospital: Facility;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  hospital = await createFacility(database, { code: 'hospital', name: 'Hospital' }, 'test');
});

afterAll(() => test.drop());

async function store(
  sopInstanceUid: string,
  patientId: string | undefined,
  issuerId = hospital.patientIssuerId,
) {
  const segment = segmentCommit({
    studyInstanceUid: '1.6',
    seriesInstanceUid: '1.6.1',
    facilityId: hospital.facilityId,
    issuerId,
    instances: [{ sopInstanceUid, patientId }],
  });
  return (await new GroupCommit(database).submit(segment)).map(({ kind }) => kind);
}

describe('identity conflicts', () => {
  it('say whom the instance names and whom the study belongs to', async () => {
    const other = await ensureIssuer(database, 'other-registry');
    expect(await store('1.6.1.1', 'A')).toEqual(['stored']);
    expect(await store('1.6.1.2', 'A', other.issuerId)).toEqual(['identity-conflict']);
    expect(await store('1.6.1.3', undefined)).toEqual(['identity-conflict']);

    const [anonymous, foreign] = await listIdentityConflicts(database, {}, 10);
    expect(foreign).toMatchObject({
      state: 'open',
      studyInstanceUid: '1.6',
      seriesInstanceUid: '1.6.1',
      sopInstanceUid: '1.6.1.2',
      instancePatient: { issuer: 'other-registry', patientId: 'A' },
      studyPatient: { issuer: 'hospital', patientId: 'A' },
      facilityCode: 'hospital',
      deviceCode: undefined,
    });
    expect(anonymous?.instancePatient).toEqual({ issuer: 'hospital', patientId: undefined });
    const id = foreign?.identityConflictId ?? 0;
    expect(await findIdentityConflict(database, id)).toEqual(foreign);
    expect(await findIdentityConflict(database, 999_999)).toBeUndefined();
  });

  it('are listed by facility and state, in pages', async () => {
    const [newest, oldest] = await listIdentityConflicts(database, {}, 10);
    const uids = async (filter: Parameters<typeof listIdentityConflicts>[1], limit = 10) =>
      (await listIdentityConflicts(database, filter, limit)).map((one) => one.sopInstanceUid);
    expect(await uids({}, 1)).toEqual([newest?.sopInstanceUid]);
    expect(await uids({ before: newest?.identityConflictId })).toEqual([oldest?.sopInstanceUid]);
    expect(await uids({ facilityId: hospital.facilityId })).toHaveLength(2);
    expect(await uids({ facilityId: hospital.facilityId + 1_000 })).toEqual([]);
    expect(await uids({ deviceId: 1 })).toEqual([]);
    await database.query({
      text: `update identity_conflict set state = 'resolved' where identity_conflict_id = $1`,
      values: [oldest?.identityConflictId],
    });
    expect(await uids({})).toEqual([newest?.sopInstanceUid]);
    expect(await uids({ includeResolved: true })).toHaveLength(2);
  });
});

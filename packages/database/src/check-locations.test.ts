import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkLocations } from './check-locations.ts';
import { GroupCommit } from './commit/group-commit.ts';
import { type LocatedInstance, locateInstance } from './locate-instances.ts';
import { createFacility } from './principals.ts';
import { segmentCommit } from './testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

describe('checkLocations', () => {
  let test: TestDatabase;
  let facility: Awaited<ReturnType<typeof createFacility>>;

  beforeAll(async () => {
    test = await createTestDatabase();
    facility = await createFacility(test.database, { code: 'f', name: 'f' }, 'test');
  });
  afterAll(() => test.drop());

  async function commit(study: string, uids: readonly string[]): Promise<void> {
    const { facilityId, patientIssuerId: issuerId } = facility;
    const instances = uids.map((sopInstanceUid) => ({ sopInstanceUid }));
    const segment = {
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.1`,
      facilityId,
      issuerId,
      instances,
    };
    await new GroupCommit(test.database).submit(segmentCommit(segment));
  }

  async function located(study: string, uid: string): Promise<LocatedInstance> {
    const found = await locateInstance(test.database, {
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.1`,
      sopInstanceUid: uid,
    });
    if (found === undefined) throw new Error(`${uid} is not there`);
    return found;
  }

  it('says in order what is so now, and nothing of what is not there', async () => {
    await commit('5.1', ['5.1.1.1', '5.1.1.2']);
    const [first, second] = [await located('5.1', '5.1.1.1'), await located('5.1', '5.1.1.2')];
    const { studyKey } = first.location;
    const states = await checkLocations(test.database, [
      second.location,
      { studyKey, sopInstanceUid: '5.1.1.9' },
      { studyKey: studyKey + 1_000, sopInstanceUid: '5.1.1.1' },
      first.location,
    ]);
    const stateOf = ({ facilityId, revision, rowVersion, location: { segmentId } }: LocatedInstance) => ({
      facilityId,
      revision,
      rowVersion,
      segmentId,
    });
    expect(states).toEqual([stateOf(second), undefined, undefined, stateOf(first)]);
  });

  it('tells a new revision from a changed row', async () => {
    await commit('5.2', ['5.2.1.1']);
    const before = await located('5.2', '5.2.1.1');
    await commit('5.2', ['5.2.1.2']);
    const [now] = await checkLocations(test.database, [before.location]);
    expect(now).toMatchObject({ revision: before.revision + 1, rowVersion: before.rowVersion });
  });

  it.each([
    ['moved', 'update instance set entry_offset = entry_offset + 512 where sop_instance_uid = $1'],
    ['described anew', 'update instance set is_lossy = true where sop_instance_uid = $1'],
    ['touched', 'update instance set ordinal = ordinal where sop_instance_uid = $1'],
  ])('gives a row that was %s another version', async (what, text) => {
    const uid = `5.3.1.${what.length}`;
    await commit('5.3', [uid]);
    const before = await located('5.3', uid);
    await test.database.query({ text, values: [uid] });
    const [now] = await checkLocations(test.database, [before.location]);
    expect(now?.rowVersion).not.toBe(before.rowVersion);
    expect((await located('5.3', uid)).rowVersion).toBe(now?.rowVersion);
  });

  it('knows no instance that is not active any more', async () => {
    await commit('5.4', ['5.4.1.1']);
    const { location } = await located('5.4', '5.4.1.1');
    await test.database.query({
      text: `update instance set state = 'rejected' where sop_instance_uid = '5.4.1.1'`,
    });
    expect(await checkLocations(test.database, [location])).toEqual([undefined]);
  });
});

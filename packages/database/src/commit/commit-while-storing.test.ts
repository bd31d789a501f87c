import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createFacility, type Facility } from '../principals.ts';
import { segmentCommit } from '../testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { GroupCommit } from './group-commit.ts';

let test: TestDatabase;
let hospital: Facility;
let commits: GroupCommit;

beforeAll(async () => {
  test = await createTestDatabase({ maxConnections: 10 });
  hospital = await createFacility(test.database, { code: 'hospital', name: 'Hospital' }, 'test');
  commits = new GroupCommit(test.database);
});
afterAll(() => test.drop());

const segmentOf = (studyInstanceUid: string) =>
  segmentCommit({
    studyInstanceUid,
    seriesInstanceUid: `${studyInstanceUid}.1`,
    facilityId: hospital.facilityId,
    issuerId: hospital.patientIssuerId,
    instances: [{ sopInstanceUid: `${studyInstanceUid}.1.1` }],
  });

async function isListed(studyInstanceUid: string): Promise<boolean> {
  const { rows } = await test.database.query({
    text: 'select from study where study_instance_uid = $1',
    values: [studyInstanceUid],
  });
  return rows.length > 0;
}

/** Transactions that have done something and wait for us. */
async function openTransactions(): Promise<number> {
  const { rows } = await test.database.query<{ count: number }>({
    text: `select count(*)::integer as count from pg_stat_activity
      where datname = current_database() and state = 'idle in transaction' and backend_xid is not null`,
  });
  return rows[0]?.count ?? 0;
}

describe('a segment that is on its way to the store', () => {
  it('is written beside it, and committed when it is stored', async () => {
    const { promise: stored, resolve: store } = Promise.withResolvers<void>();
    const outcomes = commits.submit(segmentOf('1.1'), stored);
    await vi.waitFor(async () => expect(await openTransactions()).toBe(1), { interval: 5 });
    expect(await isListed('1.1')).toBe(false);
    store();
    expect(await outcomes).toEqual([{ kind: 'stored' }]);
    expect(await isListed('1.1')).toBe(true);
  });

  it('is not committed when that fails, and the next is', async () => {
    const { promise: stored, reject } = Promise.withResolvers<void>();
    const outcomes = commits.submit(segmentOf('1.2'), stored);
    const settled = Promise.allSettled([outcomes]);
    await vi.waitFor(async () => expect(await openTransactions()).toBe(1), { interval: 5 });
    const reason = new Error('no space');
    reject(reason);
    expect(await settled).toEqual([{ status: 'rejected', reason }]);
    expect(await isListed('1.2')).toBe(false);
    expect(await commits.submit(segmentOf('1.2'))).toEqual([{ kind: 'stored' }]);
  });

  it('keeps no transaction open where that takes long, and is committed all the same', async () => {
    const { promise: stored, resolve: store } = Promise.withResolvers<void>();
    const outcomes = commits.submit(segmentOf('1.3'), stored);
    await vi.waitFor(async () => expect(await openTransactions()).toBe(1), { interval: 5 });
    await vi.waitFor(async () => expect(await openTransactions()).toBe(0), { timeout: 5_000 });
    expect(await isListed('1.3')).toBe(false);
    store();
    expect(await outcomes).toEqual([{ kind: 'stored' }]);
  });

  it('keeps nobody waiting', async () => {
    const { promise: stored, resolve: store } = Promise.withResolvers<void>();
    const slow = commits.submit(segmentOf('1.4'), stored);
    expect(await commits.submit(segmentOf('1.5'), Promise.resolve())).toEqual([{ kind: 'stored' }]);
    const { promise: alsoStored, resolve: storeAlso } = Promise.withResolvers<void>();
    const alsoSlow = commits.submit(segmentOf('1.6'), alsoStored);
    expect(await commits.submit(segmentOf('1.7'))).toEqual([{ kind: 'stored' }]);
    expect(await Promise.all(['1.4', '1.6'].map(isListed))).toEqual([false, false]);
    store();
    storeAlso();
    expect(await Promise.all([slow, alsoSlow])).toEqual([[{ kind: 'stored' }], [{ kind: 'stored' }]]);
  });

  it('is not told of before it is stored, also where PostgreSQL refuses its instance', async () => {
    const segment = segmentOf('1.8');
    const refused = segment.instances.map((instance) => ({ ...instance, transferSyntaxUid: 'a\u0000b' }));
    const { promise: stored, reject } = Promise.withResolvers<void>();
    const outcomes = commits.submit({ ...segment, instances: refused }, stored);
    const onSettled = vi.fn<() => void>();
    const settled = Promise.allSettled([outcomes]).finally(onSettled);
    await commits.submit(segmentOf('1.9'));
    expect(onSettled).not.toHaveBeenCalled();
    const reason = new Error('no space');
    reject(reason);
    expect(await settled).toEqual([{ status: 'rejected', reason }]);
    const { rows } = await test.database.query({
      text: 'select from segment where segment_id = $1',
      values: [segment.segmentId],
    });
    expect(rows).toEqual([]);
  });
});

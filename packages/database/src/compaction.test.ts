import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GroupCommit } from './commit/group-commit.ts';
import {
  claimDueSeries,
  claimSeries,
  countDueSeries,
  finishCompaction,
  listFragmentedSeries,
  readCompactableSegments,
  releaseCompaction,
  renewClaim,
} from './compaction.ts';
import type { Database } from './database.ts';
import { ensureFacility } from './principals.ts';
import { segmentCommit } from './testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
});
afterEach(async () => {
  await database.query({
    text: 'truncate segment, sop_instance, instance, instance_metadata, series, study',
  });
});
afterAll(() => test.drop());

const QUIET = { quietSeconds: 600, leaseSeconds: 900 };
const NOW = { quietSeconds: 0, leaseSeconds: 900 };

let instances = 0;

/** A segment of one instance, which came so many seconds ago. Returns its id. */
async function store(series: string, secondsAgo: number): Promise<string> {
  const facility = await ensureFacility(database, { code: 'hospital', name: 'Hospital' });
  instances += 1;
  const segment = segmentCommit({
    studyInstanceUid: '2.25.5',
    seriesInstanceUid: series,
    facilityId: facility.facilityId,
    issuerId: facility.patientIssuerId,
    instances: [{ sopInstanceUid: `${series}.${instances}` }],
  });
  await new GroupCommit(database).submit(segment);
  await database.query({
    text: `update segment set compact_due = now() - make_interval(secs => $2),
      received_at = now() - make_interval(secs => $2) where segment_id = $1`,
    values: [segment.segmentId, secondsAgo],
  });
  return segment.segmentId;
}

async function waiting(): Promise<number> {
  const found = await database.query<{ waiting: number }>({
    text: 'select count(*)::int as waiting from segment where compact_due is not null',
  });
  return found.rows[0]?.waiting ?? -1;
}

describe('the queue of compaction', () => {
  it('gives a series of several segments once it is quiet, to one process at a time', async () => {
    await store('2.25.5.1', 5_000);
    await store('2.25.5.1', 700);
    expect(await countDueSeries(database, 600, 100)).toBe(1);
    const claims = await Promise.all([1, 2, 3].map(() => claimDueSeries(database, QUIET)));
    const [claim, ...others] = claims.filter((one) => one !== undefined);
    expect(others).toEqual([]);
    if (claim === undefined) throw new Error('nobody has it');
    // Since the last segment had been there for 600 s.
    expect(claim.overdueSeconds).toBeGreaterThanOrEqual(100);
    expect(claim.overdueSeconds).toBeLessThan(400);
    expect(await claimDueSeries(database, QUIET)).toBeUndefined();
    expect(await claimSeries(database, claim, NOW)).toBeUndefined();
    const renewed = await renewClaim(database, claim, 900);
    expect(await renewClaim(database, claim, 900)).toBeUndefined();
    await finishCompaction(database, renewed ?? claim);
    expect(await waiting()).toBe(0);
    expect(await countDueSeries(database, 600, 100)).toBe(0);
  });

  it('forgets segments that are alone in their series, and series to which something has just come', async () => {
    await store('2.25.5.1', 5_000);
    await store('2.25.5.2', 5_000);
    const last = await store('2.25.5.2', 10);
    expect(await claimDueSeries(database, QUIET)).toBeUndefined();
    const left = await database.query<{ segment_id: string }>({
      text: 'select segment_id from segment where compact_due is not null',
    });
    expect(left.rows).toEqual([{ segment_id: last }]);
    await database.query({ text: `update segment set compact_due = compact_due - interval '1 hour'` });
    expect(await claimDueSeries(database, QUIET)).toBeDefined();
  });

  it('takes a series up again that was given back, or whose process has died', async () => {
    await store('2.25.5.1', 5_000);
    await store('2.25.5.1', 5_000);
    const claim = await claimDueSeries(database, QUIET);
    if (claim === undefined) throw new Error('it is due');
    await releaseCompaction(database, claim);
    expect(await claimDueSeries(database, QUIET)).toBeUndefined();
    expect(await claimDueSeries(database, { ...QUIET, quietSeconds: 0, leaseSeconds: 0 })).toBeDefined();
    expect(await claimDueSeries(database, { ...QUIET, quietSeconds: 0 })).toBeDefined();
    expect(await claimDueSeries(database, { ...QUIET, quietSeconds: 0 })).toBeUndefined();
  });

  it('gives a series on demand that nobody waits for', async () => {
    await store('2.25.5.1', 5_000);
    await store('2.25.5.1', 5_000);
    await store('2.25.5.2', 5_000);
    await database.query({ text: 'update segment set compact_due = null' });
    expect(await claimDueSeries(database, QUIET)).toBeUndefined();
    const listed = await listFragmentedSeries(database, {}, 10);
    expect(listed).toMatchObject([{ seriesInstanceUid: '2.25.5.1', segments: 2 }]);
    expect(await listFragmentedSeries(database, { studyInstanceUid: '2.25.5' }, 10)).toEqual(listed);
    expect(await listFragmentedSeries(database, { studyInstanceUid: '2.25.6' }, 10)).toEqual([]);
    const [series] = listed;
    if (series === undefined) throw new Error('a series');
    expect(await listFragmentedSeries(database, { after: series }, 10)).toEqual([]);
    expect(await claimSeries(database, series, NOW)).toBeDefined();
  });

  it('says which segments may be joined: not damaged, not full, nothing to be judged', async () => {
    const ids = [];
    for (let count = 4; count > 0; count -= 1) ids.push(await store('2.25.5.1', count));
    const [series] = await listFragmentedSeries(database, {}, 10);
    if (series === undefined) throw new Error('a series');
    const change = (id: string | undefined, what: string) =>
      database.query({ text: `update segment set ${what} where segment_id = $1`, values: [id] });
    await change(ids[0], "condition = 'damaged'");
    await change(ids[1], 'size_bytes = 1000000');
    const options = { maximumBytes: 1_000_000, limit: 10 };
    const readable = await readCompactableSegments(database, series, options);
    expect(readable.segments.map(({ segmentId }) => segmentId)).toEqual(ids.slice(2));
    expect(readable.isVerdictDue).toBe(false);
    await change(ids[3], 'verdicts_due = true');
    expect(await readCompactableSegments(database, series, options)).toMatchObject({ isVerdictDue: true });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commitInstances } from './commit/commit-instances.ts';
import {
  BETWEEN_ENTRIES,
  countDamagedSegments,
  type DamageFinding,
  recordDamage,
  recordRepaired,
  replaceDamage,
  settleDamage,
} from './damage.ts';
import { listDamage } from './damage-list.ts';
import type { Database } from './database.ts';
import { createFacility, type Facility } from './principals.ts';
import { segmentCommit } from './testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

let test: TestDatabase;
let database: Database;
let facility: Facility;
let segmentId: string;
let numbers = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  facility = await createFacility(database, { code: 'hospital', name: 'Hospital' }, 'test');
});
afterAll(() => test.drop());

/** A segment of three instances, ordinals 1 to 3. */
beforeEach(async () => {
  await database.query({ text: 'update damage set repaired_at = now() where repaired_at is null' });
  await database.inTransaction(settleDamage);
  numbers += 1;
  const commit = segmentCommit({
    studyInstanceUid: `1.2.${numbers}`,
    seriesInstanceUid: `1.2.${numbers}.1`,
    facilityId: facility.facilityId,
    issuerId: facility.patientIssuerId,
    instances: [0, 1, 2].map((index) => ({ sopInstanceUid: `1.2.${numbers}.1.${index}` })),
  });
  ({ segmentId } = commit);
  await commitInstances(database, [commit]);
});

const finding = (rest: Partial<DamageFinding> = {}): DamageFinding => ({
  segmentId,
  ordinals: 'all',
  kind: 'damaged',
  what: 'entry at byte 700',
  foundBy: 'fixity',
  ...rest,
});
const record = (rest: Partial<DamageFinding> = {}) =>
  database.inTransaction((client) => recordDamage(client, finding(rest)));
const marked = async () =>
  (
    await database.query<{ ordinal: number }>({
      text: 'select ordinal from instance where segment_id = $1 and is_damaged order by ordinal',
      values: [segmentId],
    })
  ).rows.map(({ ordinal }) => ordinal);
const condition = async () =>
  (
    await database.query<{ condition: string }>({
      text: 'select condition from segment where segment_id = $1',
      values: [segmentId],
    })
  ).rows[0]?.condition;
const listed = async () => (await listDamage(database, {}, 10)).map(({ ordinal, kind }) => [ordinal, kind]);

describe('recordDamage', () => {
  it('marks the segment and the entries concerned, once', async () => {
    expect(await record({ ordinals: [2] })).toEqual({ isNew: true, instances: 1 });
    expect(await record({ ordinals: [2] })).toEqual({ isNew: false, instances: 0 });
    expect(await record({ ordinals: [1, 2] })).toEqual({ isNew: true, instances: 1 });
    expect([await condition(), await marked(), await listed()]).toEqual([
      'damaged',
      [1, 2],
      [
        [1, 'damaged'],
        [2, 'damaged'],
      ],
    ]);
    expect(await countDamagedSegments(database)).toEqual({ missing: 0, damaged: 1 });
  });

  it('of all of a segment marks all of it', async () => {
    expect(await record({ kind: 'missing' })).toEqual({ isNew: true, instances: 3 });
    expect([await condition(), await marked()]).toEqual(['missing', [1, 2, 3]]);
    expect(await listDamage(database, {}, 10)).toMatchObject([
      { segmentId, ordinal: undefined, instances: 3, facilityCode: 'hospital', foundBy: 'fixity' },
    ]);
  });

  it('between the entries is listed, and marks no instance', async () => {
    expect(await record({ ordinals: [] })).toEqual({ isNew: true, instances: 0 });
    expect([await condition(), await marked(), await listed()]).toEqual([
      'damaged',
      [],
      [[BETWEEN_ENTRIES, 'damaged']],
    ]);
    const replaced = await database.inTransaction((client) =>
      replaceDamage(client, finding({ ordinals: [] })),
    );
    expect(replaced.isNew).toBe(false);
    expect(await countDamagedSegments(database)).toEqual({ missing: 0, damaged: 1 });
  });

  it('leaves segments alone that are unknown or deleted', async () => {
    const none = { isNew: false, instances: 0 };
    expect(await record({ segmentId: '019a0000-0000-7000-8000-000000000000' })).toEqual(none);
    await database.query({
      text: `update segment set state = 'deleted' where segment_id = $1`,
      values: [segmentId],
    });
    expect(await record()).toEqual(none);
    expect(await listed()).toEqual([]);
  });
});

describe('what is found when all of a segment was read', () => {
  it('takes the place of what was on record', async () => {
    await record({ kind: 'missing' });
    const { isNew } = await database.inTransaction((client) =>
      replaceDamage(client, finding({ ordinals: [3] })),
    );
    expect([isNew, await condition(), await marked(), await listed()]).toEqual([
      true,
      'damaged',
      [3],
      [[3, 'damaged']],
    ]);
    await database.inTransaction((client) => replaceDamage(client, finding()));
    expect([await marked(), await listed()]).toEqual([[1, 2, 3], [[undefined, 'damaged']]]);
  });
});

describe('recordRepaired', () => {
  it('closes everything and keeps it on record', async () => {
    await record({ ordinals: [1, 3] });
    expect(await database.inTransaction((client) => recordRepaired(client, segmentId))).toBe(2);
    expect([await condition(), await marked(), await listed()]).toEqual(['whole', [], []]);
    const all = await listDamage(database, { includeRepaired: true }, 2);
    expect(all.map(({ repairedAt }) => repairedAt)).toEqual([expect.any(Date), expect.any(Date)]);
    expect(await record({ ordinals: [1] })).toEqual({ isNew: true, instances: 1 });
  });
});

describe('settleDamage', () => {
  it('closes what a rewrite has taken the place of, and unmarks what lies elsewhere now', async () => {
    await record();
    const before = segmentId;
    await database.query({
      text: `update segment set state = 'superseded', superseded_at = now() where segment_id = $1`,
      values: [before],
    });
    const elsewhere = '019a0000-0000-7000-8000-00000000000f';
    await database.query({
      text: 'update instance set segment_id = $2 where segment_id = $1',
      values: [before, elsewhere],
    });
    expect(await database.inTransaction(settleDamage)).toBe(4);
    segmentId = elsewhere;
    expect([await marked(), await listed()]).toEqual([[], []]);
    expect(await database.inTransaction(settleDamage)).toBe(0);
  });
});

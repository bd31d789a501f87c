/** Claims on what waits for the replica, and what is to go from it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { segmentsToVerify } from './fixity.ts';
import {
  claimForReplication,
  countReplicaDeletions,
  postponeReplication,
  recordReplicaDeleted,
  recordReplicated,
  replicaDeletions,
  replicationBacklog,
} from './replication.ts';
import { enterReplica, readReplica } from './replication-target.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  await database.query({
    text: `insert into segment (segment_id, object_key, study_key, series_key, facility_id, principal_id, size_bytes,
        receipt_sha256, received_at, entries, state)
      select gen_random_uuid(), 'v1/' || n, 1, 1, 1, 'test', 1000 * n, sha256(n::text::bytea),
        now() - n * interval '1 minute', 1, case when n = 9 then 'superseded' else 'live' end
      from generate_series(1, 10) as n`,
  });
});
afterAll(() => test.drop());

describe('what waits for the replica', () => {
  it('is counted, and claimed by one at a time, oldest first', async () => {
    const backlog = await replicationBacklog(database, 'segment');
    expect(backlog).toMatchObject({ objects: 9, bytes: 46_000, damaged: 0, conflicts: 0 });
    expect(backlog.oldestSeconds).toBeGreaterThanOrEqual(600);
    const [left, right] = await Promise.all([
      claimForReplication(database, 'segment', 4),
      claimForReplication(database, 'segment', 4),
    ]);
    const claimed = [...(left ?? []), ...(right ?? [])];
    expect(new Set(claimed.map(({ id }) => id)).size).toBe(claimed.length);
    const rest = await claimForReplication(database, 'segment', 100);
    expect(claimed.length + rest.length).toBe(9);
    expect(await claimForReplication(database, 'segment', 100)).toEqual([]);
    for (const object of [...claimed, ...rest]) await postponeReplication(database, object, { seconds: 0 });
    const [oldest] = await claimForReplication(database, 'segment', 1);
    expect(oldest?.objectKey).toBe('v1/10');
    if (oldest !== undefined) await postponeReplication(database, oldest, { seconds: 60, fault: 'conflict' });
    expect(await replicationBacklog(database, 'segment')).toMatchObject({ objects: 9, conflicts: 1 });
  });

  it('is forgotten, in steps, when another replica is configured, and only then', async () => {
    expect(await enterReplica(database, 'here')).toBe(false);
    for (const object of await claimForReplication(database, 'segment', 100))
      await recordReplicated(database, object);
    expect(await replicationBacklog(database, 'segment')).toMatchObject({ objects: 1 });
    expect(await enterReplica(database, 'here')).toBe(false);
    expect(await replicationBacklog(database, 'segment')).toMatchObject({ objects: 1 });
    expect(await enterReplica(database, 'there')).toBe(true);
    expect(await enterReplica(database, 'there')).toBe(false);
    expect(await replicationBacklog(database, 'segment')).toMatchObject({ objects: 9, conflicts: 0 });
    expect(await readReplica(database)).toMatchObject({ target: 'there', journal: { key: '' } });
  });

  it('goes from it when it has gone here, if anybody ever tried to copy it', async () => {
    const [copied, tried] = await claimForReplication(database, 'segment', 2);
    if (copied === undefined || tried === undefined) throw new Error('there are nine');
    await recordReplicated(database, copied);
    const gone = (text: string) => database.query({ text });
    await gone(
      `update segment set state = 'deleted' where object_key in ('${copied.objectKey}', '${tried.objectKey}')`,
    );
    await gone(`update segment set state = 'deleted' where object_key = 'v1/9'`);
    await gone(`update segment set state = 'deleted' where state = 'deleted'`);
    // What holds their bytes now may be among those that are not there yet.
    expect(await replicaDeletions(database, 10)).toEqual([]);
    expect(await countReplicaDeletions(database)).toBe(2);
    await gone(`update segment set replicated_at = now() where state = 'live'`);
    const waiting = await replicaDeletions(database, 10);
    expect([...waiting].sort()).toEqual([copied.objectKey, tried.objectKey].sort());
    await recordReplicaDeleted(database, waiting);
    expect(await countReplicaDeletions(database)).toBe(0);
  });
});

it('what was not read for longest comes first, by an index', async () => {
  await database.query({ text: `update segment set verified_at = now() where object_key = 'v1/5'` });
  // PostgreSQL's now() has microseconds, a Date only milliseconds: one of this millisecond may be earlier than that.
  const before = new Date(Date.now() + 1000);
  const found = await segmentsToVerify(database, { before }, { limit: 100 });
  const order = found.map(({ objectKey }) => Number(objectKey.slice(3)));
  expect(order).toEqual([7, 6, 4, 3, 2, 1, 5].filter((n) => order.includes(n)));
  expect(order.at(-1)).toBe(5);
  const plan = await database.query<{ 'QUERY PLAN': string }>({
    text: `explain select segment_id from segment where state in ('live', 'duplicate')
      order by coalesce(verified_at, received_at), segment_id limit 1`,
  });
  expect(plan.rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Merge Append[\s\S]*Index/);
});

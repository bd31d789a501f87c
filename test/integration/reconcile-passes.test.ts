/**
 * The comparison in the background, over more objects than a page holds: it goes on where it was, one process at a time,
 * at its rate, and finds the few that differ among the many.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GroupCommit, lastPasses, markIndexBehind, readIndexState } from '@sandyq/database';
import { createTestDatabase, type TestDatabase } from '@sandyq/database/testing';
import {
  type ContinuousOptions,
  ContinuousReconcile,
  Directory,
  PixelValueComparison,
  type ReconcilePorts,
} from '@sandyq/indexing';
import { MemoryObjectStore } from '@sandyq/storage/testing';
import { silentLogger } from '@sandyq/telemetry';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const OBJECTS = 20_000;
const PER_STUDY = 50;

let test: TestDatabase;
let store: MemoryObjectStore;
let ports: ReconcilePorts;

beforeAll(async () => {
  test = await createTestDatabase();
  store = new MemoryObjectStore();
  const { database } = test;
  const keys = Array.from({ length: OBJECTS }, (_, index) => keyOf(index));
  for (const key of keys) store.objects.set(key, { bytes: Buffer.alloc(10), lastModified: new Date() });
  await insertRows(keys);
  ports = {
    database,
    store,
    maintenance: Object.assign(store, { settle: async () => undefined, removeUnfinished: async () => 0 }),
    logger: silentLogger(),
    groupCommit: new GroupCommit(database),
    pixels: new PixelValueComparison({ threads: 1, isLast: true }),
    directory: new Directory(database, () => performance.now()),
  };
});
afterAll(() => test?.drop());
beforeEach(() => test.database.query({ text: 'delete from reconcile_pass' }));

/** Keys of studies with 50 segments each; the order of the ids is not that of the keys. */
function keyOf(index: number): string {
  const study = sha256(`study ${Math.floor(index / PER_STUDY)}`).slice(0, 32);
  const id = `019a0000-${String(index % 7).padStart(4, '0')}-7000-8000-${String(index).padStart(12, '0')}`;
  return `v1/${study.slice(0, 2)}/${study}/${id}-0123456789abcdef.tar`;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const idOf = (key: string) => key.slice(-57, -21);

async function insertRows(keys: readonly string[]): Promise<void> {
  const { database } = test;
  await database.query({
    text: `with i as (insert into issuer (local_namespace) values ('x') returning issuer_id),
      f as (insert into facility (code, name, patient_issuer_id, accession_issuer_id)
        select 'x', 'x', issuer_id, issuer_id from i returning facility_id, patient_issuer_id),
      p as (insert into patient default values returning patient_key),
      s as (insert into study (study_key, study_instance_uid, facility_id, patient_key, patient_issuer_id,
          patient_issuer_assigned, attributes, received_at, updated_at)
        select 1, '1.2', facility_id, patient_key, patient_issuer_id, true, '{}', now(), now() from f, p returning study_key)
      insert into series (study_key, series_key, series_instance_uid, attributes, received_at)
      select study_key, 1, '1.2.3', '{}', now() from s`,
  });
  await database.query({
    text: `insert into segment (segment_id, object_key, study_key, series_key, facility_id, principal_id, size_bytes,
        receipt_sha256, received_at, entries, state)
      select id::uuid, key, 1, 1, 1, 'test', 10, '', now(), 0, 'live' from unnest($1::text[], $2::text[]) as t (id, key)`,
    values: [keys.map(idOf), keys],
  });
}

const continuous = (holder: string, options: Partial<ContinuousOptions> = {}) =>
  new ContinuousReconcile(ports, {
    holder,
    minimumAgeMs: 0,
    now: () => new Date(),
    intervalMs: 3_600_000,
    deepIntervalMs: 86_400_000,
    itemsPerSecond: 1_000_000,
    ...options,
  });
const never = new AbortController().signal;
const passes = async () =>
  (
    await test.database.query<{
      after_key: string;
      report: Record<string, unknown>;
      is_deep: boolean;
      ended: boolean;
    }>({
      text: 'select after_key, report, is_deep, ended_at is not null as ended from reconcile_pass order by reconcile_pass_id',
    })
  ).rows;

describe(`${OBJECTS} objects`, () => {
  it('are compared in pages, and the few that differ are found', async () => {
    const missing = [keyOf(77), keyOf(12_345)];
    const unknown = keyOf(19_999);
    const objects = missing.map((key) => [key, store.objects.get(key)] as const);
    for (const key of missing) store.objects.delete(key);
    await test.database.query({ text: 'delete from segment where segment_id = $1', values: [idOf(unknown)] });
    const before = process.memoryUsage().heapUsed;
    expect(await continuous('a').run(never)).toBe(1);
    const grown = process.memoryUsage().heapUsed - before;
    const [pass] = await passes();
    expect(pass).toMatchObject({ is_deep: true, ended: true });
    expect(pass?.report).toMatchObject({ listed: OBJECTS - 2, rows: OBJECTS - 1, unknown: 1, replayed: 0 });
    expect(pass?.report['missing']).toEqual([...missing].sort());
    // Ten bytes are no segment.
    expect(pass?.report['damaged']).toEqual([unknown]);
    expect(grown).toBeLessThan(64 * 2 ** 20);
    for (const [key, object] of objects) if (object !== undefined) store.objects.set(key, object);
    await insertSegment(unknown);
  });

  it('are compared by who comes next where a process has ended', async () => {
    const stopping = new AbortController();
    const first = continuous('a', { itemsPerSecond: 10_000 });
    const stopped = first.run(stopping.signal);
    while (((await passes())[0]?.after_key ?? '') === '') await sleep(5);
    stopping.abort();
    await expect(stopped).rejects.toBeInstanceOf(Error);
    const [half] = await passes();
    expect(half?.ended).toBe(false);
    const listed: string[] = [];
    const list = store.list.bind(store);
    store.list = (prefix, options) => {
      listed.push(options?.after ?? '');
      return list(prefix, options);
    };
    // One that lives does not take it, one that has just started does, and then makes a whole one of its own.
    const second = continuous('b');
    expect(await second.run(never)).toBe(1);
    store.list = list;
    expect(listed).toContain(half?.after_key);
    const [whole] = await passes();
    expect(whole).toMatchObject({ ended: true });
    expect(whole?.report).toMatchObject({ listed: OBJECTS, rows: OBJECTS });
    expect(await second.run(never)).toBe(1);
    expect(await second.run(never)).toBe(0);
    expect((await passes()).map(({ is_deep }) => is_deep)).toEqual([true, false]);
  });

  it('are compared by one process at a time, and no faster than is allowed', async () => {
    const began = performance.now();
    const slow = continuous('a', { itemsPerSecond: 20_000 });
    const running = slow.run(never);
    while ((await lastPasses(test.database)).open === undefined) await sleep(5);
    const other = continuous('b');
    // Its first run takes over what it finds; who had it notices and leaves it alone.
    const counts = await Promise.all([running, other.run(never)]);
    expect(counts).toEqual([0, 1]);
    expect(await continuous('c', { itemsPerSecond: 20_000 }).run(never)).toBe(1);
    expect(performance.now() - began).toBeGreaterThan(1_000);
  });

  it('end what a restored database has to catch up with, and only a pass begun after that does', async () => {
    await continuous('a').run(never);
    await markIndexBehind(test.database, 'restored');
    expect((await readIndexState(test.database)).isCaughtUp).toBe(false);
    await test.database.query({
      text: `insert into reconcile_pass (is_deep, after_key, held_by, held_until, started_at)
        values (false, 'v1/ff', 'the past', now(), now() - interval '1 day')`,
    });
    expect(await continuous('b').run(never)).toBe(1);
    expect((await readIndexState(test.database)).isCaughtUp).toBe(true);
    const done = await passes();
    expect(done).toHaveLength(2);
    expect(done[1]).toMatchObject({ is_deep: true, report: { listed: OBJECTS } });
  });

  it('are read in the order of their keys from an index', async () => {
    await test.database.query({ text: 'analyze segment' });
    const plan = await test.database.query<{ 'QUERY PLAN': string }>({
      text: `explain select object_key, segment_id, size_bytes, state, condition, verdicts_due from segment
        where object_key > $1 and state <> 'deleted' order by object_key limit 1000`,
      values: [keyOf(0)],
    });
    const lines = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(lines).toContain('Merge Append');
    expect(lines).not.toMatch(/Seq Scan|-> {2}Sort/);
  });

  it('are left alone while somebody rebuilds the index', async () => {
    await markIndexBehind(test.database, 'rebuild');
    expect(await continuous('a').run(never)).toBe(0);
    expect(await passes()).toEqual([]);
    await test.database.query({ text: 'update index_state set caught_up = true, reason = null' });
  });
});

async function insertSegment(key: string): Promise<void> {
  await test.database.query({
    text: `insert into segment (segment_id, object_key, study_key, series_key, facility_id, principal_id, size_bytes,
        receipt_sha256, received_at, entries, state) values ($1, $2, 1, 1, 1, 'test', 10, '', now(), 0, 'live')`,
    values: [idOf(key), key],
  });
}

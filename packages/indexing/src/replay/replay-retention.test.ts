/** Holds, rejections and tombstones outlive the index: an older or empty database learns them from the store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { commitTogether, dispositionsToResume, GroupCommit } from '@sandyq/database';
import type { ObjectStat } from '@sandyq/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareIndexes, compareRows, countRows } from '../../../../test/support/compare-indexes.ts';
import { RETENTION_ROWS } from '../../../../test/support/retention-rows.ts';
import { PixelValueComparison } from '../comparison/pixel-value-comparison.ts';
import { Directory } from '../directory.ts';
import { catchUpJournal } from '../journal/catch-up-journal.ts';
import { exportJournal } from '../journal/export-journal.ts';
import { JournalKit, type KitDatabase } from '../journal/testing/journal-kit.ts';
import { rebuildIndex } from './rebuild-index.ts';
import { emptyRebuildReport } from './rebuild-report.ts';
import { replayBygone } from './replay-bygone.ts';
import { replaySegment } from './replay-segment.ts';
import { settleFounders } from './settle-founders.ts';
import {
  beginPurge,
  concludePlans,
  decideBeforehand,
  decideRegisters,
  endPurge,
  idOf,
  makePlan,
  reject,
  rejectByNote,
  restore,
} from './testing/retention-story.ts';
import { storeInstance, type WantedInstance } from './testing/store-instance.ts';

const kit = new JournalKit();
const folder = await mkdtemp(join(tmpdir(), 'sandyq-replay-retention-'));
afterAll(async () => {
  await kit.close();
  await rm(folder, { recursive: true, force: true });
});

let store: Awaited<ReturnType<JournalKit['newStore']>>;

const portsOf = (ports: KitDatabase) => ({
  ...ports,
  maintenance: store,
  groupCommit: new GroupCommit(ports.database),
  pixels: new PixelValueComparison({ threads: 1, isLast: true }),
  directory: new Directory(ports.database, () => performance.now()),
});

/** What `npm run rebuild-index` does. */
async function rebuild(kitPorts: KitDatabase) {
  const ports = portsOf(kitPorts);
  await catchUpJournal(ports);
  const report = emptyRebuildReport();
  const commit = (segments: Parameters<typeof commitTogether>[1]) => commitTogether(ports.database, segments);
  await rebuildIndex({ ...ports, commit }, { parallel: 2, after: '', isResumed: false, report });
  await replayBygone(ports);
  await settleFounders(ports);
  return report;
}

async function expectSame(first: KitDatabase, second: KitDatabase): Promise<void> {
  expect(await compareRows(first.database, second.database, RETENTION_ROWS)).toEqual([]);
  expect(await compareIndexes(first.database, second.database)).toEqual([]);
}

const INSTANCES: readonly WantedInstance[] = [
  { image: 1, study: '2.25.1', second: 1 },
  { image: 2, study: '2.25.1', second: 2 },
  { image: 3, study: '2.25.1', series: 2, second: 3 },
  // Again, before anybody rejected it.
  { image: 1, study: '2.25.1', second: 11 },
  { image: 4, study: '2.25.2', second: 4 },
  { image: 5, study: '2.25.2', series: 2, second: 5 },
  { image: 6, study: '2.25.3', patientId: 'P-2', second: 6 },
  { image: 7, study: '2.25.3', patientId: 'P-2', second: 7 },
  { image: 8, study: '2.25.4', patientId: 'P-4', second: 8 },
  { image: 9, study: '2.25.4', patientId: 'P-4', series: 2, second: 9 },
  { image: 10, study: '2.25.5', patientId: 'P-5', second: 10 },
];
const [PURGED_PLAN, BEGUN_PLAN, WITHDRAWN_PLAN] = [idOf(20), idOf(21), idOf(22)];

let first: KitDatabase;
let older: KitDatabase;
/** Of the study that is disposed of, as its objects were. */
const purged: { readonly key: string; readonly bytes: Buffer }[] = [];

beforeAll(async () => {
  store = await kit.newStore();
  first = await kit.newDatabase(store);
  await decideBeforehand(first.database);
  for (const wanted of INSTANCES) await storeInstance({ store, spoolFolder: join(folder, 'spool') }, wanted);
  await exportJournal(first);
  await rebuild(first);
  await makePlan(first.database, PURGED_PLAN, '2.25.3');
  await makePlan(first.database, BEGUN_PLAN, '2.25.4');
  await makePlan(first.database, WITHDRAWN_PLAN, '2.25.5');
  older = await kit.newDatabase(store, first);
  first = kit.portsOf(first.connectionString, store);

  await decideRegisters(first.database);
  await reject(first.database, { number: 10, study: '2.25.1', series: '2.25.1.1' });
  await reject(first.database, { number: 11, study: '2.25.2', series: '2.25.2.1' });
  await reject(first.database, { number: 12, study: '2.25.2' });
  await rejectByNote(first.database, { number: 13, study: '2.25.5', images: [10, 12] });
  await rejectByNote(first.database, { number: 14, study: '2.25.6', images: [13] });
  await rejectByNote(first.database, { number: 15, study: '2.25.2', images: [14] });
  await restore(first.database, 15);
  await restore(first.database, 11);
  await restore(first.database, 12);
  for await (const { key } of store.list('v1/')) {
    const bytes = await buffer(await store.read(key));
    if (bytes.includes('2.25.3.1.')) purged.push({ key, bytes });
  }
  const keys = await beginPurge(first, { planId: PURGED_PLAN, study: '2.25.3', number: 30 });
  expect(keys).toEqual(purged.map(({ key }) => key));
  await endPurge(first, keys, 30);
  await concludePlans(first.database, { certified: PURGED_PLAN, withdrawn: WITHDRAWN_PLAN });
  await settleFounders(portsOf(first));
  await exportJournal(first);
});

describe('retention', () => {
  it('is the same in an index that is made anew', async () => {
    const counts = await countRows(first.database, RETENTION_ROWS);
    expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([]);
    const empty = await kit.newDatabase(store);
    expect(await rebuild(empty)).toMatchObject({ studies: 4, disposed: 0, damaged: [] });
    await expectSame(first, empty);
    const plans = await empty.database.query({
      text: 'select plan_id, state from disposition_plan order by 1',
    });
    // Their items are lost: nothing more is done by them.
    expect(plans.rows).toEqual([
      { plan_id: PURGED_PLAN, state: 'ended' },
      { plan_id: WITHDRAWN_PLAN, state: 'withdrawn' },
    ]);
  });

  it('is the same in an older database that has caught up', async () => {
    const ports = kit.portsOf(older.connectionString, store);
    expect((await catchUpJournal(ports)).unknownLines).toBeGreaterThan(20);
    await settleFounders(portsOf(ports));
    await expectSame(first, ports);
    for (const text of [
      'select plan_id, state from disposition_plan order by 1',
      'select plan_id, state from disposition_plan_item order by 1',
    ])
      expect((await ports.database.query({ text })).rows).toEqual(
        (await first.database.query({ text })).rows,
      );
  });

  it('goes on where a purge had begun', async () => {
    const keys = await beginPurge(first, { planId: BEGUN_PLAN, study: '2.25.4', number: 35 });
    expect(keys).toHaveLength(2);
    await exportJournal(first);
    const empty = await kit.newDatabase(store);
    await store.delete(keys[0] ?? '');
    await rebuild(empty);
    const states = await empty.database.query({
      text: `select i.state, g.state as segment, s.number_of_instances from study s join instance i using (study_key)
        join segment g using (segment_id) where s.study_instance_uid = '2.25.4'`,
    });
    expect(states.rows).toEqual([{ state: 'rejected', segment: 'superseded', number_of_instances: 0 }]);
    expect(await dispositionsToResume(empty.database, undefined, 10)).toMatchObject([
      { dispositionId: idOf(36), studyInstanceUid: '2.25.4', endedAt: undefined },
    ]);
    await endPurge(empty, keys, 35);
    const left = await empty.database.query({
      text: `select state from sop_instance where sop_instance_uid like '2.25.4.%'
        union all select 'study' from study where study_instance_uid = '2.25.4'`,
    });
    expect(left.rows).toEqual([{ state: 'disposed' }, { state: 'disposed' }]);
  });
});

describe('what was disposed of', () => {
  it('is not indexed where an object turns up again, and is deleted once more', async () => {
    const [{ key, bytes } = { key: '', bytes: Buffer.alloc(0) }] = purged;
    const ports = portsOf(first);
    await store.putBytes(key, bytes);
    expect(await replaySegment(ports, { key, size: bytes.length })).toBe('disposed');
    const resumed = await dispositionsToResume(first.database, undefined, 10);
    expect(resumed.map(({ dispositionId }) => dispositionId)).toContain(idOf(31));
    const empty = await kit.newDatabase(store);
    expect(await rebuild(empty)).toMatchObject({ disposed: 1 });
    const turnedUp = await empty.database.query({
      text: `select object_key from disposition_object o join disposition d using (disposition_id)
        where gone_at is null and ended_at is not null`,
    });
    expect(turnedUp.rows).toEqual([{ object_key: key }]);
    await store.delete(key);
  });

  it('is kept in quarantine where it was sent again', async () => {
    const ports = portsOf(first);
    const inThreeYears = 3 * 366 * 86_400;
    const wanted = { image: 6, study: '2.25.3', patientId: 'P-2', second: inThreeYears };
    const again = await storeInstance({ store, spoolFolder: join(folder, 'again') }, wanted);
    const { key, size } = again as ObjectStat & typeof again;
    expect(await replaySegment(ports, { key, size })).toBe('replayed');
    const text = `select reason, state, sop_instance_uid from quarantine where study_instance_uid = '2.25.3'`;
    const kept = (await first.database.query({ text })).rows;
    expect(kept).toEqual([{ reason: 'disposed-instance', state: 'open', sop_instance_uid: '2.25.3.1.6' }]);
    await exportJournal(first);
    const empty = await kit.newDatabase(store);
    await rebuild(empty);
    expect((await empty.database.query({ text })).rows).toEqual(kept);
  });
});

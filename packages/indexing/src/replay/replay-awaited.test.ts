/** What rejection notes have named beforehand is the same in an index that is made anew: come or not, told of or not. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commitTogether, GroupCommit } from '@sandyq/database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compareIndexes, compareRows } from '../../../../test/support/compare-indexes.ts';
import { RETENTION_ROWS } from '../../../../test/support/retention-rows.ts';
import { PixelValueComparison } from '../comparison/pixel-value-comparison.ts';
import { Directory } from '../directory.ts';
import { catchUpJournal } from '../journal/catch-up-journal.ts';
import { exportJournal } from '../journal/export-journal.ts';
import { JournalKit, type KitDatabase } from '../journal/testing/journal-kit.ts';
import { rebuildIndex } from './rebuild-index.ts';
import { emptyRebuildReport } from './rebuild-report.ts';
import { replaySegment } from './replay-segment.ts';
import { settleFounders } from './settle-founders.ts';
import { decideBeforehand, rejectByNote, restore } from './testing/retention-story.ts';
import { storeInstance, type WantedInstance } from './testing/store-instance.ts';

const kit = new JournalKit();
const folder = await mkdtemp(join(tmpdir(), 'sandyq-replay-awaited-'));
afterAll(async () => {
  await kit.close();
  await rm(folder, { recursive: true, force: true });
});

let store: Awaited<ReturnType<JournalKit['newStore']>>;
let first: KitDatabase;

const portsOf = (ports: KitDatabase) => ({
  ...ports,
  maintenance: store,
  groupCommit: new GroupCommit(ports.database),
  pixels: new PixelValueComparison({ threads: 1, isLast: true }),
  directory: new Directory(ports.database, () => performance.now()),
});

const NAMED = '2.25.31';
const RESTORED = '2.25.32';
/** Of a note whose grace is over when its images come. */
const LATE = '2.25.33';

/** Stores it, and lets the first database know: it arrives, as far as the index is concerned. */
async function arrive(wanted: WantedInstance): Promise<void> {
  const { key, size } = await storeInstance({ store, spoolFolder: join(folder, 'spool') }, wanted);
  expect(await replaySegment(portsOf(first), { key, size })).toBe('replayed');
}

beforeAll(async () => {
  store = await kit.newStore();
  first = await kit.newDatabase(store);
  await decideBeforehand(first.database);
  await arrive({ image: 1, study: NAMED, second: 1 });
  await rejectByNote(first.database, { number: 10, study: NAMED, images: [1, 2, 3, 4] });
  await rejectByNote(first.database, { number: 11, study: RESTORED, images: [5, 6, 7] });
  const at = new Date(Date.now() - 40 * 86_400_000);
  await rejectByNote(first.database, { number: 12, study: LATE, images: [8, 9], at });
  await exportJournal(first);
  await arrive({ image: 2, study: NAMED, second: 2 });
  await arrive({ image: 3, study: NAMED, second: 3, patientId: 'P-2' });
  await arrive({ image: 5, study: RESTORED, second: 5 });
});

/** What `npm run rebuild-index` does in an empty database. */
async function rebuilt(): Promise<KitDatabase> {
  const empty = await kit.newDatabase(store);
  const ports = portsOf(empty);
  await catchUpJournal(ports);
  const commit = (segments: Parameters<typeof commitTogether>[1]) => commitTogether(ports.database, segments);
  const report = emptyRebuildReport();
  await rebuildIndex({ ...ports, commit }, { parallel: 2, after: '', isResumed: false, report });
  await settleFounders(ports);
  return empty;
}

async function expectSame(second: KitDatabase): Promise<void> {
  await settleFounders(portsOf(first));
  expect(await compareRows(first.database, second.database, RETENTION_ROWS)).toEqual([]);
  expect(await compareIndexes(first.database, second.database)).toEqual([]);
}

async function statesIn({ database }: KitDatabase): Promise<Record<string, string>> {
  const { rows } = await database.query<{ uid: string; state: string }>({
    text: 'select sop_instance_uid as uid, state from sop_instance',
  });
  return Object.fromEntries(rows.map(({ uid, state }) => [uid, state]));
}

it('also where the journal has lost that they came', async () => {
  expect(await statesIn(first)).toEqual({
    [`${NAMED}.1.1`]: 'rejected',
    [`${NAMED}.1.2`]: 'rejected',
    [`${NAMED}.1.3`]: 'rejected',
    [`${NAMED}.1.4`]: 'awaited',
    [`${RESTORED}.1.5`]: 'rejected',
    [`${RESTORED}.1.6`]: 'awaited',
    [`${RESTORED}.1.7`]: 'awaited',
    [`${LATE}.1.8`]: 'awaited',
    [`${LATE}.1.9`]: 'awaited',
  });
  await expectSame(await rebuilt());
});

it('and after a restore, whatever comes then', async () => {
  await restore(first.database, 11);
  await arrive({ image: 6, study: RESTORED, second: 6 });
  await arrive({ image: 8, study: LATE, second: 8 });
  await exportJournal(first);
  const anew = await rebuilt();
  await expectSame(anew);
  expect(await statesIn(anew)).toMatchObject({
    [`${NAMED}.1.3`]: 'rejected',
    [`${NAMED}.1.4`]: 'awaited',
    [`${RESTORED}.1.5`]: 'active',
    [`${RESTORED}.1.6`]: 'active',
    [`${LATE}.1.8`]: 'rejected',
    [`${LATE}.1.9`]: 'awaited',
  });
  await restore(anew.database, 10);
  expect(await statesIn(anew)).toMatchObject({
    [`${NAMED}.1.2`]: 'active',
    [`${NAMED}.1.3`]: 'identity-conflict',
  });
});

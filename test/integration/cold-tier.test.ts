/**
 * The cold tier that answers at once: studies move there and back when somebody asks for them, every byte and every answer
 * as before; interrupted anywhere it ends the same; what is away is never taken for lost.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { requestRecall, tieredSegments } from '@sandyq/database';
import { createTestDatabase } from '@sandyq/database/testing';
import { endHotCopies, moveStudyToCold } from '@sandyq/disposition';
import { compactionPorts, reconcilePorts } from '@sandyq/index';
import { compactNow, reconcile } from '@sandyq/indexing';
import { openArchive } from '@sandyq/service';
import { createMetrics, silentLogger } from '@sandyq/telemetry';
import { afterEach, describe, expect, it } from 'vitest';
import { bytesOf, flip } from '../support/altered-objects.ts';
import { get, storeAll } from '../support/dicomweb.ts';
import { runScript } from '../support/run-script.ts';
import {
  availabilities,
  closeAll,
  expectAsSent,
  hotKeys,
  image,
  later,
  leaveCompaction,
  NEVER,
  NO_UPKEEP,
  type Opened,
  open,
  original,
  STUDY,
  segments,
  tiers,
  until,
} from './cold-tier-archive.ts';

afterEach(closeAll);

describe('a study of the cold tier that answers at once', () => {
  it('is nearline, read through, brought back by whoever reads it, and moved again without a copy', async () => {
    const opened = await open({ SANDYQ_SUPERSEDE_GRACE_SECONDS: '0' });
    const { test, ports, made } = opened;
    const keys = await hotKeys(opened);
    const metadata = await get(`${test.url}/dicom-web/studies/${STUDY}/metadata`);
    const moved = await moveStudyToCold(ports, STUDY);
    expect(moved).toMatchObject({ moved: 2, already: 0, left: [] });
    await until(async () => (await hotKeys(opened)).length === 0);
    expect(await tiers(test)).toEqual(['cold', 'cold']);
    expect((await Array.fromAsync(test.archive.store.list('v1/'))).map(({ key }) => key)).toEqual(keys);
    expect(await availabilities(test)).toEqual(['NEARLINE', 'NEARLINE', 'NEARLINE']);
    // What the index answers alone asks nothing back.
    expect((await get(`${test.url}/dicom-web/studies/${STUDY}/metadata`)).body).toEqual(metadata.body);
    expect((await segments(test)).every(({ recall_due }) => recall_due === null)).toBe(true);

    await expectAsSent(test, made);
    await until(async () => (await tiers(test)).every((tier) => tier === 'hot'));
    expect(await hotKeys(opened)).toEqual(keys);
    expect(await availabilities(test)).toEqual(['ONLINE', 'ONLINE', 'ONLINE']);
    await expectAsSent(test, made);

    // The cold copies stayed.
    const before = await ports.coldTier.store.stat(keys[0] ?? '');
    expect(await moveStudyToCold(ports, STUDY)).toMatchObject({ moved: 2, left: [] });
    expect(await ports.coldTier.store.stat(keys[0] ?? '')).toEqual(before);
    expect(await moveStudyToCold(ports, STUDY)).toMatchObject({ moved: 0, already: 2, left: [] });
  });

  it('is as little available as the least of it, and left alone by compaction', async () => {
    const opened = await open(NO_UPKEEP);
    const { test, ports } = opened;
    const { database } = test.archive;
    await moveStudyToCold(ports, STUDY);
    await storeAll(test.url, [image(1, 3).bytes, image(3, 1).bytes]);
    expect(await availabilities(test)).toEqual(['NEARLINE', 'NEARLINE,ONLINE', 'NEARLINE,ONLINE']);
    const compacted = await compactNow(compactionPorts(test.archive), { dryRun: false });
    expect(compacted).toMatchObject({ joined: 0, rewritten: 0 });
    // What is still to be joined, or to be copied to a replica, stays hot.
    const { left } = await moveStudyToCold(ports, STUDY);
    expect(left.map(({ why }) => why)).toEqual(['compaction', 'compaction']);
    await leaveCompaction(test);
    const lacking = await tieredSegments(database, STUDY, { hasReplica: true });
    expect(lacking.filter(({ tier }) => tier === 'hot').map(({ obstacle }) => obstacle)).toEqual([
      'replication',
      'replication',
    ]);
  });

  it('goes the whole way from wherever a move was interrupted', async () => {
    const opened = await open(NO_UPKEEP);
    const { test, ports, made } = opened;
    const { coldTier } = ports;
    const [first, second] = await segments(test);
    if (first === undefined || second === undefined) throw new Error('two segments');
    // Copied, and no row says so.
    await alterTo(coldTier.store, first.object_key, await bytesOf(coldTier.hot, first.object_key));
    // A copy that is not what it should be.
    await alterTo(
      coldTier.store,
      second.object_key,
      flip(700, 3)(await bytesOf(coldTier.hot, second.object_key)),
    );
    expect(await moveStudyToCold(ports, STUDY)).toMatchObject({ moved: 1, left: [{ why: 'damage' }] });
    expect(await moveStudyToCold(ports, STUDY)).toMatchObject({ moved: 1, already: 1, left: [] });
    // The hot copy gone, and no row says so.
    await coldTier.hot.delete(first.object_key);
    expect(await endHotCopies(ports, 0, NEVER)).toBe(2);
    expect(await hotKeys(opened)).toEqual([]);
    expect((await segments(test)).every(({ hot_copy_since }) => hot_copy_since === null)).toBe(true);
    // Brought back, and no row says so.
    await alterTo(coldTier.hot, first.object_key, await bytesOf(coldTier.store, first.object_key));
    await requestRecall(test.archive.database, { studyInstanceUid: STUDY });
    await until(async () => (await tiers(test)).every((tier) => tier === 'hot'));
    expect(await hotKeys(opened)).toHaveLength(2);
    await expectAsSent(test, made);
  });

  it('leaves no copy of what is disposed of meanwhile', async () => {
    const opened = await open(NO_UPKEEP);
    const { test, ports } = opened;
    const { store } = ports.coldTier;
    const disposing: typeof store = {
      ...store,
      putFile: async (key, file, signal) => {
        await store.putFile(key, file, signal);
        await test.archive.database.query({
          text: 'delete from segment where object_key = $1',
          values: [key],
        });
      },
    };
    const moved = await moveStudyToCold(
      { ...ports, coldTier: { ...ports.coldTier, store: disposing } },
      STUDY,
    );
    expect(moved).toMatchObject({ moved: 0, left: [{ why: 'disposed' }, { why: 'disposed' }] });
    expect(await Array.fromAsync(store.list(''))).toEqual([]);
  });

  it('keeps its hot copy where the cold one is gone', async () => {
    const opened = await open(NO_UPKEEP);
    const { test, ports, made } = opened;
    await moveStudyToCold(ports, STUDY);
    const [first] = await segments(test);
    await ports.coldTier.store.delete(first?.object_key ?? '');
    expect(await endHotCopies(ports, 0, NEVER)).toBe(2);
    expect(await tiers(test)).toEqual(['hot', 'cold']);
    await expectAsSent(test, made);
  });

  it('is unavailable while the tier is away, never missing, and there again with it', async () => {
    const opened = await open(NO_UPKEEP);
    const { test, ports, folder, made } = opened;
    await moveStudyToCold(ports, STUDY);
    await endHotCopies(ports, 0, NEVER);
    await rename(folder, `${folder}-away`);
    await mkdir(folder);
    const { status, headers } = await get(`${test.url}/${original(image(1, 1))}`);
    expect([status, headers.get('retry-after')]).toEqual([503, '10']);
    // Senders and probes do not notice.
    await storeAll(test.url, [image(1, 1, '2.25.7200').bytes]);
    expect((await get(`${test.url}/readyz`)).status).toBe(200);
    await expect(
      reconcile(reconcilePorts(test.archive), { dryRun: false, minimumAgeMs: 0, now: () => new Date() }),
    ).rejects.toMatchObject({ code: 'unavailable' });
    expect((await segments(test)).every(({ condition }) => condition === 'whole')).toBe(true);
    await rm(folder, { recursive: true });
    await rename(`${folder}-away`, folder);
    await expectAsSent(test, made);
  });

  it('is found again by an index that is rebuilt, or says otherwise; and not forgotten by the settings', async () => {
    const opened = await open(NO_UPKEEP);
    const { test, ports, made } = opened;
    await moveStudyToCold(ports, STUDY);
    await endHotCopies(ports, 0, NEVER);
    const { database } = test.archive;
    await database.query({ text: `update segment set tier = 'hot'` });
    const options = { dryRun: false, minimumAgeMs: 0, now: () => new Date() };
    const report = await reconcile(reconcilePorts(test.archive), options);
    expect(report).toMatchObject({ unknown: 0, missing: [] });
    expect(await tiers(test)).toEqual(['cold', 'cold']);
    expect(await tiersAfterRebuild(opened)).toEqual(['cold', 'cold']);

    const { coldTier: _, ...without } = test.settings;
    const opening = openArchive({
      settings: without,
      connectionString: test.testDatabase.connectionString,
      logger: silentLogger(),
      metrics: createMetrics(),
    });
    await expect(opening).rejects.toMatchObject({ code: 'unavailable' });
    await expectAsSent(test, made);
  });
});

/** Of an index that is made anew in an empty database. */
async function tiersAfterRebuild({ test, folder }: Opened): Promise<string[]> {
  const rebuilt = await createTestDatabase();
  later(rebuilt.drop);
  const environment = {
    SANDYQ_DATA: test.settings.dataFolder,
    DATABASE_URL: rebuilt.connectionString,
    SANDYQ_COLD_FOLDER: folder,
  };
  const { code, stderr } = await runScript('rebuild-index.ts', ['--json'], environment);
  expect(code, stderr).toBe(0);
  const found = await rebuilt.database.query<{ tier: string }>({ text: 'select tier from segment' });
  return found.rows.map(({ tier }) => tier);
}

/** Puts bytes under a key, whatever was there. */
async function alterTo(store: Opened['ports']['coldTier']['hot'], key: string, bytes: Buffer): Promise<void> {
  await store.delete(key);
  await store.putBytes(key, bytes);
}

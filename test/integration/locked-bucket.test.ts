/** An archive on a bucket that locks objects: what would delete an object waits for its lock. */
import { lockObjects, moveStudyToCold, type ObjectLockPorts } from '@sandyq/disposition';
import { coldTierPorts, supersedeSegments } from '@sandyq/index';
import type { Archive } from '@sandyq/service';
import { isStorageError, studyKeyPrefix } from '@sandyq/storage';
import { s3ForTests } from '@sandyq/storage/testing';
import { silentLogger } from '@sandyq/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mustStore } from '../support/dicomweb.ts';
import { adopt, approvedPlan, execute, storeOldStudy } from '../support/disposing-archive.ts';
import { type LockingBucket, makeLockingBucket, placeHoldOn } from '../support/locking-bucket.ts';
import { makeNativeImage } from '../support/made-instances.ts';
import type { TestArchive } from '../support/start-archive.ts';
import { leaveCompaction, until } from './cold-tier-archive.ts';

const s3 = await s3ForTests();

function imageOf(studyInstanceUid: string, number: number): Buffer {
  const seriesInstanceUid = `${studyInstanceUid}.1`;
  const ids = { studyInstanceUid, seriesInstanceUid, sopInstanceUid: `${seriesInstanceUid}.${number}` };
  return makeNativeImage(ids, { rows: 4, columns: 4, pixels: Buffer.alloc(32, number) }).bytes;
}

function lockPorts({ database, locks }: Archive): ObjectLockPorts {
  const places = Object.fromEntries(locks.map(({ place, locks: ofPlace }) => [place, ofPlace]));
  return { database, locks: places, logger: silentLogger(), now: () => new Date() };
}

/** Keys of the study's objects, and whether they are held. */
async function objectsOf(archive: Archive, study: string): Promise<Map<string, boolean>> {
  const found = new Map<string, boolean>();
  const { store: locks } = lockPorts(archive).locks;
  for await (const { key } of archive.store.list(studyKeyPrefix(study))) {
    // The archive works in the background, too.
    const lock = await locks?.readLock(key).catch(undefinedIfGone);
    if (lock !== undefined) found.set(key, lock.hasLegalHold);
  }
  return found;
}

function undefinedIfGone(error: unknown): undefined {
  if (!isStorageError(error, 'not-found')) throw error;
}

describe.skipIf(s3.server === undefined)(`a bucket that locks objects ${s3.server ? '' : s3.reason}`, () => {
  let bucket: LockingBucket;
  let test: TestArchive | undefined;

  beforeAll(async () => {
    if (s3.server === undefined) throw new TypeError('skipped without a server');
    bucket = await makeLockingBucket(s3.server);
  });
  // Of its own: what one test's schedule keeps would be locked for a year.
  afterEach(async () => {
    await test?.stop();
    test = undefined;
  });
  afterAll(async () => {
    await bucket?.remove();
    await s3.release();
  });

  /** Any decision has all studies asked again, as each day does. */
  const decideSomething = ({ database }: Archive) =>
    placeHoldOn(database, { kind: 'studies', studyInstanceUids: ['2.25.78'] });

  it('keeps a superseded object until the one that took its place is held', async () => {
    test = await bucket.startArchive('compacted');
    const { url, archive } = test;
    const study = '2.25.77';
    for (const number of [1, 2]) await mustStore(url, imageOf(study, number));
    await placeHoldOn(archive.database, { kind: 'studies', studyInstanceUids: [study] });
    await lockObjects(lockPorts(archive));
    const parts = await objectsOf(archive, study);
    expect([...parts.values()]).toEqual([true, true]);
    const compacted = await fetch(`${url}/admin/compaction?study=${study}`, { method: 'POST' });
    expect(await compacted.json()).toMatchObject({ joined: 1, made: 1 });
    await decideSomething(archive);
    for (;;) {
      const found = await objectsOf(archive, study);
      const areAllKept = [...parts.keys()].every((key) => found.has(key));
      const isJoinedHeld = [...found].some(([key, isHeld]) => isHeld && !parts.has(key));
      expect(areAllKept || isJoinedHeld).toBe(true);
      if (found.size === 1) break;
      await supersedeSegments(archive);
      await lockObjects(lockPorts(archive));
    }
  });

  it('has a purge wait for a lock, and lets it go on when the lock is gone', async () => {
    test = await bucket.startArchive('purged');
    const { url, archive } = test;
    const study = '2.25.88';
    await adopt(archive);
    await storeOldStudy(url, study);
    const keys = [...(await objectsOf(archive, study)).keys()];
    // Of a hold that was released while nobody looked.
    for (const key of keys) await lockPorts(archive).locks.store?.setLegalHold(key, true);
    const plan = await approvedPlan(archive);
    const waiting = { waiting: { studies: 1 }, purged: { studies: 0 }, isEnded: false };
    expect(await execute(archive, plan)).toMatchObject(waiting);
    expect([...(await objectsOf(archive, study)).keys()]).toEqual(keys);
    await decideSomething(archive);
    await lockObjects(lockPorts(archive));
    expect(await execute(archive, plan)).toMatchObject({ purged: { studies: 1 }, isEnded: true });
    expect((await objectsOf(archive, study)).size).toBe(0);
  });

  it('has a purge wait for locks in the replica and in the cold tier, and say where they are', async () => {
    test = await bucket.startArchive('purged-everywhere', {
      ...bucket.settingsOf('COLD', 'its-cold-tier'),
      ...bucket.settingsOf('REPLICA', 'its-replica'),
    });
    const { url, archive } = test;
    const study = '2.25.99';
    await adopt(archive);
    await storeOldStudy(url, study);
    await leaveCompaction(test);
    const cold = coldTierPorts(archive);
    if (cold === undefined) throw new TypeError('it was started with a cold tier');
    // What the replica lacks is not moved.
    await until(async () => (await moveStudyToCold(cold, study)).left.length === 0);
    await until(
      async () => (await Array.fromAsync(cold.coldTier.hot.list(studyKeyPrefix(study)))).length === 0,
    );
    const keys = (await Array.fromAsync(archive.store.list(studyKeyPrefix(study)))).map(({ key }) => key);
    expect(keys).toHaveLength(2);
    const places = lockPorts(archive).locks;
    const plan = await approvedPlan(archive);
    for (const [place, name] of [
      ['replica', 'the replica'],
      ['cold', 'the cold tier'],
    ] as const) {
      // Of a hold that was released, and that an index made anew does not know of.
      for (const key of keys) await places[place]?.setLegalHold(key, true);
      const report = await execute(archive, plan);
      expect(report).toMatchObject({ waiting: { studies: 1 }, purged: { studies: 0 }, isEnded: false });
      expect(report.reasons).toMatchObject([{ why: `${name} keeps its objects locked until a day` }]);
      await lockObjects(lockPorts(archive));
      for (const key of keys)
        expect(await places[place]?.readLock(key)).toMatchObject({ hasLegalHold: false });
    }
    expect(await execute(archive, plan)).toMatchObject({ purged: { studies: 1 }, isEnded: true });
    const { replica } = archive;
    for (const store of [archive.store, replica])
      expect(store && (await Array.fromAsync(store.list(studyKeyPrefix(study))))).toEqual([]);
  });
});

/**
 * Objects are locked wherever they lie: in the store, in the cold tier, in the replica. On their way from one to another
 * something of a held study is held at any moment, whatever is killed. Real PostgreSQL, a real S3 server.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Database,
  DatabaseError,
  enterLockingPlaces,
  type LockPlace,
  publishChanges,
  recordMovedToCold,
  recordRecalled,
  recordReplicated,
  releaseHold,
  requestRecall,
} from '@sandyq/database';
import { createTestDatabase, People, type TestDatabase } from '@sandyq/database/testing';
import { endHotCopies, lockObjects, type PlacesWithLocks } from '@sandyq/disposition';
import { deleteFromReplica } from '@sandyq/indexing';
import { isStorageError, type ObjectLocks, StorageError } from '@sandyq/storage';
import { s3ForTests } from '@sandyq/storage/testing';
import { silentLogger } from '@sandyq/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fuse, fusedLocks } from '../support/fused-ports.ts';
import {
  adoptForEver,
  type LockingBucket,
  type LockingStore,
  makeLockingBucket,
  placeHoldOn,
} from '../support/locking-bucket.ts';

const s3 = await s3ForTests();
const NEVER = new AbortController().signal;
const DAY_MS = 86_400_000;
const PLACES = ['store', 'cold', 'replica'] as const;

interface Segment {
  readonly id: string;
  readonly objectKey: string;
  readonly sizeBytes: number;
  readonly sha256: Buffer;
}

describe.skipIf(s3.server === undefined)(`locks in several places ${s3.server ? '' : s3.reason}`, () => {
  let test: TestDatabase;
  let database: Database;
  let people: People;
  let bucket: LockingBucket;
  let stores: Readonly<Record<LockPlace, LockingStore>>;
  let studies = 0;

  beforeAll(async () => {
    if (s3.server === undefined) throw new TypeError('skipped without a server');
    bucket = await makeLockingBucket(s3.server);
    const { storeAt } = bucket;
    stores = { store: storeAt('store/'), cold: storeAt('cold/'), replica: storeAt('replica/') };
    test = await createTestDatabase();
    database = test.database;
    people = await People.in(database);
    await enterLockingPlaces(
      database,
      PLACES.map((place) => ({ place, target: place })),
    );
    await round();
  });
  afterAll(async () => {
    await bucket?.remove();
    await test?.drop();
    await s3.release();
  });

  const round = (changed: { locks?: PlacesWithLocks; now?: () => Date; database?: Database } = {}) =>
    lockObjects({ database, locks: stores, logger: silentLogger(), now: () => new Date(), ...changed });

  /** A study of one object in the store, at rest. */
  async function store(studyInstanceUid = `2.25.${(studies += 1)}`): Promise<Segment & { study: string }> {
    await people.store({ studyInstanceUid, patientId: 'P' });
    const found = await database.query<Segment & Record<string, unknown>>({
      text: `update segment set compact_due = null where study_key =
          (select study_key from study where study_instance_uid = $1)
        returning segment_id as id, object_key as "objectKey", size_bytes as "sizeBytes", receipt_sha256 as sha256`,
      values: [studyInstanceUid],
    });
    const [segment] = found.rows;
    if (segment === undefined) throw new Error('it was stored');
    await put('store', segment);
    await publishChanges(database);
    return { ...segment, study: studyInstanceUid };
  }

  const put = (place: LockPlace, { objectKey, sizeBytes }: Segment) =>
    stores[place].putBytes(objectKey, Buffer.alloc(sizeBytes));

  /** As the replication does it. */
  async function replicate(segment: Segment): Promise<void> {
    await put('replica', segment);
    await recordReplicated(database, { kind: 'segment', ...segment });
  }

  /** As a move does it, when the copy is verified. */
  async function moveToCold(segment: Segment): Promise<void> {
    await put('cold', segment).catch(ignoreExisting);
    expect(await recordMovedToCold(database, segment.id)).toBe('noted');
  }

  const endCopies = () => {
    const coldTier = { hot: stores.store, store: stores.cold };
    return endHotCopies({ database, coldTier, logger: silentLogger() }, 0, NEVER);
  };

  /** Where the object is, and whether it is held there. */
  async function heldIn({ objectKey }: Segment): Promise<Partial<Record<LockPlace, boolean>>> {
    const found: Partial<Record<LockPlace, boolean>> = {};
    for (const place of PLACES) {
      const lock = await stores[place].readLock(objectKey).catch(undefinedIfGone);
      if (lock !== undefined) found[place] = lock.hasLegalHold;
    }
    return found;
  }

  const hold = (study: string) => placeHoldOn(database, { kind: 'studies', studyInstanceUids: [study] });
  const release = (legalHoldId: string) =>
    database.inTransaction((client) => releaseHold(client, { legalHoldId, reason: 'over' }, 'bob'));

  it('a hold reaches every place, a copy that comes later, and is released in all of them', async () => {
    const segment = await store();
    await replicate(segment);
    const placed = await hold(segment.study);
    await round();
    expect(await heldIn(segment)).toEqual({ store: true, replica: true });

    const later = await store();
    const placedLater = await hold(later.study);
    await round();
    await replicate(later);
    expect(await heldIn(later)).toEqual({ store: true, replica: false });
    expect(await round()).toBe(1);
    expect(await heldIn(later)).toEqual({ store: true, replica: true });

    await release(placed);
    await release(placedLater);
    await round();
    for (const released of [segment, later])
      expect(await heldIn(released)).toEqual({ store: false, replica: false });
  });

  it('a hold that is placed while the study is cold holds it there; recalled it is held in both', async () => {
    const segment = await store();
    await moveToCold(segment);
    // Not before somebody has looked whether the other one is to be locked.
    expect(await endCopies()).toBe(0);
    await round();
    expect(await endCopies()).toBe(1);
    const placed = await hold(segment.study);
    await round();
    expect(await heldIn(segment)).toEqual({ cold: true });
    await requestRecall(database, { studyInstanceUid: segment.study });
    await put('store', segment);
    await recordRecalled(database, segment.id, () => Promise.resolve(true));
    expect(await heldIn(segment)).toEqual({ store: false, cold: true });
    expect(await round()).toBe(1);
    expect(await heldIn(segment)).toEqual({ store: true, cold: true });
    await release(placed);
    await round();
    expect(await heldIn(segment)).toEqual({ store: false, cold: false });
  });

  it('a study on its way to the cold tier is held at any moment, wherever locking is killed', async () => {
    const placed = await placeHoldOn(database, { kind: 'query', condition: 'modality: [CT]' });
    let calls = 0;
    for (let isDone = false; !isDone; calls += 1) {
      const segment = await store();
      await round();
      await moveToCold(segment);
      const fuse = new Fuse(calls);
      const locks = { store: fusedLocks(stores.store, fuse), cold: fusedLocks(stores.cold, fuse) };
      await round({ database: fusedWrites(database, fuse), locks }).catch(() => undefined);
      isDone = !fuse.isBurnt;
      await expectHeld(segment, calls);
      // The hot copy goes when the other one is held, and not before.
      await endCopies();
      await expectHeld(segment, calls);
      for (let again = 0; again < 2; again += 1) {
        // Whoever died between note and store: the deletion is refused, and that is looked at.
        await database.query({ text: 'update object_lock_due set due_at = now()' });
        await round();
        await endCopies();
      }
      expect(await heldIn(segment), `killed after ${calls} calls`).toEqual({ cold: true });
    }
    expect(calls).toBeGreaterThan(6);
    await release(placed);
    await round();
  });

  async function expectHeld(segment: Segment, calls: number): Promise<void> {
    const { store: inStore, cold } = await heldIn(segment);
    expect(inStore === true || cold === true, `killed after ${calls} calls`).toBe(true);
  }

  it('a place that is away keeps nothing unlocked elsewhere, and is told when it is back', async () => {
    const segment = await store();
    await replicate(segment);
    const placed = await hold(segment.study);
    const away = awayLocks();
    await round({ locks: { ...stores, replica: away } });
    expect(await heldIn(segment)).toEqual({ store: true, replica: false });
    await database.query({ text: 'update object_lock_due set due_at = now()' });
    expect(await round()).toBe(1);
    expect(await heldIn(segment)).toEqual({ store: true, replica: true });
    await release(placed);
    await round({ locks: { ...stores, replica: away } });
    await database.query({ text: 'update object_lock_due set due_at = now()' });
    await round();
    expect(await heldIn(segment)).toEqual({ store: false, replica: false });
  });

  it('what the replica keeps locked waits there, and does not keep the rest from going', async () => {
    const [kept, gone] = [await store(), await store()];
    for (const segment of [kept, gone]) {
      await replicate(segment);
      await stores.store.delete(segment.objectKey);
    }
    await stores.replica.setLegalHold(kept.objectKey, true);
    // Nothing goes from the replica before it has what holds the bytes now.
    await database.query({ text: `update segment set state = 'superseded' where replicated_at is null` });
    await database.query({
      text: `update segment set state = 'deleted' where segment_id in ($1, $2)`,
      values: [kept.id, gone.id],
    });
    const ports = { database, store: stores.store, replica: stores.replica, logger: silentLogger() };
    expect(await deleteFromReplica(ports, NEVER)).toBe(1);
    expect(await heldIn(kept)).toEqual({ replica: true });
    expect(await heldIn(gone)).toEqual({});
    // The index did not know of it; nothing asks for it.
    expect(await round()).toBe(1);
    await database.query({ text: 'update replica_deletion set retry_at = now()' });
    expect(await deleteFromReplica(ports, NEVER)).toBe(1);
    expect(await heldIn(kept)).toEqual({});
  });

  it('what is retained is retained in every place, and what leaves the store not again', async () => {
    const segment = await store('2.25.7000');
    await replicate(segment);
    await moveToCold(segment);
    await adoptForEver(database, '2.25.7000');
    // A year ago it would have been retained until in some seconds: nothing is left locked behind this test.
    const end = Math.ceil(Date.now() / 1_000) * 1_000 + 6_000;
    const aYearAgo = new Date(end - 365 * DAY_MS);
    expect(await round({ now: () => aYearAgo })).toBe(2);
    const until = async (place: LockPlace) =>
      (await stores[place].readLock(segment.objectKey)).retainedUntil?.getTime();
    expect([await until('cold'), await until('replica'), await until('store')]).toEqual([
      end,
      end,
      undefined,
    ]);
    expect(await round({ now: () => aYearAgo })).toBe(0);
    expect(await endCopies()).toBe(1);
    await expect(stores.cold.delete(segment.objectKey)).rejects.toSatisfy(isLocked);
    await sleep(Math.max(0, end - Date.now()) + 1_100);
  });
});

/** A database that a killed process writes nothing more to. */
function fusedWrites(database: Database, fuse: Fuse): Database {
  const isWrite = (name = '') => /^(?:record|end|postpone)-/.test(name);
  return {
    ...database,
    inTransaction: (work) => database.inTransaction(work),
    query: (statement) =>
      isWrite(statement.name) && !fuse.take()
        ? Promise.reject(new DatabaseError('unavailable', 'the process was killed'))
        : database.query(statement),
  };
}

/** A store that does not answer. */
function awayLocks(): ObjectLocks {
  const away = () => Promise.reject(new StorageError('unavailable', 'the store does not answer'));
  return { canLock: away, readLock: away, setLegalHold: away, retainUntil: away };
}

function undefinedIfGone(error: unknown): undefined {
  if (!isStorageError(error, 'not-found')) throw error;
}

function ignoreExisting(error: unknown): void {
  if (!isStorageError(error, 'exists')) throw error;
}

function isLocked(error: unknown): boolean {
  return isStorageError(error, 'locked');
}

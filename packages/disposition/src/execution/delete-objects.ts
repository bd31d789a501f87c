/** Deletes the objects of a disposition, every version of each, in the store and its replica, and looks whether they are gone. */
import {
  keysOfDeletedSegments,
  keysOfDisposition,
  type LockPlace,
  noteLockedObjects,
  objectsToDelete,
  recordObjectsGone,
} from '@sandyq/database';
import { isStorageError, type ObjectStore, studyKeyPrefix, tieredPrefix } from '@sandyq/storage';
import type { PurgePorts } from './execution-ports.ts';

/** Whose objects. */
export interface DeletionOrder {
  readonly dispositionId: string;
  readonly studyInstanceUid: string;
}

/** What keeps objects in a store, if anything does: it lists them although they were deleted, or a place keeps them locked. */
export type Obstacle = 'listed' | { readonly lockedIn: ReadonlySet<LockPlace> };

const DELETED_AT_ONCE = 100;
const DELETES_AT_A_TIME = 8;

/**
 * Deletes what the disposition still has, and notes what is seen gone everywhere. The journal line that names the objects
 * is durable. Whatever stays is tried again the next time.
 * Throws StorageError if a store is away.
 */
export async function deleteObjects(
  ports: PurgePorts,
  order: DeletionOrder,
  signal?: AbortSignal,
): Promise<Obstacle | undefined> {
  const lockedIn = new Set<LockPlace>();
  let isListed = false;
  for (let after = ''; ; ) {
    const keys = await objectsToDelete(ports.database, order.dispositionId, {
      after,
      limit: DELETED_AT_ONCE,
    });
    const last = keys.at(-1);
    if (last === undefined) break;
    const gone: string[] = [];
    for (let at = 0; at < keys.length; at += DELETES_AT_A_TIME) {
      signal?.throwIfAborted();
      const some = keys.slice(at, at + DELETES_AT_A_TIME);
      for (const { key, outcome } of await Promise.all(
        some.map((key) => deleteEverywhere(ports, key, signal)),
      )) {
        if (outcome === undefined) gone.push(key);
        else if (outcome === 'listed') isListed = true;
        else {
          lockedIn.add(outcome);
          // An index made anew does not know of a legal hold that nothing asks for any more: it is taken off.
          await noteLockedObjects(ports.database, [key], [outcome]);
        }
      }
    }
    const { database, now } = ports;
    await recordObjectsGone(database, order.dispositionId, { objectKeys: gone, now: now() });
    after = last;
  }
  if (lockedIn.size > 0) return { lockedIn };
  return isListed ? 'listed' : undefined;
}

/** `outcome` undefined: it is gone; a place: that keeps it locked. */
interface DeletedObject {
  readonly key: string;
  readonly outcome: LockPlace | 'listed' | undefined;
}

/** The replica first: what it copies comes from the store. */
async function deleteEverywhere(
  ports: PurgePorts,
  key: string,
  signal: AbortSignal | undefined,
): Promise<DeletedObject> {
  const { store, replica } = ports;
  if (replica !== undefined && (await isLockedIn(replica, key, signal))) return { key, outcome: 'replica' };
  if (await isLockedIn(store, key, signal)) return { key, outcome: await lockedTier(ports, key, signal) };
  for (const place of replica === undefined ? [store] : [store, replica])
    if ((await place.stat(key, signal)) !== undefined) return { key, outcome: 'listed' };
  return { key, outcome: undefined };
}

/** False: it is deleted there. */
async function isLockedIn(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await store.delete(key, signal);
    return false;
  } catch (error) {
    if (isStorageError(error, 'locked')) return true;
    throw error;
  }
}

/** Which of those that the store joins: the cold one is deleted from first. */
async function lockedTier(
  { coldTier }: PurgePorts,
  key: string,
  signal: AbortSignal | undefined,
): Promise<LockPlace> {
  if (coldTier === undefined || !key.startsWith(tieredPrefix)) return 'store';
  return (await coldTier.store.stat(key, signal)) === undefined ? 'store' : 'cold';
}

/** What the stores list under the study's keys when everything was deleted. */
export interface StillListed {
  /** Objects of the disposition are among it. */
  readonly isAny: boolean;
  /** Copies of segments that were given up and deleted before: they go with the others. */
  readonly forgotten: readonly string[];
}

/**
 * Lists the study's objects in every store. Those that the database knows nothing of, or counts on, are of whoever stores
 * instances of the study now: they are told, and left.
 */
export async function listAgain(
  ports: PurgePorts,
  { dispositionId, studyInstanceUid }: DeletionOrder,
  signal?: AbortSignal,
): Promise<StillListed> {
  const { database, store, replica, logger } = ports;
  const forgotten = new Set<string>();
  let [own, others] = [0, 0];
  for (const place of replica === undefined ? [store] : [store, replica]) {
    for await (const keys of pagesOf(place, studyKeyPrefix(studyInstanceUid), signal)) {
      own += (await keysOfDisposition(database, dispositionId, keys)).length;
      for (const key of await keysOfDeletedSegments(database, studyInstanceUid, keys)) forgotten.add(key);
      others += keys.length;
    }
  }
  if (others > own) logger.info('disposition-other-objects', { dispositionId, others: others - own });
  return { isAny: own > 0, forgotten: [...forgotten].sort() };
}

async function* pagesOf(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<string[]> {
  let page: string[] = [];
  for await (const { key } of store.list(prefix, signal && { signal })) {
    page.push(key);
    if (page.length < DELETED_AT_ONCE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

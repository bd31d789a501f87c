/** Locks and unlocks the objects of one study, wherever they lie, as holds and schedule want it. */
import {
  activeHolds,
  claimLocksOfStudy,
  type Database,
  type LockedObject,
  type LockPlace,
  type Queryable,
  readSubject,
  recordObjectLock,
} from '@sandyq/database';
import { isStorageError, type ObjectLocks, StorageError } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import { scheduleInForce } from '../schedules/schedule-in-force.ts';
import { changeOf, type LockChange, type WantedLock, wantedLock } from './wanted-lock.ts';

/** The places that lock objects, and nothing of the others. */
export type PlacesWithLocks = Readonly<Partial<Record<LockPlace, ObjectLocks>>>;

/** What locking works with. */
export interface ObjectLockPorts {
  readonly database: Database;
  readonly locks: PlacesWithLocks;
  readonly logger: Logger;
  readonly now: () => Date;
}

/** What became of a study. */
export interface LockedStudy {
  /** Objects that were locked or unlocked, once for each place. */
  changed: number;
  /** A place beside the store does not answer: the study has to be compared again. */
  isLeft: boolean;
}

/** Objects that are changed in one transaction: it must not be idle for long. */
const CHANGED_AT_ONCE = 32;

/** Places by their names, the store first. */
export function placesOf(locks: PlacesWithLocks): LockPlace[] {
  return (['store', 'cold', 'replica'] as const).filter((place) => locks[place] !== undefined);
}

/**
 * Brings the locks of the study's objects to what is wanted now. What comes is locked before what goes is unlocked, and
 * nothing is unlocked where something could not be held: the content of a study under hold is held all the time. Throws
 * StorageError if the store is away; another place that is does not keep the others from being locked. `away`: places that
 * were found so are added, and not tried again.
 */
export async function lockObjectsOfStudy(
  ports: ObjectLockPorts,
  studyInstanceUid: string,
  away = new Set<LockPlace>(),
): Promise<LockedStudy> {
  const study = new StudyLocking(ports, away);
  for (;;) {
    const round = await ports.database.inTransaction((client) => study.changeSome(client, studyInstanceUid));
    if (round < CHANGED_AT_ONCE) return study.outcome;
  }
}

/** What one comparison has come to. */
class StudyLocking {
  readonly outcome: LockedStudy = { changed: 0, isLeft: false };
  readonly #ports: ObjectLockPorts;
  readonly #away: Set<LockPlace>;
  /** Not tried again here. */
  readonly #missing = new Set<string>();
  /** An object that is to be held could not be. */
  #lacksHold = false;

  constructor(ports: ObjectLockPorts, away: Set<LockPlace>) {
    this.#ports = ports;
    this.#away = away;
  }

  /** Returns how many were tried. */
  async changeSome(client: Queryable, studyInstanceUid: string): Promise<number> {
    const objects = await claimLocksOfStudy(client, studyInstanceUid, placesOf(this.#ports.locks));
    if (objects === undefined) return 0;
    const wanted = await wantedNow(this.#ports, studyInstanceUid);
    if (wanted === undefined) return 0;
    const changes = this.#changesOf(objects, wanted).slice(0, CHANGED_AT_ONCE);
    for (const [object, change] of changes) await this.#tryOne(object, change);
    return changes.length;
  }

  /** What can be tried: what is put on comes first. */
  #changesOf(objects: readonly LockedObject[], wanted: WantedLock): [LockedObject, LockChange][] {
    const { locks, now } = this.#ports;
    const context = { now: now(), coldLocks: locks.cold !== undefined };
    const changes = objects.flatMap((object): [LockedObject, LockChange][] => {
      const change = changeOf(object, wanted, context);
      return change === undefined ? [] : [[object, change]];
    });
    const tried = changes.filter(([object]) => !this.#missing.has(nameOf(object)));
    const on = tried.filter(([, { hold }]) => hold !== false);
    const off = tried.filter(([, { hold }]) => hold === false);
    return [...on, ...off].filter(([object, change]) => this.#isOpen(object, change));
  }

  /** What is not is left for the next comparison. */
  #isOpen({ place }: LockedObject, { hold }: LockChange): boolean {
    if (!this.#away.has(place)) return !(hold === false && this.#lacksHold);
    this.outcome.isLeft = true;
    this.#lacksHold ||= hold === true;
    return false;
  }

  async #tryOne(object: LockedObject, change: LockChange): Promise<void> {
    const { place, segmentId } = object;
    if (!this.#isOpen(object, change)) return;
    try {
      await carryOut(this.#ports, object, change);
      this.outcome.changed += 1;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#lacksHold ||= change.hold === true;
      if (error.code === 'not-found') {
        // Reconcile and fixity find it and tell; it is looked for again when all studies are compared.
        this.#missing.add(nameOf(object));
        this.#ports.logger.warn('object-to-lock-missing', { segmentId, store: place });
        return;
      }
      if (place === 'store' || error.code === 'aborted') throw error;
      this.#away.add(place);
      this.outcome.isLeft = true;
      this.#ports.logger.warn('object-locks-away', { store: place, error });
    }
  }
}

function nameOf({ segmentId, place }: LockedObject): string {
  return `${place} ${segmentId}`;
}

/** Asked outside of the transaction, which only claims: it must not keep a hold from being placed while the store is talked to. */
async function wantedNow(
  { database, now }: ObjectLockPorts,
  studyInstanceUid: string,
): Promise<WantedLock | undefined> {
  const subject = await readSubject(database, studyInstanceUid);
  if (subject === undefined) return undefined;
  const holds = await activeHolds(database);
  const schedule = (await scheduleInForce(database, now()))?.rules;
  return wantedLock(subject, now(), { holds, schedule });
}

/**
 * Each object is noted by itself, whatever becomes of the next one. A hold is noted when it is on, and not any more before it
 * is taken off: whoever dies in between leaves an object locked that need not be, never the other way round.
 */
async function carryOut(
  { database, locks: places }: ObjectLockPorts,
  { segmentId, objectKey, place, hasLegalHold, retainedUntil }: LockedObject,
  { hold, retainUntil }: LockChange,
): Promise<void> {
  const locks = places[place];
  if (locks === undefined) throw new TypeError('only objects of places that lock are claimed');
  const note = (isHeld: boolean, until: Date | undefined) =>
    recordObjectLock(database, { segmentId, place, hasLegalHold: isHeld, retainedUntil: until });
  if (hold === false) await takeOff();
  if (hold === true) await locks.setLegalHold(objectKey, true);
  if (retainUntil !== undefined) await locks.retainUntil(objectKey, retainUntil);
  if (hold === true || retainUntil !== undefined)
    await note(hold ?? hasLegalHold, retainUntil ?? retainedUntil);

  async function takeOff(): Promise<void> {
    await note(false, retainedUntil);
    try {
      await locks?.setLegalHold(objectKey, false);
    } catch (error) {
      // What is gone is not held.
      if (isStorageError(error, 'not-found')) return;
      await note(true, retainedUntil);
      throw error;
    }
  }
}

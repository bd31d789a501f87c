/** Locks and unlocks the objects of one study as holds and schedule want it. */
import {
  activeHolds,
  claimLocksOfStudy,
  type Database,
  type LockedSegment,
  type Queryable,
  readSubject,
  recordObjectLock,
} from '@sandyq/database';
import { isStorageError, type ObjectLocks } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import { scheduleInForce } from '../schedules/schedule-in-force.ts';
import { isRenewalDue, type WantedLock, wantedLock } from './wanted-lock.ts';

/** What locking works with. */
export interface ObjectLockPorts {
  readonly database: Database;
  readonly locks: ObjectLocks;
  readonly logger: Logger;
  readonly now: () => Date;
}

/** Objects that are changed in one transaction: it must not be idle for long. */
const CHANGED_AT_ONCE = 32;

/**
 * Brings the locks of the study's objects to what is wanted now; returns how many were changed. What comes is locked
 * before what goes is unlocked, so that the content of a study under hold is held all the time. Throws StorageError.
 */
export async function lockObjectsOfStudy(ports: ObjectLockPorts, studyInstanceUid: string): Promise<number> {
  for (let changed = 0; ; ) {
    const round = await ports.database.inTransaction((client) => changeSome(ports, client, studyInstanceUid));
    changed += round;
    if (round < CHANGED_AT_ONCE) return changed;
  }
}

async function changeSome(
  ports: ObjectLockPorts,
  client: Queryable,
  studyInstanceUid: string,
): Promise<number> {
  const segments = await claimLocksOfStudy(client, studyInstanceUid);
  if (segments === undefined) return 0;
  const wanted = await wantedNow(ports, studyInstanceUid);
  if (wanted === undefined) return 0;
  const now = ports.now();
  const changes = segments.flatMap((segment) => changeOf(segment, wanted, now));
  for (const change of changes.slice(0, CHANGED_AT_ONCE)) await carryOut(ports, change);
  return Math.min(changes.length, CHANGED_AT_ONCE);
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

interface Change {
  readonly segment: LockedSegment;
  /** undefined: as it is. */
  readonly hold: boolean | undefined;
  readonly retainUntil: Date | undefined;
}

function changeOf(segment: LockedSegment, wanted: WantedLock, now: Date): Change[] {
  const { isLive, isAtRest, hasLegalHold, retainedUntil } = segment;
  const isHeld = wanted.hasLegalHold && isLive;
  const hold = isHeld === hasLegalHold ? undefined : isHeld;
  const isDue = isLive && isAtRest && isRenewalDue(retainedUntil, wanted.retainUntil, now);
  const retainUntil = isDue ? wanted.retainUntil : undefined;
  return hold === undefined && retainUntil === undefined ? [] : [{ segment, hold, retainUntil }];
}

/**
 * Each object is noted by itself, whatever becomes of the next one. A hold is noted when it is on, and not any more before it
 * is taken off: whoever dies in between leaves an object locked that need not be, never the other way round.
 */
async function carryOut(
  { database, locks, logger }: ObjectLockPorts,
  { segment, hold, retainUntil }: Change,
): Promise<void> {
  const { segmentId, objectKey, hasLegalHold, retainedUntil } = segment;
  const note = (lock: Pick<LockedSegment, 'hasLegalHold' | 'retainedUntil'>) =>
    recordObjectLock(database, { segmentId, ...lock });
  if (hold === false) await note({ hasLegalHold: false, retainedUntil });
  try {
    if (hold !== undefined) await locks.setLegalHold(objectKey, hold);
    if (retainUntil !== undefined) await locks.retainUntil(objectKey, retainUntil);
  } catch (error) {
    // What is missing is found and told by reconcile and fixity; it is not tried again and again here.
    if (!isStorageError(error, 'not-found')) throw error;
    logger.warn('object-to-lock-missing', { segmentId });
  }
  await note({ hasLegalHold: hold ?? hasLegalHold, retainedUntil: retainUntil ?? retainedUntil });
}

/** What the store should keep of a study: for a hold, and while its minimum period lasts. Pure. */
import type { KnownLock } from '@sandyq/database';
import {
  addDays,
  evaluate,
  type Finding,
  holdsOver,
  inputsForHolds,
  type LegalHold,
  type RetentionSchedule,
  type RetentionSubject,
} from '@sandyq/retention';

/** What a study's objects are to be locked by. */
export interface WantedLock {
  readonly hasLegalHold: boolean;
  /** Until when they are retained at least; undefined: nothing asks for it. */
  readonly retainUntil: Date | undefined;
}

const DAY_MS = 86_400_000;
/** Longest retention that the store is told, in days: nobody can shorten it, and laws and facts change. */
const LONGEST_DAYS = 365;
/** It is renewed when less than so many days are left. */
const RENEWED_DAYS = 183;

/** By the holds in force and the schedule in force. */
export function wantedLock(
  subject: RetentionSubject,
  now: Date,
  {
    holds,
    schedule,
  }: { readonly holds: readonly LegalHold[]; readonly schedule: RetentionSchedule | undefined },
): WantedLock {
  const binding = holdsOver(holds, inputsForHolds(subject, now, schedule));
  return {
    hasLegalHold: binding.length > 0,
    retainUntil: schedule === undefined ? undefined : retainUntilOf(evaluate(schedule, subject, now), now),
  };
}

/** A day before disposition is allowed: no time zone lets a purge wait for it. */
function retainUntilOf({ rules, earliestDisposition }: Finding, now: Date): Date | undefined {
  if (rules.length === 0) return undefined;
  const longest = new Date(now.getTime() + LONGEST_DAYS * DAY_MS);
  if (earliestDisposition === undefined || earliestDisposition === 'never') return longest;
  const end = new Date(`${addDays(earliestDisposition, -1)}T00:00:00Z`);
  if (end.getTime() < now.getTime() + DAY_MS) return undefined;
  return end < longest ? end : longest;
}

/** Whether retention has to be set: there is none, or it ends too soon. */
export function isRenewalDue(
  retainedUntil: Date | undefined,
  retainUntil: Date | undefined,
  now: Date,
): boolean {
  if (retainUntil === undefined) return false;
  if (retainedUntil === undefined) return true;
  return retainedUntil < retainUntil && retainedUntil.getTime() < now.getTime() + RENEWED_DAYS * DAY_MS;
}

/** How a lock is changed. */
export interface LockChange {
  /** undefined: as it is. */
  readonly hold: boolean | undefined;
  readonly retainUntil: Date | undefined;
}

/** What of a lock is to be changed, if anything is. `coldLocks`: the cold tier locks its objects. */
export function changeOf(
  lock: KnownLock,
  wanted: WantedLock,
  { now, coldLocks }: { readonly now: Date; readonly coldLocks: boolean },
): LockChange | undefined {
  const isHeld = wanted.hasLegalHold && isToBeHeld(lock, coldLocks);
  const hold = isHeld === lock.hasLegalHold ? undefined : isHeld;
  const isDue =
    lock.role === 'in-use' && lock.isAtRest && isRenewalDue(lock.retainedUntil, wanted.retainUntil, now);
  const retainUntil = isDue ? wanted.retainUntil : undefined;
  return hold === undefined && retainUntil === undefined ? undefined : { hold, retainUntil };
}

/** While its study is held. */
function isToBeHeld({ role, hasLegalHold }: KnownLock, coldLocks: boolean): boolean {
  if (role === 'spare') return hasLegalHold;
  // The copy in the cold tier is held in its place, if it can be.
  if (role === 'leaving') return !coldLocks;
  return role !== 'superseded';
}

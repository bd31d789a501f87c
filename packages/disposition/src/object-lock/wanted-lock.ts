/** What the store should keep of a study: for a hold, and while its minimum period lasts. Pure. */
import type { StudyLocks } from '@sandyq/database';
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

/** Whether the locks of a study are others than is wanted. */
export function differs(
  { someHeld, someHeldForNothing, allHeld, leastRetained }: StudyLocks,
  wanted: WantedLock,
  now: Date,
): boolean {
  if (someHeldForNothing || (wanted.hasLegalHold ? !allHeld : someHeld)) return true;
  if (leastRetained === undefined) return false;
  return isRenewalDue(leastRetained === 'not-retained' ? undefined : leastRetained, wanted.retainUntil, now);
}

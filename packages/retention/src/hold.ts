/** Legal holds: what suspends disposition, whatever a schedule says (ISO 15489-1 §9.9: disposition). Pure. */
import type { CalendarDate } from './calendar-date.ts';
import type { Condition } from './condition.ts';
import { dayIn } from './day-in-zone.ts';
import { type Inputs, readInputs } from './inputs.ts';
import { matchCondition } from './match-condition.ts';
import type { Absence } from './schedule.ts';
import type { RetentionSubject } from './subject.ts';

/** A hold that is in force. */
export interface LegalHold {
  readonly legalHoldId: string;
  readonly reason: string;
  /** Who ordered it: a court, a prosecutor, an inquiry. */
  readonly authority: string;
  /** Whom to ask. */
  readonly owner: string;
  readonly scope: HoldScope;
  readonly placedBy: string;
  readonly placedAt: Date;
  readonly reviewOn: CalendarDate;
}

/** Listed studies, or whatever meets a condition, now and later. */
export type HoldScope =
  | { readonly kind: 'studies'; readonly studyInstanceUids: readonly string[] }
  | { readonly kind: 'query'; readonly condition: Condition };

/** The holds that bind a study. A condition that cannot be decided holds: what may be meant is kept. */
export function holdsOver(holds: readonly LegalHold[], inputs: Inputs): LegalHold[] {
  return holds.filter(({ scope }) => bindsStudy(scope, inputs) !== 'no');
}

/** Whether a hold of this scope binds the study; `unknown` binds as well. */
export function bindsStudy(scope: HoldScope, inputs: Inputs): 'yes' | 'no' | 'unknown' {
  if (scope.kind === 'query') return matchCondition(scope.condition, inputs).holds;
  return listed(scope.studyInstanceUids).has(inputs.subject.studyInstanceUid) ? 'yes' : 'no';
}

const lists = new WeakMap<readonly string[], ReadonlySet<string>>();

/** A list may be of thousands, and is asked for every study of the archive. */
function listed(studyInstanceUids: readonly string[]): ReadonlySet<string> {
  const known = lists.get(studyInstanceUids);
  if (known !== undefined) return known;
  const made = new Set(studyInstanceUids);
  lists.set(studyInstanceUids, made);
  return made;
}

/** What a schedule says of days and registers; without one nothing is known of them. */
export interface HoldBasis {
  /** IANA name. */
  readonly timeZone: string;
  readonly absence: Absence;
}

/** Without a schedule in force: no register is complete. */
export const noSchedule: HoldBasis = {
  timeZone: 'UTC',
  absence: { death: 'unknown', diagnosis: 'unknown', programme: 'unknown' },
};

/** What conditions of holds ask of a study at a moment. */
export function inputsForHolds(
  subject: RetentionSubject,
  now: Date,
  { timeZone, absence }: HoldBasis = noSchedule,
): Inputs {
  return readInputs(subject, { timeZone, absence, today: dayIn(timeZone, now) });
}

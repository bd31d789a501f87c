/** Legal holds: what suspends disposition, whatever a schedule says (ISO 15489-1 §9.9: disposition). Pure. */
import type { CalendarDate } from './calendar-date.ts';
import type { Condition } from './condition.ts';
import type { Inputs } from './inputs.ts';
import { matchCondition } from './match-condition.ts';

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
  return holds.filter(({ scope }) =>
    scope.kind === 'studies'
      ? scope.studyInstanceUids.includes(inputs.subject.studyInstanceUid)
      : matchCondition(scope.condition, inputs).holds !== 'no',
  );
}

/** What the rules and the holds say of one study. Pure. */
import {
  evaluate,
  type Finding,
  holdsOver,
  type LegalHold,
  type RetentionSchedule,
  type RetentionSubject,
} from '@sandyq/retention';

/** By what, and when. */
export interface Judgement {
  readonly rules: RetentionSchedule;
  /** Those in force. */
  readonly holds: readonly LegalHold[];
  readonly now: Date;
}

/** A study with what is said of it. */
export interface JudgedStudy {
  readonly subject: RetentionSubject;
  readonly finding: Finding;
  /** Those that bind it. */
  readonly holds: readonly LegalHold[];
}

/** Judges a study. */
export function judgeStudy(subject: RetentionSubject, { rules, holds, now }: Judgement): JudgedStudy {
  const finding = evaluate(rules, subject, now);
  return { subject, finding, holds: holdsOver(holds, finding.inputs) };
}

/**
 * Whether what was rejected by hand may be purged: the minimum period has passed, whatever the rule says is done then, and
 * nothing is missing or contradicts itself.
 */
export function hasMinimumPassed({ earliestDisposition, problems, inputs }: Finding): boolean {
  if (earliestDisposition === undefined || earliestDisposition === 'never') return false;
  return problems.length === 0 && earliestDisposition <= inputs.today;
}

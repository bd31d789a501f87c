/** What a schedule says of a study on a day: which rules apply, until when it is kept, and what is then to be done. Pure. */
import { addDays, type CalendarDate } from './calendar-date.ts';
import { dayIn } from './day-in-zone.ts';
import { type InputName, type InputProblem, type Inputs, readInputs } from './inputs.ts';
import { matchCondition } from './match-condition.ts';
import { addPeriod } from './period.ts';
import type { Clock, EndAction, RetentionRule, RetentionSchedule, Term } from './schedule.ts';
import type { RetentionSubject } from './subject.ts';

/**
 * - `keep`: the longest period has not passed;
 * - `destroy`, `transfer`: it has passed, and nothing speaks against the action of the deciding rule;
 * - `review`: it has passed, but an input is missing or contradicts another one, no rule applies, or the rule says so.
 */
export type Verdict = 'keep' | EndAction;

/** A rule that applies, or may apply. */
export interface AppliedRule {
  readonly rule: RetentionRule;
  readonly applies: 'yes' | 'unknown';
  /** First day on which it allows disposition; `never`; undefined: it cannot be reckoned. */
  readonly earliestDisposition: CalendarDate | 'never' | undefined;
  /** First day on which the study is overdue by it; undefined: it names none, or it cannot be reckoned. */
  readonly overdueFrom: CalendarDate | undefined;
  readonly missing: readonly InputName[];
}

/** What a schedule says of a study. */
export interface Finding {
  readonly verdict: Verdict;
  readonly inputs: Inputs;
  /** All rules that apply or may apply, the one that keeps longest first. */
  readonly rules: readonly AppliedRule[];
  /** The rule that keeps longest, of those that can be reckoned; undefined: none can, or none applies. */
  readonly decidedBy: RetentionRule | undefined;
  /** First day on which disposition is allowed by every rule that may apply; `never`; undefined: not known. */
  readonly earliestDisposition: CalendarDate | 'never' | undefined;
  readonly overdueFrom: CalendarDate | undefined;
  /** First day on which it may lie in the cold tier. */
  readonly coldFrom: CalendarDate | undefined;
  /** Why the verdict cannot be `destroy` or `transfer`, now or later. */
  readonly problems: readonly InputProblem[];
}

/** Judges a study at a moment. Rules that may apply count as if they did: nothing is kept shorter for want of knowledge. */
export function evaluate(schedule: RetentionSchedule, subject: RetentionSubject, now: Date): Finding {
  const today = dayIn(schedule.timeZone, now);
  const inputs = readInputs(subject, { timeZone: schedule.timeZone, absence: schedule.absence, today });
  const rules = schedule.rules.flatMap((rule) => applied(rule, inputs));
  if (rules.length > 1) rules.sort(longestFirst);
  const problems = [...inputs.problems, ...problemsOf(rules)];
  const longest = rules.find(({ earliestDisposition }) => earliestDisposition !== undefined);
  return {
    verdict: verdictOf(longest, { today, hasProblems: problems.length > 0 }),
    inputs,
    rules,
    decidedBy: longest?.rule,
    earliestDisposition: rules[0]?.earliestDisposition,
    overdueFrom: latestOf(rules.map(({ overdueFrom }) => overdueFrom)),
    coldFrom: coldFromOf(rules, inputs),
    problems,
  };
}

function applied(rule: RetentionRule, inputs: Inputs): AppliedRule[] {
  const matched = matchCondition(rule.when, inputs);
  if (matched.holds === 'no') return [];
  const missing = [...matched.missing];
  const known = (terms: readonly Term[]) => allPassed(terms, inputs, missing);
  const { keep } = rule;
  const earliestDisposition = keep === 'for-ever' ? 'never' : known(keep.atLeast);
  const overdueFrom = keep === 'for-ever' || keep.atMost === undefined ? undefined : known(keep.atMost);
  return [{ rule, applies: matched.holds, earliestDisposition, overdueFrom, missing }];
}

/** The first day after all terms; undefined, with the reason in `missing`, if one cannot be reckoned. */
function allPassed(terms: readonly Term[], inputs: Inputs, missing: InputName[]): CalendarDate | undefined {
  const ends = terms.map((term) => endOf(term, inputs, missing));
  return ends.includes(undefined) ? undefined : latestOf(ends);
}

/** The anniversary itself is still kept: laws differ on whether the first day counts. */
function endOf(term: Term, inputs: Inputs, missing: InputName[]): CalendarDate | undefined {
  const isAge = 'untilAge' in term;
  const start = isAge ? inputs.birthDate : startOf(term.from, inputs);
  if (start !== undefined) return addDays(addPeriod(start, isAge ? term.untilAge : term.period), 1);
  const input = isAge ? 'birth-date' : term.from;
  if (!missing.includes(input)) missing.push(input);
  return undefined;
}

function startOf(clock: Clock, inputs: Inputs): CalendarDate | undefined {
  const { lastContact, deathDate, subject } = inputs;
  if (clock === 'study-date') return inputs.clock;
  if (clock === 'last-contact') return lastContact;
  if (clock === 'death') return deathDate === 'none' ? undefined : deathDate;
  // Of several the latest, whatever the rule was about: nothing is kept shorter.
  return latestOf(subject.patient.diagnoses.map(({ date }) => date));
}

function problemsOf(rules: readonly AppliedRule[]): InputProblem[] {
  const asking = rules.filter(({ missing }) => missing.length > 0);
  if (asking.length === 0) return [];
  return [...new Set(asking.flatMap(({ missing }) => missing))].map((input) => {
    const ids = asking.filter(({ missing }) => missing.includes(input)).map(({ rule }) => rule.id);
    return {
      input,
      kind: 'missing',
      text: `${input.replaceAll('-', ' ')} is not known, and ${ids.join(', ')} ${ids.length > 1 ? 'ask' : 'asks'} for it`,
    };
  });
}

function verdictOf(
  longest: AppliedRule | undefined,
  { today, hasProblems }: { today: CalendarDate; hasProblems: boolean },
): Verdict {
  const end = longest?.earliestDisposition;
  if (longest === undefined || end === undefined) return 'review';
  if (end === 'never' || today < end) return 'keep';
  return hasProblems ? 'review' : longest.rule.atEnd;
}

const caution: Readonly<Record<EndAction, number>> = { review: 0, transfer: 1, destroy: 2 };

/** What cannot be reckoned is longer than anything that can; of equal periods the more careful action decides. */
function longestFirst(a: AppliedRule, b: AppliedRule): number {
  const [first, second] = [rank(a), rank(b)];
  if (first !== second) return first > second ? -1 : 1;
  return caution[a.rule.atEnd] - caution[b.rule.atEnd];
}

/** Orders as text: days before `never`, and that before what is not known. */
function rank({ earliestDisposition }: AppliedRule): string {
  return earliestDisposition ?? 'not known';
}

function coldFromOf(rules: readonly AppliedRule[], inputs: Inputs): CalendarDate | undefined {
  const days = rules.map(({ applies, rule: { cold } }) =>
    applies === 'yes' && cold !== undefined ? endOf(cold, inputs, []) : undefined,
  );
  return latestOf(days);
}

/** The latest of the days that are known. */
function latestOf(dates: readonly (CalendarDate | undefined)[]): CalendarDate | undefined {
  return dates.reduce(
    (latest, date) => (latest === undefined || (date ?? '') > latest ? (date ?? latest) : latest),
    undefined,
  );
}

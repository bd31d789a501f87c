/** What a run leaves behind, as data: the reports are made of it. */
import type { CheckCase, CheckReport } from '../bench-case.ts';
import type { Verdict } from '../goals.ts';
import type { ComparedResult } from '../run-compared.ts';

/** A compared case with its verdicts. */
export interface ComparedOutcome extends ComparedResult {
  readonly verdicts: readonly Verdict[];
}

/** A check that ran, or why it did not. */
export interface CheckOutcome {
  readonly check: CheckCase;
  readonly report: CheckReport | undefined;
  readonly failure: string | undefined;
}

/** Of one run. */
export interface Report {
  readonly seed: number;
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly startedAt: string;
  readonly machine: string;
  readonly targets: readonly { readonly name: string; readonly dicomWebUrl: string }[];
  readonly compared: readonly ComparedOutcome[];
  readonly checks: readonly CheckOutcome[];
}

/** What was promised and is not so: one line each. */
export function failuresOf({ compared, checks }: Report): string[] {
  const turns = compared.flatMap(({ benchCase, targets }) =>
    targets.flatMap(({ name, failure }) =>
      failure === undefined ? [] : [`${benchCase.name}: ${name}: ${failure}`],
    ),
  );
  const bounds = checks.flatMap(({ check, report, failure }) => [
    ...(failure === undefined ? [] : [`${check.name}: ${failure}`]),
    ...(report?.bounds ?? [])
      .filter(({ value, most }) => !(value <= most))
      .map(
        ({ what, value, most, unit }) =>
          `${check.name}: ${what} is ${value} ${unit}, at most ${most} were promised`,
      ),
  ]);
  return [...turns, ...bounds];
}

/** Goals that were missed, one line each. */
export function missedGoals({ compared }: Report): string[] {
  return compared.flatMap(({ benchCase, verdicts }) =>
    verdicts
      .filter(({ state }) => state === 'missed')
      .map(
        ({ goal, ratio }) =>
          `${benchCase.name}: ${goal.measure} against the ${goal.against}: ${ratio?.toFixed(2)}`,
      ),
  );
}

/** The cases of a shipped schedule as a table. */
import { expect, it } from 'vitest';
import { type Case, judge, shippedSchedule } from './subjects.ts';

/** `earliest`: first day of disposition; `rule`: the one that decides. */
export type Row = readonly [
  title: string,
  given: Case,
  today: string,
  verdict: string,
  earliest: string | undefined,
  rule: string | undefined,
];

/** Judges each row by the schedule, its text changed where registers are taken for complete. */
export function checkRows(name: string, rows: readonly Row[], change?: (text: string) => string): void {
  const schedule = shippedSchedule(name, change);
  it.each(rows)('%s', (_title, given, today, verdict, earliest, rule) => {
    const finding = judge(schedule, given, today);
    expect([finding.verdict, finding.earliestDisposition, finding.decidedBy?.id]).toEqual([
      verdict,
      earliest,
      rule,
    ]);
  });
}

/** Says of a schedule that all registers are complete. */
export function withCompleteRegisters(text: string): string {
  return text.replace(/^absence:.*$/m, 'absence: { death: alive, diagnosis: none, programme: none }');
}

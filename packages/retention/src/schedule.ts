/** A retention schedule: the law and the policy of a country or institution as data (ISO 15489-1 §8.5). */
import type { CalendarDate } from './calendar-date.ts';
import type { Condition } from './condition.ts';
import type { Period } from './period.ts';

/** A version of a schedule. */
export interface RetentionSchedule {
  /** Name that all versions share, e.g. `kz-2025-draft`. */
  readonly schedule: string;
  readonly version: number;
  readonly title: string;
  /** Where the rules come from. */
  readonly source: string;
  /** IANA name: which day it is, is asked here. */
  readonly timeZone: string;
  readonly effective: { readonly from: CalendarDate; readonly until?: CalendarDate };
  readonly absence: Absence;
  readonly rules: readonly RetentionRule[];
}

/**
 * What it means that nothing is registered. `unknown` unless the register is known to be complete: where a rule asks for it,
 * the answer is *review*.
 */
export interface Absence {
  readonly death: 'alive' | 'unknown';
  readonly diagnosis: 'none' | 'unknown';
  readonly programme: 'none' | 'unknown';
}

/** A rule. Of all that apply to a study the one that keeps it longest decides. */
export interface RetentionRule {
  readonly id: string;
  readonly title: string;
  readonly source?: string;
  readonly when: Condition;
  readonly keep: Keep;
  readonly atEnd: EndAction;
  /** When the study may move to the cold tier, while it is kept. */
  readonly cold?: Term;
}

/** How long. */
export type Keep =
  | 'for-ever'
  | {
      /** All must have passed. */
      readonly atLeast: readonly Term[];
      /** All must not have passed: from then on the study is overdue. */
      readonly atMost?: readonly Term[];
    };

/** A day: a period from a clock, or a birthday. */
export type Term = { readonly period: Period; readonly from: Clock } | { readonly untilAge: Period };

/** What a period is counted from. */
export type Clock = 'study-date' | 'last-contact' | 'death' | 'diagnosis';

/** What is done when the longest period has passed. */
export type EndAction = 'destroy' | 'transfer' | 'review';

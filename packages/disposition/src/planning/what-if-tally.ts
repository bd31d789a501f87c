/** Counts what a schedule would mean: by verdict, rule, facility and year. Its size follows from those, not from the studies. */
import type { StudySize } from '@sandyq/database';
import type { Verdict } from '@sandyq/retention';
import type { JudgedStudy } from './judge-study.ts';

/** A number of studies and what they hold. */
export interface Amount {
  studies: number;
  instances: number;
  bytes: number;
}

/** What a schedule would mean for the studies that are here. */
export interface WhatIf {
  readonly total: Amount;
  readonly verdicts: readonly ({ readonly verdict: Verdict } & Amount)[];
  /** Of those to be destroyed or transferred: under a legal hold. */
  readonly held: Amount;
  /** By the rule that decides; undefined: none can be reckoned, or none applies. */
  readonly rules: readonly ({ readonly rule: string | undefined } & Amount)[];
  /** `due`: to be destroyed or transferred today, and not held. */
  readonly facilities: readonly ({ readonly facility: string; readonly due: Amount } & Amount)[];
  /** By the year from which every rule allows disposition: `2031`, `never`, `unknown`. */
  readonly years: readonly ({ readonly year: string } & Amount)[];
  /** Studies that lack an input, or in which one contradicts another. */
  readonly problems: readonly {
    readonly input: string;
    readonly kind: 'missing' | 'conflict';
    readonly studies: number;
  }[];
  /** Against the schedule in force: studies whose verdict would be another one. Absent: there is none to compare with. */
  readonly changes:
    | readonly { readonly from: Verdict; readonly to: Verdict; readonly studies: number }[]
    | undefined;
}

const none = (): Amount => ({ studies: 0, instances: 0, bytes: 0 });

/** Takes one study after the other. */
export class WhatIfTally {
  readonly #total = none();
  readonly #held = none();
  readonly #verdicts = new Map<Verdict, Amount>();
  readonly #rules = new Map<string | undefined, Amount>();
  readonly #facilities = new Map<string, Amount & { due: Amount }>();
  readonly #years = new Map<string, Amount>();
  readonly #problems = new Map<string, { input: string; kind: 'missing' | 'conflict'; studies: number }>();
  readonly #changes = new Map<string, { from: Verdict; to: Verdict; studies: number }>();
  readonly #isCompared: boolean;

  /** `isCompared`: each study comes with its verdict by the schedule in force. */
  constructor({ isCompared }: { isCompared: boolean }) {
    this.#isCompared = isCompared;
  }

  get studies(): number {
    return this.#total.studies;
  }

  add({ subject, finding, holds }: JudgedStudy, size: StudySize, verdictInForce: Verdict | undefined): void {
    const { verdict, earliestDisposition } = finding;
    const isDue = verdict === 'destroy' || verdict === 'transfer';
    const isHeld = isDue && holds.length > 0;
    const facility = entryOf(this.#facilities, subject.facility, () => ({ ...none(), due: none() }));
    const amounts = [
      this.#total,
      facility,
      entryOf(this.#verdicts, verdict, none),
      entryOf(this.#rules, finding.decidedBy?.id, none),
      entryOf(this.#years, yearOf(earliestDisposition), none),
      ...(isHeld ? [this.#held] : []),
      ...(isDue && !isHeld ? [facility.due] : []),
    ];
    for (const amount of amounts) addTo(amount, size);
    for (const key of new Set(finding.problems.map(({ input, kind }) => `${kind} ${input}`))) {
      const [kind, input = ''] = key.split(' ');
      const start = () => ({ input, kind: kind === 'missing' ? kind : ('conflict' as const), studies: 0 });
      entryOf(this.#problems, key, start).studies += 1;
    }
    if (verdictInForce !== undefined && verdictInForce !== verdict) {
      const start = () => ({ from: verdictInForce, to: verdict, studies: 0 });
      entryOf(this.#changes, `${verdictInForce} ${verdict}`, start).studies += 1;
    }
  }

  result(): WhatIf {
    const listed = <Key>(map: ReadonlyMap<Key, Amount>) =>
      [...map].sort(([, a], [, b]) => b.studies - a.studies);
    return {
      total: this.#total,
      held: this.#held,
      verdicts: listed(this.#verdicts).map(([verdict, amount]) => ({ verdict, ...amount })),
      rules: listed(this.#rules).map(([rule, amount]) => ({ rule, ...amount })),
      facilities: [...this.#facilities]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([facility, amount]) => ({ facility, ...amount })),
      // Digits come before letters: years, then `never`, then `unknown`.
      years: [...this.#years]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([year, amount]) => ({ year, ...amount })),
      problems: [...this.#problems.values()].sort((a, b) => b.studies - a.studies),
      changes: this.#isCompared
        ? [...this.#changes.values()].sort((a, b) => b.studies - a.studies)
        : undefined,
    };
  }
}

function yearOf(earliestDisposition: string | undefined): string {
  if (earliestDisposition === undefined) return 'unknown';
  return earliestDisposition === 'never' ? 'never' : earliestDisposition.slice(0, 4);
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, start: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = start();
  map.set(key, value);
  return value;
}

function addTo(amount: Amount, { instances, bytes }: StudySize): void {
  amount.studies += 1;
  amount.instances += instances;
  amount.bytes += bytes;
}

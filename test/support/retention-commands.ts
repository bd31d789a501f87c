/** What can be asked of an archive with retention, as fast-check draws it. Numbers choose among what there is then. */
import fc from 'fast-check';
import type { FactKind, LinkState, PatientName, StudyKind } from './retention-model.ts';

/** People with a key of their own; `terminal` has none. */
export type Person = 'anna' | 'boris' | 'clara' | 'terminal';

/** When the process is killed, or told to stop: after so many calls of its database and store. */
export interface Interruption {
  readonly calls: number;
  readonly how: 'killed' | 'stopped';
}

export type Command =
  | { readonly do: 'store'; readonly study: number; readonly number: number }
  | { readonly do: 'adopt'; readonly schedule: number; readonly proposer: Person; readonly adopter: Person }
  | {
      readonly do: 'hold';
      readonly scope: 'study' | 'patient' | 'before' | 'everything';
      readonly study: number;
      readonly by: Person;
    }
  | { readonly do: 'release'; readonly hold: number; readonly by: Person }
  | {
      readonly do: 'register';
      readonly patient: PatientName;
      readonly kind: FactKind;
      readonly isTrue: boolean;
    }
  | { readonly do: 'withdraw-fact'; readonly fact: number }
  | {
      readonly do: 'link';
      readonly one: PatientName;
      readonly other: PatientName;
      readonly state: LinkState | 'removed';
    }
  | {
      readonly do: 'reject';
      readonly study: number;
      readonly part: 'study' | 'instance';
      readonly number: number;
    }
  | { readonly do: 'restore'; readonly rejection: number }
  | {
      readonly do: 'plan';
      readonly kind: 'schedule' | 'rejections';
      readonly by: Person;
      readonly validDays: number;
    }
  | { readonly do: 'approve'; readonly plan: number; readonly by: Person; readonly isOfDigest: boolean }
  | { readonly do: 'withdraw-plan'; readonly plan: number; readonly by: Person }
  | {
      readonly do: 'execute';
      readonly plan: number;
      readonly isDryRun: boolean;
      readonly interruption: Interruption | undefined;
    }
  | { readonly do: 'resume'; readonly interruption: Interruption | undefined }
  /** Segments are joined, and those that are over cleared away. */
  | { readonly do: 'tidy' }
  | { readonly do: 'pass'; readonly days: number };

/** What is in the archive before the first command, and what it is asked. */
export interface Sequence {
  readonly graceDays: number;
  readonly studies: readonly {
    readonly patient: PatientName;
    readonly kind: StudyKind;
    readonly instances: number;
  }[];
  readonly commands: readonly Command[];
}

const person = fc.constantFrom<Person>(
  'anna',
  'anna',
  'anna',
  'boris',
  'boris',
  'boris',
  'clara',
  'terminal',
);
/** Of whom more and less is known. */
const patient = fc.constantFrom<PatientName>('adult', 'adult', 'child', 'unborn', 'twin', 'otherTwin');
const anyone = fc.oneof(
  { weight: 9, arbitrary: patient },
  { weight: 1, arbitrary: fc.constant<PatientName>('plain') },
);
/** The last one, mostly. */
const last = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 5 }) });
/** Those of the patient whom nothing speaks against come first. */
const some = fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat({ max: 7 }) });
const interruption: fc.Arbitrary<Interruption> = fc.record({
  calls: fc.oneof(fc.integer({ min: 60, max: 160 }), fc.integer({ min: 0, max: 400 })),
  how: fc.constantFrom('killed', 'killed', 'stopped'),
});
const rarely = <Value>(value: fc.Arbitrary<Value>, freq: number) =>
  fc.option(value, { nil: undefined, freq });
/** Clocks of machines may be slow, too. */
const days = fc.constantFrom(1, 1, 10, 10, 31, 31, 100, 400, 4_000, -1, -40);

const single: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('store' as const),
      study: some,
      number: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('adopt' as const),
      schedule: fc.constantFrom(0, 1, 1, 2, 3),
      proposer: person,
      adopter: person,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('hold' as const),
      scope: fc.constantFrom(
        'study',
        'study',
        'study',
        'study',
        'patient',
        'patient',
        'before',
        'everything',
      ),
      study: some,
      by: person,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release' as const), hold: last, by: person }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('register' as const),
      patient: anyone,
      kind: fc.constantFrom('birth', 'birth', 'death', 'contact'),
      isTrue: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw-fact' as const), fact: last }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('link' as const),
      one: fc.oneof(fc.constant<PatientName>('twin'), anyone),
      other: fc.oneof(fc.constant<PatientName>('otherTwin'), anyone),
      state: fc.constantFrom('candidate', 'confirmed', 'confirmed', 'refused', 'refused', 'removed'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('reject' as const),
      study: some,
      part: fc.constantFrom('study', 'instance', 'instance'),
      number: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restore' as const), rejection: last }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('plan' as const),
      kind: fc.constantFrom('schedule', 'schedule', 'rejections'),
      by: person,
      validDays: fc.constantFrom(5, 5, 90, 500),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('approve' as const),
      plan: last,
      by: person,
      isOfDigest: fc.constantFrom(true, true, true, false),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw-plan' as const), plan: last, by: person }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('execute' as const),
      plan: last,
      isDryRun: fc.constantFrom(false, false, false, true),
      interruption: rarely(interruption, 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('resume' as const), interruption: rarely(interruption, 1) }),
  },
  { weight: 2, arbitrary: fc.constant<Command>({ do: 'tidy' }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), days }) },
);

/** A disposition as it should be, with whatever comes between: by chance alone few would get so far. */
const disposition: fc.Arbitrary<Command[]> = fc
  .record({
    kind: fc.constantFrom<'schedule' | 'rejections'>('schedule', 'schedule', 'rejections'),
    between: fc.array(fc.array(single, { maxLength: 2 }), { minLength: 4, maxLength: 4 }),
    interruption: rarely(interruption, 2),
  })
  .map(({ kind, between: [first = [], second = [], third = [], fourth = []], interruption: interrupted }) => [
    { do: 'plan', kind, by: 'anna', validDays: 90 },
    ...first,
    { do: 'approve', plan: 0, by: 'boris', isOfDigest: true },
    ...second,
    { do: 'execute', plan: 0, isDryRun: false, interruption: interrupted },
    ...third,
    { do: 'pass', days: 31 },
    ...fourth,
    { do: 'execute', plan: 0, isDryRun: false, interruption: interrupted },
  ]);

/** They are due from the first day on. */
const dueStudies: Sequence['studies'] = [2, 1, 3].map((instances) => ({
  patient: 'plain',
  kind: 'old',
  instances,
}));

/** What a run draws: some thirty commands. */
export const sequences: fc.Arbitrary<Sequence> = fc.record({
  graceDays: fc.constantFrom(0, 30),
  studies: fc
    .array(
      fc.record({
        patient,
        kind: fc.constantFrom<StudyKind>(
          'old',
          'old',
          'old',
          'old',
          'recent',
          'undated',
          'future',
          'before-device',
          'other-birth-date',
        ),
        instances: fc.integer({ min: 1, max: 3 }),
      }),
      { minLength: 2, maxLength: 5 },
    )
    .map((others) => [...dueStudies, ...others]),
  commands: fc
    .array(
      fc.oneof({ weight: 2, arbitrary: single.map((one) => [one]) }, { weight: 1, arbitrary: disposition }),
      {
        minLength: 5,
        maxLength: 14,
        size: 'max',
      },
    )
    .map((parts) => parts.flat()),
});

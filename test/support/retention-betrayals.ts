/**
 * Archives that do what they must not, for a look at whether the comparison with the model sees it: somebody changes what an
 * archive goes by behind its back, and the model goes by what was asked for.
 */
import { alter, flip } from './altered-objects.ts';
import type { Command, Sequence } from './retention-commands.ts';
import type { RetentionWorld } from './retention-world.ts';

export interface Betrayal {
  readonly name: string;
  readonly studies: Sequence['studies'];
  /** Default: 0. */
  readonly graceDays?: number;
  readonly before: readonly Command[];
  readonly betray: (world: RetentionWorld) => Promise<unknown>;
  readonly after: readonly Command[];
  /** What is said of it in the end. */
  readonly fault: RegExp;
}

const old = { patient: 'adult', kind: 'old', instances: 2 } as const;
const plan: Command = { do: 'plan', kind: 'schedule', by: 'anna', validDays: 90 };
const approve: Command = { do: 'approve', plan: 0, by: 'boris', isOfDigest: true };
const execute: Command = { do: 'execute', plan: 0, isDryRun: false, interruption: undefined };
const hold: Command = { do: 'hold', scope: 'study', study: 0, by: 'anna' };
const disposition = [plan, approve, execute];

function sql(text: string) {
  return ({ here }: RetentionWorld): Promise<unknown> => here.archive.database.query({ text });
}

/** The objects of the store that hold instances, changed. */
function bytes(change: (bytes: Buffer) => Buffer | undefined) {
  return async ({ here: { archive } }: RetentionWorld): Promise<void> => {
    for (const { key } of await Array.fromAsync(archive.store.list('v1/')))
      await alter(archive.store, key, change);
  };
}

export const betrayals: readonly Betrayal[] = [
  {
    name: 'a hold is forgotten',
    studies: [old],
    before: [plan, approve, hold],
    betray: sql(`update legal_hold set released_by = 'nobody', released_at = now(), release_reason = 'none'`),
    after: [execute],
    fault: /purged, although hold .* binds it/,
  },
  {
    name: 'a plan is approved by nobody',
    studies: [old],
    before: [plan],
    betray: sql(
      `update disposition_plan set state = 'approved', approved_by = 'nobody', approved_at = now()`,
    ),
    after: [execute],
    fault: /purged, although the plan is not approved/,
  },
  {
    name: 'who made a plan is forgotten',
    studies: [old],
    before: [plan],
    betray: sql(`update disposition_plan set created_by = 'nobody'`),
    after: [{ ...approve, by: 'anna' }, execute],
    fault: /purged, although one person has made and approved the plan/,
  },
  {
    name: 'a plan is withdrawn, and not',
    studies: [old],
    before: [plan, approve, { do: 'withdraw-plan', plan: 0, by: 'anna' }],
    betray: sql(`update disposition_plan set state = 'approved', withdrawn_by = null, withdrawn_at = null`),
    after: [execute],
    fault: /purged, although the plan is withdrawn/,
  },
  {
    name: 'a plan does not expire',
    studies: [old],
    before: [plan, approve, { do: 'pass', days: 100 }],
    betray: sql(`update disposition_plan set expires_at = expires_at + interval '1 year'`),
    after: [execute],
    fault: /purged, although the plan has expired/,
  },
  {
    name: 'something else is planned than was said',
    studies: [old],
    before: [plan],
    betray: ({ model }) => {
      for (const [id, known] of model.plans) model.plans.set(id, { ...known, items: [] });
      return Promise.resolve();
    },
    after: [approve, execute],
    fault: /purged, and is not in the plan/,
  },
  {
    name: 'a study becomes older',
    studies: [{ ...old, kind: 'recent' }],
    before: [],
    betray: sql(`update study set study_date = '2001-01-01'`),
    after: disposition,
    fault: /purged, although its minimum period of 1 years has not passed/,
  },
  {
    name: 'a study gets a date',
    studies: [{ ...old, kind: 'undated' }],
    before: [],
    betray: sql(`update study set study_date = '2001-01-01'`),
    after: disposition,
    fault: /purged, although it has no date/,
  },
  {
    name: 'a device is forgotten',
    studies: [{ ...old, kind: 'before-device' }],
    before: [],
    betray: sql('update device set commissioned_on = null'),
    after: disposition,
    fault: /purged, although its device was not there/,
  },
  {
    name: 'somebody gets a birth date',
    studies: [{ ...old, patient: 'unborn' }],
    before: [],
    betray: sql(`update study set patient_birth_date = '1950-01-01'`),
    after: disposition,
    fault: /purged, although the birth date is not known/,
  },
  {
    name: 'somebody is told from his twin',
    studies: [
      { ...old, patient: 'twin' },
      { ...old, patient: 'otherTwin' },
    ],
    before: [],
    betray: sql(`insert into patient_link (patient_key, other_key, state, decided_by, decided_at)
      select min(patient_key), max(patient_key), 'refused', 'nobody', now() from patient`),
    after: disposition,
    fault: /purged, although the patient may be another one too/,
  },
  {
    name: 'a grace ends early',
    studies: [old],
    graceDays: 30,
    before: disposition,
    betray: sql('update rejection set restore_until = rejected_at'),
    after: [execute],
    fault: /purged, although its grace has not passed/,
  },
  {
    name: 'bytes are lost',
    studies: [old],
    before: [],
    betray: bytes(() => undefined),
    after: [],
    fault: /is not where the index says/,
  },
  {
    name: 'a bit flips',
    studies: [{ ...old, instances: 1 }],
    before: [],
    betray: bytes(flip(600, 0)),
    after: [],
    fault: /are not those that were sent/,
  },
  {
    name: 'the index forgets an instance',
    studies: [old],
    before: [],
    betray: sql('truncate sop_instance'),
    after: [],
    fault: /is not in the index/,
  },
  {
    name: 'a tombstone is taken away',
    studies: [old],
    before: disposition,
    betray: sql('truncate sop_instance'),
    after: [],
    fault: /the tombstone of .* has gone/,
  },
];

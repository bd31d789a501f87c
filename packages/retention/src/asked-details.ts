/** What schedules and holds ask of studies beside what is always read. Pure. */
import type { Condition } from './condition.ts';
import type { LegalHold } from './hold.ts';
import type { RetentionSchedule } from './schedule.ts';
import { detailsOfMember, type SubjectDetail } from './subject-details.ts';

/** By what studies are going to be judged. */
export interface Judges {
  /** Undefined: there is none. */
  readonly schedules: readonly (RetentionSchedule | undefined)[];
  readonly holds: readonly Pick<LegalHold, 'scope'>[];
}

/** The details that these ask for. */
export function detailsAskedBy({ schedules, holds }: Judges): ReadonlySet<SubjectDetail> {
  const rules = schedules.flatMap((schedule) => schedule?.rules ?? []);
  const queries = holds.flatMap(({ scope }) => (scope.kind === 'query' ? [scope.condition] : []));
  return new Set([...rules.map(({ when }) => when), ...queries].flatMap(detailsIn));
}

function detailsIn(condition: Condition): SubjectDetail[] {
  const { any = [], not } = condition;
  return [
    ...Object.keys(condition).flatMap(detailsOfMember),
    ...any.flatMap(detailsIn),
    ...(not === undefined ? [] : detailsIn(not)),
  ];
}

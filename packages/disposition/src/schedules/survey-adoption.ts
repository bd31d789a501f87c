/** What the adoption of a version of a schedule does to plans, before anybody adopts it. */
import {
  adoptedSchedules,
  type BoundPlan,
  type Database,
  plansBoundTo,
  readSubject,
  studiesHiddenOfPlan,
} from '@sandyq/database';
import { evaluate, type RetentionSchedule } from '@sandyq/retention';
import { readScheduleVersion, rulesOf } from './schedule-in-force.ts';
import { type Takeover, whenInForce } from './when-in-force.ts';

/** A plan that nothing more is done by from then on, although it is not over. */
export interface StrandedPlan extends BoundPlan {
  /** Studies that it hides and that the new version says are to be kept. */
  readonly hiddenKept: number;
  /** Studies that it hides and that a person has to look at, by the new version. */
  readonly hiddenForReview: number;
}

/** What an adoption would mean. */
export interface AdoptionSurvey extends Partial<Takeover> {
  /** Made by the version whose place it takes, and not expired by then. */
  readonly stranded: readonly StrandedPlan[];
}

/** Which version, when, and when to give up. */
export interface AdoptionQuestion {
  readonly schedule: string;
  readonly version: number;
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
}

/** Reads only. Studies are judged as of the day on which the version is in force. Throws DatabaseError('not-found'). */
export async function surveyAdoption(
  database: Database,
  { schedule, version, now, signal }: AdoptionQuestion,
): Promise<AdoptionSurvey> {
  const { rules } = await readScheduleVersion(database, schedule, version);
  const adopted = (await adoptedSchedules(database)).map(rulesOf);
  const takeover = whenInForce(rules, adopted, now);
  if (takeover?.instead === undefined) return { ...takeover, stranded: [] };
  const stranded: StrandedPlan[] = [];
  for (const plan of await plansBoundTo(database, takeover.instead, takeover.from))
    stranded.push(await judgeHidden(database, plan, { rules, now: takeover.from, signal }));
  return { ...takeover, stranded };
}

const STUDIES_AT_ONCE = 500;

async function judgeHidden(
  database: Database,
  plan: BoundPlan,
  { rules, now, signal }: { rules: RetentionSchedule; now: Date; signal: AbortSignal | undefined },
): Promise<StrandedPlan> {
  let [hiddenKept, hiddenForReview] = [0, 0];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = await studiesHiddenOfPlan(database, plan.planId, { after, limit: STUDIES_AT_ONCE });
    for (const studyInstanceUid of page) {
      signal?.throwIfAborted();
      const subject = await readSubject(database, studyInstanceUid);
      const verdict = subject && evaluate(rules, subject, now).verdict;
      if (verdict === 'keep') hiddenKept += 1;
      else if (verdict === 'review') hiddenForReview += 1;
    }
    after = page.length < STUDIES_AT_ONCE ? undefined : page.at(-1);
  }
  return { ...plan, hiddenKept, hiddenForReview };
}

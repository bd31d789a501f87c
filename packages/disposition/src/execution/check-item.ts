/** Everything that an item of a plan is checked for, anew at each step, under the lock of its study. */
import {
  activeHolds,
  contentOfRejection,
  contentsOfStudies,
  type Plan,
  type PlanItem,
  type Queryable,
  readPlan,
  readSubject,
  studiesInQuarantine,
} from '@sandyq/database';
import type { Finding } from '@sandyq/retention';
import { DispositionError } from '../errors.ts';
import { hasMinimumPassed, judgeStudy } from '../planning/judge-study.ts';
import { scheduleInForce } from '../schedules/schedule-in-force.ts';

/**
 * - `sound`: everything is as it was planned;
 * - `held`: a legal hold binds the study; it goes on when that is released, and the plan is still valid;
 * - `changed`: it is not what was planned any more, and this plan does nothing more with it.
 */
export type ItemCheck =
  | { readonly kind: 'sound' }
  | { readonly kind: 'held' | 'changed'; readonly why: string };

/**
 * The plan, kept from being withdrawn or ended until the transaction ends. Throws DispositionError('conflict') unless it is
 * approved and has not expired.
 */
export async function readPlanToExecute(client: Queryable, planId: string, now: Date): Promise<Plan> {
  const plan = await readPlan(client, planId, 'for share');
  if (plan.state !== 'approved')
    throw new DispositionError('conflict', `Plan ${planId} is ${plan.state}, not approved.`);
  if (plan.expiresAt <= now)
    throw new DispositionError('conflict', `Plan ${planId} has expired: make a new one.`);
  if (plan.approvedBy === undefined || plan.approvedBy === plan.createdBy)
    throw new DispositionError('same-person', `Plan ${planId} was not approved by a second person.`);
  return plan;
}

/**
 * Checks an item of a plan to execute. The study is locked by the caller, or this is only to be said (dry run). Throws
 * DispositionError('conflict') unless the version of the schedule that the plan was made by is in force.
 */
export async function checkItem(
  client: Queryable,
  { plan, item, now }: { readonly plan: Plan; readonly item: PlanItem; readonly now: Date },
): Promise<ItemCheck> {
  const { studyInstanceUid } = item;
  const holds = await activeHolds(client);
  const subject = await readSubject(client, studyInstanceUid);
  // Read last: from there on nobody adopts a schedule until the transaction ends.
  const schedule = await scheduleInForce(client, now);
  const isInForce =
    schedule?.written.schedule === plan.schedule && schedule.written.version === plan.scheduleVersion;
  if (!isInForce)
    throw new DispositionError(
      'conflict',
      `Version ${plan.scheduleVersion} of ${plan.schedule}, by which plan ${plan.planId} was made, is not in force: ` +
        'make a new plan. What this one hides is shown again by restore-plan.',
    );
  if (subject === undefined) return { kind: 'changed', why: 'nothing of the study is left' };
  const judged = judgeStudy(subject, { rules: schedule.rules, holds, now });
  const [hold] = judged.holds;
  if (hold !== undefined) return { kind: 'held', why: `legal hold ${hold.legalHoldId}` };
  const why =
    changeOfFinding(judged.finding, { plan, item }) ??
    (await changeOfContent(client, item)) ??
    (await openInQuarantine(client, studyInstanceUid));
  return why === undefined ? { kind: 'sound' } : { kind: 'changed', why };
}

/** What the rules say now that they did not say when it was planned. */
function changeOfFinding(
  finding: Finding,
  { plan, item }: { readonly plan: Plan; readonly item: PlanItem },
): string | undefined {
  const { decidedBy, verdict, inputs, problems, earliestDisposition } = finding;
  if (decidedBy?.id !== item.rule) return `the rule that decides is ${decidedBy?.id ?? 'none'} now`;
  if (!hasMinimumPassed(finding)) {
    const [problem] = problems;
    if (problem !== undefined) return problem.text;
    return `it is to be kept until ${earliestDisposition ?? 'a day that is not known'}, and it is ${inputs.today}`;
  }
  if (plan.kind === 'rejections' || verdict === item.action) return undefined;
  return `the schedule says ${verdict} now`;
}

async function changeOfContent(client: Queryable, item: PlanItem): Promise<string | undefined> {
  const { rejectionId, studyInstanceUid, contentSha256 } = item;
  const content =
    rejectionId === undefined
      ? (await contentsOfStudies(client, [studyInstanceUid])).get(studyInstanceUid)
      : await contentOfRejection(client, rejectionId);
  if (content?.sha256.equals(contentSha256) === true) return undefined;
  return rejectionId === undefined
    ? 'the content of the study has changed since it was planned'
    : 'what was rejected has changed since it was planned';
}

async function openInQuarantine(client: Queryable, studyInstanceUid: string): Promise<string | undefined> {
  const open = await studiesInQuarantine(client, [studyInstanceUid]);
  return open.has(studyInstanceUid)
    ? 'something of the study lies in quarantine: decide on that first'
    : undefined;
}

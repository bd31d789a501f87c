/** Why a study is kept, until when, and what stands in the way of its end: for people, without values of the patient. */
import {
  activeHolds,
  contentsOfStudies,
  type Database,
  listRejections,
  readStudyStanding,
  readSubject,
  type StudyStanding,
} from '@sandyq/database';
import type {
  AppliedRule,
  Finding,
  InputProblem,
  LegalHold,
  RejectionReasonCode,
  RetentionSchedule,
} from '@sandyq/retention';
import { DispositionError } from '../errors.ts';
import { findSchedule } from '../schedules/find-schedule.ts';
import { judgeStudy } from './judge-study.ts';

/** All that decides on a study. */
export interface Explanation extends StudyStanding {
  readonly studyInstanceUid: string;
  /** False: nothing of it is left, or it never was here. */
  readonly isHere: boolean;
  readonly rejections: readonly ExplainedRejection[];
  /** Absent where it is not here. */
  readonly judged: JudgedExplanation | undefined;
}

/** What is hidden of it. */
export interface ExplainedRejection {
  readonly rejectionId: string;
  readonly seriesInstanceUid: string | undefined;
  readonly reasonCode: RejectionReasonCode;
  readonly instances: number;
  readonly restoreUntil: Date;
  readonly state: string;
}

/** What a schedule and the holds say. */
export interface JudgedExplanation {
  readonly facility: string;
  readonly instances: number;
  readonly bytes: number;
  readonly schedule: string;
  readonly scheduleVersion: number;
  readonly isInForce: boolean;
  readonly today: string;
  readonly verdict: Finding['verdict'];
  readonly earliestDisposition: string | undefined;
  readonly overdueFrom: string | undefined;
  readonly coldFrom: string | undefined;
  readonly decidedBy: string | undefined;
  readonly clock: string;
  readonly clockSource: 'study-date' | 'first-receipt';
  readonly lastContact: string;
  readonly rules: readonly ExplainedRule[];
  readonly problems: readonly InputProblem[];
  readonly holds: readonly ExplainedHold[];
}

/** A rule that applies, or may apply. */
export interface ExplainedRule {
  readonly rule: string;
  readonly title: string;
  readonly source: string | undefined;
  readonly applies: AppliedRule['applies'];
  readonly earliestDisposition: string | undefined;
  readonly overdueFrom: string | undefined;
  readonly atEnd: string;
  readonly missing: readonly string[];
}

/** A hold that binds it. */
export type ExplainedHold = Pick<LegalHold, 'legalHoldId' | 'reason' | 'authority' | 'owner' | 'reviewOn'>;

/** Which study, by which schedule: as `findSchedule` takes it, or its rules. */
export interface ExplainRequest {
  readonly studyInstanceUid: string;
  readonly schedule: string | RetentionSchedule | undefined;
  readonly now: Date;
}

/** Rejections of one study that are told. */
const MOST_REJECTIONS = 100;

/**
 * Throws DispositionError('not-found') for a study that is not here and of which nothing is known, ('conflict') where no
 * schedule is named and none is in force.
 */
export async function explainStudy(database: Database, request: ExplainRequest): Promise<Explanation> {
  const { studyInstanceUid } = request;
  const rejections = await listRejections(database, { studyInstanceUid }, MOST_REJECTIONS);
  const standing = await readStudyStanding(database, studyInstanceUid);
  const judged = await judgedExplanation(database, request);
  if (judged === undefined && standing.dispositions.length === 0 && standing.inQuarantine === 0)
    throw new DispositionError('not-found', `There is no study ${studyInstanceUid}.`);
  return {
    studyInstanceUid,
    isHere: judged !== undefined,
    judged,
    rejections: rejections
      .filter(({ state }) => state === 'rejected' || state === 'purging')
      .map((one) => ({
        rejectionId: one.rejectionId,
        seriesInstanceUid: one.seriesInstanceUid,
        reasonCode: one.reasonCode,
        instances: one.instances,
        restoreUntil: one.restoreUntil,
        state: one.state,
      })),
    ...standing,
  };
}

async function judgedExplanation(
  database: Database,
  { studyInstanceUid, schedule, now }: ExplainRequest,
): Promise<JudgedExplanation | undefined> {
  const subject = await readSubject(database, studyInstanceUid);
  if (subject === undefined) return undefined;
  const { rules, isInForce } =
    typeof schedule === 'object'
      ? { rules: schedule, isInForce: false }
      : await findSchedule(database, schedule, now);
  const { finding, holds } = judgeStudy(subject, { rules, holds: await activeHolds(database), now });
  const size = (await contentsOfStudies(database, [studyInstanceUid])).get(studyInstanceUid);
  return {
    facility: subject.facility,
    instances: size?.instances ?? 0,
    bytes: size?.bytes ?? 0,
    schedule: rules.schedule,
    scheduleVersion: rules.version,
    isInForce,
    ...describeFinding(finding),
    holds: holds.map(({ legalHoldId, reason, authority, owner, reviewOn }) => ({
      legalHoldId,
      reason,
      authority,
      owner,
      reviewOn,
    })),
  };
}

function describeFinding(finding: Finding) {
  const { inputs } = finding;
  return {
    today: inputs.today,
    verdict: finding.verdict,
    earliestDisposition: finding.earliestDisposition,
    overdueFrom: finding.overdueFrom,
    coldFrom: finding.coldFrom,
    decidedBy: finding.decidedBy?.id,
    clock: inputs.clock,
    clockSource: inputs.clockSource,
    lastContact: inputs.lastContact,
    rules: finding.rules.map(describeRule),
    problems: finding.problems,
  };
}

function describeRule({
  rule,
  applies,
  earliestDisposition,
  overdueFrom,
  missing,
}: AppliedRule): ExplainedRule {
  const { id, title, source, atEnd } = rule;
  return { rule: id, title, source, applies, earliestDisposition, overdueFrom, atEnd, missing };
}

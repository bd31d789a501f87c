export { type Actor, assertOperator } from './actor.ts';
export {
  type CertificateStatement,
  type CertifiedStudy,
  statementType,
} from './certificate/certificate-statement.ts';
export {
  type CertificatePorts,
  certificateFile,
  issueCertificates,
} from './certificate/issue-certificates.ts';
export { openSigningKey, type SigningKey, type SigningKeyPlace } from './certificate/signing-key.ts';
export {
  publicKeyOf,
  type VerifiedCertificate,
  verifyCertificate,
} from './certificate/verify-certificate.ts';
export type { ColdTierPorts, OpenColdTier } from './cold-tier/cold-ports.ts';
export { endHotCopies } from './cold-tier/end-hot-copies.ts';
export { movableStudy } from './cold-tier/movable-study.ts';
export { type ColdMoveOptions, type ColdMoveReport, moveDueStudies } from './cold-tier/move-due.ts';
export { type LeftHot, moveStudyToCold, type StudyMove } from './cold-tier/move-study.ts';
export { recallWaiting } from './cold-tier/recall-segments.ts';
export { recallStudy } from './cold-tier/recall-study.ts';
export { DispositionError, type DispositionErrorCode, isDispositionError } from './errors.ts';
export {
  type CarriedOut,
  type CarryOutOptions,
  carryOutDisposition,
} from './execution/carry-out-disposition.ts';
export { readPlanToExecute } from './execution/check-item.ts';
export { describeCertificate, describeExecution } from './execution/describe-execution.ts';
export { type ExecutionRequest, executePlan } from './execution/execute-plan.ts';
export type { ExecutionPorts, PurgePorts } from './execution/execution-ports.ts';
export type { ExecutionReport, NotCarriedOut, Tally } from './execution/execution-report.ts';
export { type Resumption, resumeDispositions } from './execution/resume-dispositions.ts';
export { assertNotHeld, type KeptBytes } from './holds/assert-not-held.ts';
export { discardCorrection } from './holds/discard-correction.ts';
export { type HoldRequest, readHoldScope } from './holds/hold-request.ts';
export { holdsOverStudy } from './holds/holds-over-study.ts';
export {
  assertReleasable,
  type HoldPorts,
  type HoldRelease,
  placeLegalHold,
  releaseLegalHold,
} from './holds/place-hold.ts';
export { type BoundStudy, type HoldSurvey, type SurveyOptions, surveyHold } from './holds/survey-hold.ts';
export { lockObjects } from './object-lock/lock-objects.ts';
export {
  lockObjectsOfStudy,
  type ObjectLockPorts,
  type PlacesWithLocks,
} from './object-lock/lock-objects-of-study.ts';
export {
  type Approval,
  approveDispositionPlan,
  assertSameSchedule,
  withdrawDispositionPlan,
} from './planning/approve-plan.ts';
export {
  type DescribedPlan,
  describePlan,
  describePlanItem,
  type PlanStanding,
  planStanding,
} from './planning/describe-plan.ts';
export {
  type ExplainRequest,
  type Explanation,
  explainStudy,
  type JudgedExplanation,
} from './planning/explain-study.ts';
export { hasMinimumPassed, type JudgedStudy, type Judgement, judgeStudy } from './planning/judge-study.ts';
export { type LeftOut, type LeftOutReason } from './planning/left-out.ts';
export {
  DEFAULT_PLAN_DAYS,
  type MadePlan,
  MOST_PLAN_ITEMS,
  makePlan,
  type PlanRequest,
} from './planning/make-plan.ts';
export { assertPlanIntact, type PlanBasis, PlanDigest } from './planning/plan-digest.ts';
export { PLAN_REPORT_FORMATS, type PlanReportFormat, planReport } from './planning/plan-report.ts';
export { type PlanRestoration, type RestoredPlan, restorePlan } from './planning/restore-plan.ts';
export { type WhatIfRequest, whatIf } from './planning/what-if.ts';
export { type Amount, type WhatIf } from './planning/what-if-tally.ts';
export { decideLink } from './registers/decide-link.ts';
export {
  type ImportedRegister,
  importFacts,
  importProgrammes,
  type OpenText,
} from './registers/import-registers.ts';
export type { FactRequest, ProgrammeRequest } from './registers/read-registration.ts';
export type { RegisterPorts } from './registers/register-ports.ts';
export {
  changeCommissioned,
  changeRegion,
  type Registered,
  registerFact,
  registerStudyProgramme,
  withdrawFact,
  withdrawStudyProgramme,
} from './registers/write-registers.ts';
export { applyRejectionNote, type NoteSender } from './rejection/apply-rejection-note.ts';
export {
  demandRejection,
  endOfGrace,
  type RejectionRequest,
  rejectByHand,
  surveyRejection,
} from './rejection/reject-by-hand.ts';
export {
  keyObjectSelectionUid,
  type NotedSeries,
  parseRejectionNote,
  type RejectionNote,
} from './rejection/rejection-note.ts';
export type { RejectionPorts } from './rejection/rejection-ports.ts';
export { inContendedTransaction } from './rejection/repeat-contended.ts';
export { type RestoreRequest, restoreByHand } from './rejection/restore.ts';
export {
  type DescribedAdoption,
  describeAdoption,
  describeSchedule,
} from './schedules/describe-schedule.ts';
export { demandScheduleInForce, findSchedule, type NamedSchedule } from './schedules/find-schedule.ts';
export { adoptProposed, proposeSchedule } from './schedules/propose-schedule.ts';
export { findReadySchedule, type ReadySchedule, readySchedules } from './schedules/ready-schedules.ts';
export { type ReadSchedule, readScheduleVersion, scheduleInForce } from './schedules/schedule-in-force.ts';
export {
  type AdoptionQuestion,
  type AdoptionSurvey,
  type StrandedPlan,
  surveyAdoption,
} from './schedules/survey-adoption.ts';

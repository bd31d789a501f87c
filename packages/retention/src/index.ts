export { detailsAskedBy, type Judges } from './asked-details.ts';
export { addDays, type CalendarDate, parseCalendarDate } from './calendar-date.ts';
export type { AgeBounds, Condition, DateBounds, LaterStudies } from './condition.ts';
export { dayIn } from './day-in-zone.ts';
export { isRetentionError, RetentionError, type RetentionErrorCode } from './errors.ts';
export { type AppliedRule, evaluate, type Finding, type Verdict } from './evaluate.ts';
export {
  bindsStudy,
  type HoldBasis,
  type HoldScope,
  holdsOver,
  inputsForHolds,
  type LegalHold,
  noSchedule,
} from './hold.ts';
export type { InputName, InputProblem, Inputs } from './inputs.ts';
export { longestScheduleText, parseCondition, parseSchedule } from './parse-schedule.ts';
export { addPeriod, type Period, parsePeriod } from './period.ts';
export { readySchedulesFolder } from './ready-schedules.ts';
export {
  parseRejectionReason,
  type RejectionReasonCode,
  rejectionReasons,
} from './rejection-reason.ts';
export type {
  Absence,
  Clock,
  EndAction,
  Keep,
  RetentionRule,
  RetentionSchedule,
  Term,
} from './schedule.ts';
export type {
  Diagnosis,
  OtherStudy,
  PatientIdentifier,
  RetentionSubject,
  SubjectPatient,
} from './subject.ts';
export {
  everyDetail,
  notRead,
  type ReadDetails,
  type SubjectDetail,
} from './subject-details.ts';
export type { DatedStudy } from './timeline.ts';

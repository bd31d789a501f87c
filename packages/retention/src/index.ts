export { addDays, type CalendarDate, dayIn, parseCalendarDate } from './calendar-date.ts';
export type { AgeBounds, Condition, DateBounds, LaterStudies } from './condition.ts';
export { isRetentionError, RetentionError, type RetentionErrorCode } from './errors.ts';
export { type AppliedRule, evaluate, type Finding, type Verdict } from './evaluate.ts';
export { type HoldScope, holdsOver, type LegalHold } from './hold.ts';
export type { DatedStudy, InputName, InputProblem, Inputs } from './inputs.ts';
export { longestScheduleText, parseCondition, parseSchedule } from './parse-schedule.ts';
export { addPeriod, type Period, parsePeriod } from './period.ts';
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
  SubjectDevice,
  SubjectPatient,
} from './subject.ts';

/** Retention, as the database keeps it: subjects and registers, schedules, holds, rejections, plans, dispositions. */

export {
  type AlikeCursor,
  type AlikePage,
  type AlikePatient,
  type AlikePatients,
  listAlikePatients,
} from './alike-patients.ts';
export { keepUids, studiesOfOthers } from './awaited-instances.ts';
export { beginDisposition, listDispositionObjects } from './begin-disposition.ts';
export {
  type BoundPlan,
  plansBoundTo,
  rejectionsByPlan,
  studiesHiddenOfPlan,
  type VersionName,
} from './bound-plans.ts';
export {
  type Certificate,
  type EndedWithObjects,
  insertCertificate,
  listCertificates,
  readCertificate,
  uncertifiedDispositions,
} from './certificates.ts';
export {
  type ColdTierCounts,
  type ColdTierRow,
  type CopyOutcome,
  countColdWork,
  countTiers,
  endNextHotCopy,
  enterColdTier,
  type HotCopy,
  type HotCopyEnd,
  type HotStudy,
  hasColdSegments,
  hotStudies,
  type MoveObstacle,
  postponeHotCopy,
  readColdTier,
  recordMovedToCold,
  type SeenTiers,
  settleTiers,
  type TieredSegment,
  tieredSegments,
} from './cold-tier.ts';
export {
  dispositionsOfObjects,
  type EndedDisposition,
  endedDispositions,
  recordTurnedUp,
  type Tombstone,
  tombstonesOf,
} from './disposed-entries.ts';
export {
  addDispositionObjects,
  countDispositionObjects,
  keysOfDeletedSegments,
  keysOfDisposition,
  type ObjectCounts,
  objectsToDelete,
  recordObjectsGone,
} from './disposition-objects.ts';
export {
  type Disposition,
  type DispositionPlace,
  dispositionsToResume,
  type NewDisposition,
  readDisposition,
  unendedOfStudy,
  whileCarryingOut,
} from './dispositions.ts';
export { endDisposition, instancesOf } from './end-disposition.ts';
export { disposedInstances, type Gone, rejectedAt, whyGone } from './gone.ts';
export {
  activeHolds,
  type HoldFilter,
  type HoldRecord,
  holdById,
  listHolds,
  mostListedStudies,
  type NewHold,
  placeHold,
  releaseHold,
  type WrittenScope,
} from './legal-holds.ts';
export { type ListedStudy, listedStudies } from './listed-studies.ts';
export { isBeingCompacted, lockStudyContent } from './lock-content.ts';
export {
  advanceObjectLockCursor,
  type DueStudy,
  dueLocks,
  endDueLocks,
  enterLockingPlaces,
  type LockingPlace,
  lockingPlaces,
  type ObjectLockState,
  postponeObjectLocks,
  queueNewObject,
  queueObjectLock,
  readObjectLockState,
  recordLockPass,
} from './lock-rounds.ts';
export { type LockedStudy, lockStudy } from './lock-study.ts';
export {
  claimLocksOfStudy,
  forgetObjectLock,
  type KnownLock,
  type LockedObject,
  type LockPlace,
  type LockRole,
  locksOfStudies,
  noteLockedObjects,
  recordObjectLock,
  type StudyLocks,
} from './object-locks.ts';
export {
  hasVerdictsDue,
  isWholeStudyRejected,
  type OpenRejection,
  rejectionOfItem,
  restorableUntil,
} from './open-rejections.ts';
export {
  listPatientFacts,
  type NewPatientFact,
  type PatientFact,
  type PatientFactFilter,
  type PatientFactKind,
  registerPatientFact,
  withdrawPatientFact,
} from './patient-facts.ts';
export {
  decidePatientLink,
  listPatientLinks,
  type PatientLink,
  type PatientLinkDecision,
  type PatientLinkFilter,
  type PatientLinkState,
} from './patient-links.ts';
export {
  alreadyPlanned,
  type ItemRecord,
  insertPlanItems,
  lockItem,
  type NewPlanItem,
  nextItems,
  OPEN_ITEM_STATES,
  type PlanItem,
  type PlanItemPage,
  type PlanItemState,
  type PlanProgress,
  planProgress,
  readPlanItems,
  recordItem,
} from './plan-items.ts';
export {
  approvePlan,
  endPlanIfDone,
  insertPlan,
  listPlans,
  type NewPlan,
  type Plan,
  type PlanKind,
  type PlanState,
  readPlan,
  withdrawPlan,
} from './plans.ts';
export {
  listProgrammes,
  type NewStudyProgramme,
  type ProgrammeFilter,
  registerProgramme,
  type StudyProgramme,
  withdrawProgramme,
} from './programmes.ts';
export {
  claimRecalls,
  postponeRecall,
  type RecalledSegment,
  type RecallRequest,
  recordRecalled,
  requestRecall,
} from './recalls.ts';
export { setDeviceCommissioned, setFacilityRegion } from './regions.ts';
export {
  findRejection,
  hasNoteTakenEffect,
  listRejections,
  type Rejection,
  type RejectionFilter,
  type RejectionState,
} from './rejection-list.ts';
export {
  type AwaitedByNote,
  countRejectable,
  type NewRejection,
  type RejectionScope,
  rejectInstances,
} from './rejections.ts';
export { type Restoration, restoreRejection } from './restore-rejection.ts';
export {
  adoptedAround,
  adoptedSchedules,
  adoptSchedule,
  listSchedules,
  type NewSchedule,
  proposeSchedule,
  readSchedule,
  type ScheduleVersion,
  type WrittenSchedule,
} from './schedules.ts';
export { type SettledConflicts, settleConflicts } from './settle-conflicts.ts';
export {
  contentOfRejection,
  contentsOfStudies,
  type StudyContent,
  type StudySize,
  sizesOfStudies,
  studiesInColdTier,
  studiesInQuarantine,
} from './study-contents.ts';
export {
  readStudyStanding,
  type StandingDisposition,
  type StandingPlan,
  type StudyStanding,
} from './study-standing.ts';
export { readSubject, type SubjectStream, streamSubjects } from './subjects.ts';
export {
  giveUpSegment,
  offsetsInQuarantine,
  type SegmentToClear,
  segmentsToClear,
  takeOutRejected,
} from './take-out-rejected.ts';
export {
  type WaitingPage,
  type WaitingRejection,
  waitingRejections,
  whollyRejected,
} from './waiting-rejections.ts';

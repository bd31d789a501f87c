/** The only SQL of the archive: see README.md. */

export {
  type CertifiedEntry,
  recordAccounted,
  type SuspectSegment,
  suspectSegments,
  unaccountedEntries,
} from './accounted-entries.ts';
export * from './api-keys.ts';
export { type ArchiveSize, COUNTED_STUDIES, readArchiveSize } from './archive-size.ts';
export { type AuditEventRow, insertAuditEvents } from './audit-events.ts';
export * from './background-requests.ts';
export {
  type BaseBackup,
  type BaseBackupEnd,
  type BaseBackupStart,
  beginBaseBackup,
} from './base-backup.ts';
export * from './change-feed.ts';
export { type CheckedInstance, checkLocations, type InstanceState } from './check-locations.ts';
export { isKnownInstance, readExisting } from './commit/claim-sop-instances.ts';
export { commitDecided, type DecidedCommitSteps } from './commit/commit-decided.ts';
export type {
  CommitOutcome,
  ExistingInstance,
  Founder,
  InstanceCommit,
  KeptCorrection,
  KeptEncoding,
  KeptEntries,
  KeptQuarantine,
  PatientIdentity,
  SegmentCommit,
  SegmentOwn,
} from './commit/facts.ts';
export { type FounderDue, foundersDue, recordFounder } from './commit/founders-due.ts';
export { commitTogether, GroupCommit } from './commit/group-commit.ts';
export { countAlarms } from './commit/instances.ts';
export {
  advanceKeptNumbers,
  type BygoneEntries,
  recordBygone,
} from './commit/kept-entries.ts';
export { KeysChangedError } from './commit/keys-changed-error.ts';
export { type InstanceOrigin, type ReplacementDecision, removeInstance } from './commit/remove-instance.ts';
export { SERIES_LEVEL_TAGS } from './commit/series.ts';
export { STUDY_LEVEL_TAGS } from './commit/studies.ts';
export { commitSuperseded } from './commit/superseded-segments.ts';
export { isVerdictDue, recordVerdictsGiven } from './commit/verdicts-due.ts';
export * from './commitment-requests.ts';
export {
  type CompactableSegment,
  type CompactionClaim,
  claimDueSeries,
  claimSeries,
  countDueSeries,
  finishCompaction,
  type ListedSeries,
  listFragmentedSeries,
  readCompactableSegments,
  releaseCompaction,
  renewClaim,
  type SeriesKey,
} from './compaction.ts';
export {
  BETWEEN_ENTRIES,
  countDamagedSegments,
  type DamageFinder,
  type DamageFinding,
  type DamageKind,
  type RecordedDamage,
  recordDamage,
  recordRepaired,
  replaceDamage,
  settleDamage,
} from './damage.ts';
export {
  type DamageFilter,
  type ListedDamage,
  listDamage,
  listMissingQuarantine,
  type MissingQuarantine,
} from './damage-list.ts';
export { type Database, type DatabaseOptions, openDatabase, type Queryable } from './database.ts';
export { checkDevice, type DeviceCheck, type DeviceFailure } from './device-check.ts';
export { readDurableBatch } from './durable-journal.ts';
export { DatabaseError, type DatabaseErrorCode } from './errors.ts';
export {
  asOnlyFixityCheck,
  type Condition,
  databaseTime,
  findSegmentToVerify,
  type InstanceInSegment,
  instancesInSegment,
  type QuarantineToVerify,
  quarantineToVerify,
  recordQuarantineVerified,
  recordSegmentVerified,
  type SegmentFilter,
  type SegmentToVerify,
  segmentsNotWhole,
  segmentsToVerify,
} from './fixity.ts';
export { beginFixityRun, type FixityRun, lastFixityRun, saveFixityRun } from './fixity-runs.ts';
export { type FixityState, fixityState, oldestUnverifiedSeconds } from './fixity-state.ts';
export {
  type ConflictingPatient,
  findIdentityConflict,
  type IdentityConflict,
  type IdentityConflictFilter,
  listIdentityConflicts,
} from './identity-conflicts.ts';
export {
  forgetDetachedSegment,
  type IncompleteEntries,
  recountStudy,
  removeHalfRows,
  repointKeptBack,
} from './index-repair.ts';
export * from './index-state.ts';
export {
  type EntryFact,
  lastCheckpoint,
  type NewJournalLine,
  readEntryFacts,
  subjectOf,
  supersededInJournal,
  writeJournalLine,
  writeJournalLineOnce,
} from './journal.ts';
export * from './journal-batches.ts';
export { demandVerdicts, isSegmentKnown, takeOverLines } from './journal-catch-up.ts';
export * from './journal-decisions.ts';
export * from './journal-principals.ts';
export { applyInstanceReplaced } from './journal-replacements.ts';
export { applyRetentionLine } from './journal-retention.ts';
export { findKnownInstances, type KnownInstance } from './known-instances.ts';
export { hasSegments, knownSegments, type SegmentState, segmentStates } from './known-segments.ts';
export {
  hasProposedCorrection,
  type InstanceList,
  type InstanceLocation,
  type InstanceScope,
  type ListedInstance,
  type LocatedInstance,
  listInstances,
  locateInstance,
  locateInstances,
  type PixelFacts,
} from './locate-instances.ts';
export {
  listInstancesOfSegment,
  type MetadataPiece,
  readMetadataPieces,
  readMetadataPiecesOf,
  restoreMetadataPieces,
} from './metadata-pieces.ts';
export { migrate } from './migrate.ts';
export { countNameKeysDue, settleNameKeys } from './name-keys.ts';
export {
  listNotedObjects,
  type NewNote,
  type NotedKind,
  type NotedObject,
  notedKeysBetween,
  noteObject,
  notesOn,
  removeNotes,
} from './noted-objects.ts';
export {
  createDevice,
  createFacility,
  createIssuer,
  type Device,
  type DeviceOrigin,
  deviceByCode,
  ensureFacility,
  ensureIssuer,
  type Facility,
  facilityByCode,
  type Issuer,
  listDevices,
  listFacilities,
  listIssuers,
  type NewDevice,
  type NewFacility,
  type NewIssuer,
} from './principals.ts';
export {
  type CorrectionFilter,
  discardProposedCorrection,
  findProposedCorrection,
  type ListedCorrection,
  listProposedCorrections,
} from './proposed-corrections.ts';
export {
  clearQuarantineLeftover,
  decideQuarantined,
  findQuarantined,
  listQuarantine,
  type QuarantineDecision,
  type Quarantined,
  type QuarantineFilter,
  type QuarantineLeftover,
  type QuarantinePlace,
  type QuarantineState,
  type QuarantineVerdict,
  quarantineLeftovers,
} from './quarantine.ts';
export {
  analyzeIndex,
  beginRebuild,
  bygoneSubjects,
  endRebuild,
  isIndexEmpty,
  type RebuildProgress,
  readRebuildProgress,
  saveRebuildProgress,
} from './rebuild-progress.ts';
export * from './reconcile/index.ts';
export { type ProposedCorrection, recordProposedCorrection } from './record-proposed-correction.ts';
export {
  type Backlog,
  claimForReplication,
  countReplicaDeletions,
  type ObjectToReplicate,
  postponeReplicaDeletion,
  postponeReplication,
  type ReplicatedKind,
  type ReplicationFault,
  recordNotReplicated,
  recordReplicaDeleted,
  recordReplicated,
  replicaDeletions,
  replicatedObjects,
  replicationBacklog,
} from './replication.ts';
export {
  advanceReplicaJournal,
  enterReplica,
  type JournalCursor,
  type ReplicaRow,
  readReplica,
  recordReplicaJournalFault,
} from './replication-target.ts';
export { type RestoredObject, recordRestored, recordRestoring } from './restored-objects.ts';
export * from './retention/index.ts';
export { holdersOfEntries } from './rewrite/holders-of-entries.ts';
export {
  type RewriteRow,
  type RewrittenEntry,
  recordUselessRewrite,
} from './rewrite/insert-rewrite.ts';
export { type ReferencedEntries, readReferences } from './rewrite/referenced-entries.ts';
export { type HoldingSegment, postponeDeletion, rewrittenInto } from './rewrite/rewritten-into.ts';
export { readSourcesLocked, type SourceRow } from './rewrite/source-rows.ts';
export { adoptSwap, type SegmentSwap, type SwapOutcome, swapSegments } from './rewrite/swap-segments.ts';
export { type SearchResult, type SearchVisibility, search, type WhenRoom } from './search/search.ts';
export type { InstanceHit, SearchHit } from './search/search-hit.ts';
export type { OrderKey } from './search/search-order.ts';
export {
  countUnsettledSegments,
  knownQuarantineObjects,
  listQuarantineByKey,
  listSegmentsByKey,
  type QuarantineListing,
  recordQuarantineCondition,
  type SegmentCondition,
  type SegmentListing,
} from './segment-listing.ts';
export * from './series-metadata.ts';
export { studyExists } from './study-exists.ts';
export {
  type OtherPlace,
  otherPlaceOf,
  recordSegmentDeleted,
  type SegmentRow,
  supersededSegments,
  supersedeNext,
} from './supersession.ts';
export { isUuid } from './uuid.ts';
export {
  countKnownRepeat,
  countQuarantineRepeat,
  type KnownEncoding,
  type KnownVerdict,
  type QuarantineEntry,
  quarantinedBytes,
  recordKnownEncoding,
  recordQuarantine,
  settleSegment,
} from './verdicts.ts';

/** The only SQL of the archive: see README.md. */
export { type AuditEventRow, insertAuditEvents } from './audit-events.ts';
export {
  type Change,
  type Cursor,
  formatCursor,
  parseCursor,
  publishChanges,
  readChanges,
} from './change-feed.ts';
export { readExisting } from './commit/claim-sop-instances.ts';
export { commitDecided, type DecidedCommitSteps } from './commit/commit-decided.ts';
export type {
  CommitOutcome,
  ExistingInstance,
  InstanceCommit,
  PatientIdentity,
  SegmentCommit,
} from './commit/facts.ts';
export { GroupCommit } from './commit/group-commit.ts';
export { type ReplacementDecision, removeInstance } from './commit/remove-instance.ts';
export { isVerdictDue, recordVerdictsGiven } from './commit/verdicts-due.ts';
export { type Database, type DatabaseOptions, openDatabase, type Queryable } from './database.ts';
export { checkDevice, type DeviceCheck, type DeviceFailure } from './device-check.ts';
export { DatabaseError, type DatabaseErrorCode } from './errors.ts';
export {
  type ConflictingPatient,
  findIdentityConflict,
  type IdentityConflict,
  type IdentityConflictFilter,
  listIdentityConflicts,
} from './identity-conflicts.ts';
export { knownSegments } from './known-segments.ts';
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
} from './locate-instances.ts';
export {
  listInstancesOfSegment,
  type MetadataPiece,
  readMetadataPieces,
  restoreMetadataPieces,
} from './metadata-pieces.ts';
export { migrate } from './migrate.ts';
export {
  type ApiKeyRow,
  createApiKey,
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
  findApiKey,
  type Issuer,
  listApiKeys,
  listDevices,
  listFacilities,
  listIssuers,
  type NewApiKeyRow,
  type NewDevice,
  type NewFacility,
  type NewIssuer,
  revokeApiKey,
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
  type InstanceHit,
  type SearchHit,
  type SearchResult,
  type SearchVisibility,
  search,
} from './search/search.ts';
export {
  type OtherPlace,
  otherPlaceOf,
  recordSegmentDeleted,
  type SegmentRow,
  supersededSegments,
  supersedeNext,
} from './supersession.ts';
export {
  countKnownRepeat,
  countQuarantineRepeat,
  type KnownVerdict,
  type ProposedCorrection,
  type QuarantineEntry,
  quarantinedBytes,
  recordKnownEncoding,
  recordProposedCorrection,
  recordQuarantine,
  settleSegment,
  writeJournalOutbox,
} from './verdicts.ts';

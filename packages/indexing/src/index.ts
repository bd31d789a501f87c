/** From a segment in the object store to its rows and verdicts: see README.md. */
export {
  type CompactionReport,
  type CompactNowOptions,
  compactNow,
} from './compaction/compact-now.ts';
export {
  CLAIM_SECONDS,
  type CompactionOptions,
  compactSeries,
  type SeriesCompaction,
} from './compaction/compact-series.ts';
export type { CompactionPorts } from './compaction/compaction-ports.ts';
export { pace } from './compaction/pace.ts';
export {
  type CompactionLimits,
  defaultCompactionLimits,
  type PlannedRewrite,
  planCompaction,
} from './compaction/plan-compaction.ts';
export {
  compareInstances,
  type InstanceComparison,
  type StoredContent,
} from './comparison/compare-instances.ts';
export {
  PixelValueComparison,
  type PixelValueComparisonOptions,
} from './comparison/pixel-value-comparison.ts';
export { BulkParts } from './composition/bulk-parts.ts';
export { type ComposedFile, composeInstance, readMetadata } from './composition/compose-instance.ts';
export { keepReceivedParts } from './composition/keep-received-parts.ts';
export { refusedParts } from './composition/refused-parts.ts';
export type { MetadataPart, RequestPart } from './composition/request-part.ts';
export { Directory } from './directory.ts';
export {
  ComparisonError,
  type ComparisonErrorCode,
  JournalError,
  type JournalErrorCode,
  QuarantineError,
  type QuarantineErrorCode,
} from './errors.ts';
export { type CheckedObject, checkDue } from './fixity/check-due.ts';
export { checkSegment } from './fixity/check-segment.ts';
export { withRate } from './fixity/rated-store.ts';
export type { RepairPorts } from './fixity/repair-ports.ts';
export {
  type FixityCounts,
  type FixityFinding,
  type FixityReport,
  type FixitySummary,
  summaryOf,
} from './fixity/report.ts';
export {
  type BegunRun,
  beginRun,
  continueRun,
  type FixityOptions,
  interruptedRun,
  pause,
  type RunOptions,
} from './fixity/run-fixity.ts';
export { TokenBucket, type TokenBucketOptions } from './fixity/token-bucket.ts';
export { indexSegment } from './index-segment.ts';
export { type CatchUpOptions, type CatchUpReport, catchUpJournal } from './journal/catch-up-journal.ts';
export { writeCheckpoint } from './journal/checkpoint.ts';
export { exportDecision, exportJournal } from './journal/export-journal.ts';
export {
  type CorrectionStanding,
  type EntryStanding,
  foldEntryFacts,
  type QuarantineStanding,
  standingsOf,
} from './journal/fold-entry-facts.ts';
export { assertIndexCaughtUp, IndexReadiness } from './journal/index-readiness.ts';
export type { JournalPorts } from './journal/journal-ports.ts';
export { type JournalFault, type ReadBatch, readBatch } from './journal/read-batch.ts';
export {
  type JournalVerification,
  type VerifyJournalOptions,
  verifyJournal,
} from './journal/verify-journal.ts';
export { referenceOf, type Verdict } from './judge.ts';
export { type Accepted, acceptQuarantined } from './quarantine/accept-quarantined.ts';
export { clearQuarantineLeftovers } from './quarantine/clear-leftovers.ts';
export { type Discarded, type DiscardPorts, discardQuarantined } from './quarantine/discard-quarantined.ts';
export { type Exported, exportQuarantined } from './quarantine/export-quarantined.ts';
export {
  type JudgedAgain,
  type JudgedAllAgain,
  judgeAllAgain,
  judgeQuarantinedAgain,
} from './quarantine/judge-again.ts';
export { readQuarantined } from './quarantine/look-again.ts';
export type { QuarantinePorts } from './quarantine/quarantine-ports.ts';
export { assertKeptWhole, type KeptBytes, readKept } from './quarantine/read-kept.ts';
export { type Replaced, replaceByQuarantined } from './quarantine/replace-by-quarantined.ts';
export { type Fault, faultOf, RefusedError } from './reception/fault.ts';
export {
  type ReceivedInstance,
  type Reception,
  type ReceptionPorts,
  type RefusedPart,
  receiveInstance,
} from './reception/receive-instance.ts';
export { type ContinuousOptions, ContinuousReconcile } from './reconcile/continuous-reconcile.ts';
export type { ReconcilePorts } from './reconcile/examination.ts';
export { type ReconcileOptions, reconcile } from './reconcile/reconcile.ts';
export { isAnythingWrong, type ReconcileReport, type ReportList } from './reconcile/report.ts';
export {
  type RecoverSpoolPorts,
  recoverSpool,
  removeUnfinishedPuts,
  type SpoolPlace,
  type SpoolReport,
  sweepDeadSpool,
} from './recover-spool.ts';
export { type RebuildOptions, rebuildIndex } from './replay/rebuild-index.ts';
export { emptyRebuildReport, type RebuildReport, resumedReport } from './replay/rebuild-report.ts';
export { replayBygone } from './replay/replay-bygone.ts';
export type { ReplayPorts } from './replay/replay-ports.ts';
export { type ReplayOptions, type ReplayOutcome, replaySegment } from './replay/replay-segment.ts';
export { settleFounders } from './replay/settle-founders.ts';
export { studiesOfStore } from './replay/studies-of-store.ts';
export { deleteFromReplica } from './replication/delete-from-replica.ts';
export { type ReplicationRound, replicateWaiting } from './replication/replicate.ts';
export { type JournalBacklog, replicateJournal } from './replication/replicate-journal.ts';
export {
  type ReplicationOutcome,
  type ReplicationPorts,
  replicateObject,
} from './replication/replicate-object.ts';
export { type ReplicationStatus, replicationStatus } from './replication/replication-status.ts';
export {
  type Adoption,
  type AdoptPorts,
  adoptRewrite,
  type FoundRewrite,
} from './rewrite/adopt-rewrite.ts';
export {
  type Installed,
  type InstallPorts,
  type InstallRequest,
  installRewrite,
} from './rewrite/install-rewrite.ts';
export { createRewriteCheck, type RewriteCheck } from './rewrite/rewrite-holds.ts';
export { assumedCharacterSetOf, deviceOf, type Equipment, equipmentOf, type Sender } from './sender.ts';
export type { IndexingPorts, StoredInstance, StoredSegment } from './stored-segment.ts';
export { faultOfTakenAway } from './taken-away.ts';

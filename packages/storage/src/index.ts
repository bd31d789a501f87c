/** Objects written once and never overwritten, and the segments that hold the instances. */
// Errors
export { isStorageError, StorageError, type StorageErrorCode, storageErrorCodes } from './errors.ts';
// File system port
export type {
  DirectoryEntry,
  FileStat,
  FileSystem,
  OpenFile,
  OpenMode,
} from './file-system/file-system.ts';
export { makeDurableDirectory } from './file-system/make-durable-directory.ts';
export { nodeFileSystem } from './file-system/node-file-system.ts';
// Object store port and adapters
export { createFilesystemStore, type FilesystemStoreOptions } from './filesystem/filesystem-store.ts';
export { assertSameFileSystem } from './filesystem/same-file-system.ts';
export { countedFileSystem, type IoCounts } from './io-counts.ts';
// Journal
export { canonicalJson } from './journal/canonical-json.ts';
export { assertJournalLine, encodeJournalBatch } from './journal/encode-journal-batch.ts';
export {
  endsEpoch,
  isBefore,
  type JournalBatch,
  type JournalLink,
  type JournalPosition,
  journalKey,
  journalPrefix,
  maximumBatchLines,
  maximumJournalLineBytes,
  parseJournalKey,
} from './journal/journal-batch.ts';
export type {
  JournalFact,
  JournalFacts,
  JournalKind,
  JournalLine,
  JournalPlace,
  QuarantineDecided,
  QuarantineDescription,
} from './journal/journal-facts.ts';
export { parseJournalBatch, parseJournalLine } from './journal/parse-journal-batch.ts';
export {
  isRetentionLine,
  maximumInstancesOfLine,
  maximumKeysOfLine,
  maximumListedStudies,
  type RetentionLine,
} from './journal/read-retention-fact.ts';
export type * from './journal/retention-facts.ts';
export { assertKey, isKey } from './key.ts';
export { hasObjectLocks, type ObjectLock, type ObjectLocks } from './object-locks.ts';
export type {
  ArchivedObjects,
  ByteRange,
  ListOptions,
  ObjectStat,
  ObjectStore,
  RangeOptions,
  RangeReads,
  SealedFile,
  StoreMaintenance,
} from './object-store.ts';
export { maximumPutBytes } from './object-store.ts';
export { createS3Store, type S3StoreOptions } from './s3/s3-store.ts';
export type { EtagKind } from './s3/verify-stored.ts';
// Segments
export { type BlockLayoutInput, blockBoundaries } from './segment/block-boundaries.ts';
export { encodeReceipt } from './segment/encode-receipt.ts';
export type { EntryRole } from './segment/entry-name.ts';
export type { EntryFacts, EntryRequest, EntryWriter } from './segment/entry-writer.ts';
export { buildQuarantineKey, type LooseFileWriter, type SealedLooseFile } from './segment/loose-file.ts';
export { type OpenedSegment, type OpenSegmentOptions, openSegment } from './segment/open-segment.ts';
export {
  type OpenSegmentTailOptions,
  openSegmentTail,
  type SegmentTail,
} from './segment/open-segment-tail.ts';
export { parseReceipt } from './segment/parse-receipt.ts';
export {
  type EntryReference,
  entryReference,
  longestVerifiedRange,
  readEntry,
  readEntryBytes,
  readEntryRange,
} from './segment/read-entry.ts';
export { readSegmentMetadata } from './segment/read-segment-metadata.ts';
export type {
  MetadataReference,
  ReceiptEntry,
  ReceivedPart,
  SegmentHeader,
  SegmentReceipt,
  SegmentSource,
} from './segment/receipt.ts';
export type { RewritePorts, RewriteRequest, RewriteSource } from './segment/rewrite-request.ts';
export {
  originalsOf,
  originOf,
  rewriteSegments,
  withReceivedParts,
} from './segment/rewrite-segment.ts';
export type { ScratchFile } from './segment/scratch-file.ts';
export { type SegmentBytes, withFileBytes } from './segment/segment-bytes.ts';
export { buildSegmentKey, parseSegmentKey, type SegmentKey, studyKeyPrefix } from './segment/segment-key.ts';
export type { SegmentFault } from './segment/segment-regions.ts';
export {
  defaultSegmentLimits,
  type SegmentLimits,
  type SegmentOutcome,
  SegmentSet,
  type SegmentSetOptions,
} from './segment/segment-set.ts';
export { removeOwnerFolder, SegmentSpool, type SegmentSpoolOptions } from './segment/segment-spool.ts';
export type {
  SealedSegment,
  SealingSegment,
  SegmentOverflow,
  SegmentWriter,
} from './segment/segment-writer.ts';
export { livenessOnThisMachine, type OwnerLiveness, type ProcessIdentity } from './segment/spool-owner.ts';
export { recoverSegment, storeSegment } from './segment/store-segment.ts';
export { type SweepReport, type SweepSpoolOptions, sweepSpool } from './segment/sweep-spool.ts';
export { type UuidSources, uuidV7Source } from './segment/uuid-v7.ts';
export {
  type SegmentVerification,
  type VerifySegmentOptions,
  verifyBytes,
  verifySegment,
} from './segment/verify-segment.ts';
// Cold tier
export { type ColdObjects, type OnColdRead, tieredPrefix } from './tiers/cold-objects.ts';
export { maintenanceWithColdTier, rangesWithColdTier, withColdTier } from './tiers/with-cold-tier.ts';
// Wrappers
export { boundedRanges, type RangeLimits } from './wrappers/bounded-ranges.ts';
export type { RetryOptions } from './wrappers/retry-policy.ts';
export { type EventOptions, type StoreEvent, withEvents } from './wrappers/with-events.ts';
export { type LimitOptions, withLimit } from './wrappers/with-limit.ts';
export { withRetry } from './wrappers/with-retry.ts';

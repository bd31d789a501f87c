/** The background task that clears away segments whose every entry is held elsewhere, after re-reading what stays. */
import { createHash } from 'node:crypto';
import {
  type ExistingInstance,
  noteLockedObjects,
  type OtherPlace,
  otherPlaceOf,
  postponeDeletion,
  readExisting,
  recordSegmentDeleted,
  type SegmentRow,
  supersededSegments,
  supersedeNext,
  tombstonesOf,
} from '@sandyq/database';
import {
  compareInstances,
  createRewriteCheck,
  type PixelValueComparison,
  referenceOf,
} from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import {
  entryReference,
  isStorageError,
  openSegment,
  type ReceiptEntry,
  readEntry,
  StorageError,
} from '@sandyq/storage';
import { patientComparison } from './admin/ports.ts';

type Ports = Pick<Archive, 'database' | 'store' | 'logger' | 'settings'>;
type ComparingPorts = Ports & { readonly pixels: PixelValueComparison };

const DELETED_AT_ONCE = 100;
const DELETES_AT_A_TIME = 8;

/** Supersedes one duplicate segment and deletes those whose grace has passed; returns how many it touched. */
export async function supersedeSegments(
  archive: Ports,
  pixels: PixelValueComparison = patientComparison(),
): Promise<number> {
  const ports = { ...archive, pixels };
  const found = await supersedeNext(ports.database, (segment) => isVerifiedElsewhere(ports, segment));
  return (found ? 1 : 0) + (await deleteSuperseded(ports));
}

async function deleteSuperseded({ database, store, logger, settings }: Ports): Promise<number> {
  const segments = await supersededSegments(database, settings.supersedeGraceSeconds, DELETED_AT_ONCE);
  const checkRewrite = createRewriteCheck({ database, store });
  const deleteOne = async ({ segmentId, objectKey }: SegmentRow): Promise<void> => {
    if ((await checkRewrite(segmentId)) === 'does-not-hold') {
      logger.error('superseded-segment-kept', { segmentId, objectKey });
      await postponeDeletion(database, segmentId);
      return;
    }
    try {
      await store.delete(objectKey);
    } catch (error) {
      if (!isStorageError(error, 'locked')) throw error;
      // It goes when its lock has: see lock-objects.ts.
      logger.info('superseded-segment-locked', { segmentId });
      await noteLockedObjects(database, [objectKey], ['store', 'cold']);
      await postponeDeletion(database, segmentId);
      return;
    }
    await recordSegmentDeleted(database, segmentId);
    logger.info('superseded-segment-deleted', { segmentId });
  };
  for (let at = 0; at < segments.length; at += DELETES_AT_A_TIME) {
    await Promise.all(segments.slice(at, at + DELETES_AT_A_TIME).map(deleteOne));
  }
  return segments.length;
}

/** What cannot be read back stays, and does not keep other segments from being cleared away. */
async function isVerifiedElsewhere(ports: ComparingPorts, segment: SegmentRow): Promise<boolean> {
  try {
    return await isHeldElsewhere(ports, segment);
  } catch (error) {
    if (!(error instanceof StorageError) || error.retryable) throw error;
    ports.logger.error('duplicate-segment-not-verified', { segmentId: segment.segmentId, error });
    return false;
  }
}

async function isHeldElsewhere(ports: ComparingPorts, segment: SegmentRow): Promise<boolean> {
  const { receipt } = await openSegment(ports.store, segment.objectKey);
  const uids = receipt.entries.map((entry) => entry.sopInstanceUid);
  const existing = await readExisting(ports.database, uids);
  const disposed = new Set(
    (await tombstonesOf(ports.database, uids)).map((tombstone) => tombstone.sopInstanceUid),
  );
  for (const entry of receipt.entries) {
    // Nobody needs these bytes, and nothing points to them: a copy of what was disposed of.
    if (disposed.has(entry.sopInstanceUid)) continue;
    if (await isEntryHeld(ports, { segment, entry, existing: existing.get(entry.sopInstanceUid) })) continue;
    ports.logger.warn('duplicate-segment-kept', { segmentId: segment.segmentId, entry: entry.ordinal });
    return false;
  }
  return true;
}

interface DuplicateEntry {
  readonly segment: SegmentRow;
  readonly entry: ReceiptEntry;
  readonly existing: ExistingInstance | undefined;
}

async function isEntryHeld(
  ports: ComparingPorts,
  { segment, entry, existing }: DuplicateEntry,
): Promise<boolean> {
  const { store, database } = ports;
  const sha256 = Buffer.from(entry.sha256, 'hex');
  // A received part is no instance: it is held where the same bytes are kept, and else stays with its segment.
  const isInstance = entry.role === 'part10';
  if (isInstance && existing !== undefined && existing.segmentId !== segment.segmentId) {
    const place = referenceOf(existing);
    if (existing.sha256.equals(sha256)) return (await sha256Of(readEntry(store, place))) === entry.sha256;
    if (await isSameContent(ports, existing, { segment, entry })) return true;
  }
  const other = await otherPlaceOf(database, { sha256, segmentId: segment.segmentId });
  if (other === undefined) return false;
  return (await sha256Of(readOtherPlace(ports, other))) === entry.sha256;
}

/** An entry is read by its receipt, which knows where its blocks end. */
async function* readOtherPlace(
  { store }: Ports,
  { objectKey, entryOffset }: OtherPlace,
): AsyncGenerator<Uint8Array> {
  if (entryOffset === undefined) {
    yield* await store.read(objectKey);
    return;
  }
  const { receipt } = await openSegment(store, objectKey);
  const entry = receipt.entries.find(({ offset }) => offset === entryOffset);
  if (entry === undefined) {
    throw new StorageError('damaged', `${objectKey} has no entry at byte ${entryOffset}`);
  }
  yield* readEntry(store, entryReference(objectKey, entry));
}

/** The newcomer was judged equal, or equal in another encoding: the first bytes stay (design §2.5). */
async function isSameContent(
  ports: ComparingPorts,
  existing: ExistingInstance,
  { segment, entry }: Pick<DuplicateEntry, 'segment' | 'entry'>,
): Promise<boolean> {
  const { comparison } = await compareInstances(
    ports,
    { entry: referenceOf(existing), transferSyntaxUid: existing.transferSyntaxUid },
    { entry: entryReference(segment.objectKey, entry), transferSyntaxUid: entry.transferSyntaxUid },
  );
  return comparison === 'equal' || comparison === 'equal-in-another-encoding';
}

async function sha256Of(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest('hex');
}

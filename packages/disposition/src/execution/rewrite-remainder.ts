/**
 * Before bytes of a part of a study are deleted, what lies beside them in their segments is copied to new ones (design §5,
 * rewrite): verified, and swapped in the transaction that takes the instances out.
 */
import {
  type Disposition,
  giveUpSegment,
  instancesOf,
  isBeingCompacted,
  listDispositionObjects,
  offsetsInQuarantine,
  type SegmentToClear,
  segmentsToClear,
  takeOutRejected,
} from '@sandyq/database';
import { installRewrite } from '@sandyq/indexing';
import { isStorageError, type OpenedSegment, openSegment } from '@sandyq/storage';
import { inContendedTransaction } from '../rejection/repeat-contended.ts';
import type { PurgePorts } from './execution-ports.ts';

/** Stands in the receipts of what is written here. */
const PRINCIPAL = 'archive:disposition';
/** Compaction may join segments while they are looked at: then they are looked at again. */
const PASSES = 16;

/** `changed`: further objects are on the list of what is deleted, once the journal has that; `waiting`: to be repeated later. */
export type Rewritten = 'nothing' | 'changed' | 'waiting';

/**
 * Rewrites every segment of the series concerned that has an entry of what goes, until none is left. That has to wait
 * while entries are being judged or segments joined, or if others keep changing them. What was done stays done; repeating it is safe
 * at any time. Throws StorageError (`damaged`: the segment is repaired first) and DatabaseError.
 */
export async function rewriteRemainder(
  ports: PurgePorts,
  disposition: Disposition,
  signal: AbortSignal | undefined,
): Promise<Rewritten> {
  const instances = await instancesOf(ports.database, disposition);
  const uids = new Set(instances.map(({ sopInstanceUid }) => sopInstanceUid));
  for (let pass = 0; pass < PASSES; pass += 1) {
    let isClear = true;
    for (const segment of await segmentsToClear(ports.database, disposition)) {
      signal?.throwIfAborted();
      if (segment.isVerdictDue) return 'waiting';
      const cleared = await clearSegment(ports, { disposition, segment, uids, signal });
      if (cleared === 'waiting') return 'waiting';
      if (cleared === 'changed') isClear = false;
    }
    if (isClear) return pass === 0 ? 'nothing' : 'changed';
  }
  return 'waiting';
}

interface Clearing {
  readonly disposition: Disposition;
  readonly segment: SegmentToClear;
  readonly uids: ReadonlySet<string>;
  readonly signal: AbortSignal | undefined;
}

/** `nothing`: there is nothing in it that goes. */
async function clearSegment(ports: PurgePorts, clearing: Clearing): Promise<Rewritten> {
  const { disposition, segment, uids, signal } = clearing;
  const opened = await openIfThere(ports, clearing);
  if (opened === undefined) return 'nothing';
  const kept = await entriesToKeep(ports, { segment, opened, uids });
  if (kept.length === opened.receipt.entries.length) return 'nothing';
  if (await isBeingCompacted(ports.database, disposition.studyInstanceUid)) return 'waiting';
  if (!segment.isInUse || kept.length === 0) {
    await inContendedTransaction(ports.database, (client) =>
      segment.isInUse
        ? giveUpSegment(client, disposition, segment)
        : listDispositionObjects(client, disposition, [segment.objectKey]),
    );
    return 'changed';
  }
  await installRewrite(ports, {
    sources: [{ key: segment.objectKey, receipt: opened.receipt, ordinals: kept }],
    principal: PRINCIPAL,
    receivedAt: ports.now().toISOString(),
    signal,
    beforeSwap: (client) => takeOutRejected(client, disposition, segment),
  });
  return 'changed';
}

/** Undefined: a segment that was rewritten has gone since. */
async function openIfThere(
  { store }: PurgePorts,
  { segment: { objectKey, sizeBytes, isInUse }, signal }: Clearing,
): Promise<OpenedSegment | undefined> {
  try {
    return await openSegment(store, objectKey, { size: sizeBytes, signal });
  } catch (error) {
    if (!isInUse && isStorageError(error, 'not-found')) return undefined;
    throw error;
  }
}

/** Ordinals of all but the entries of these UIDs; one that lies in quarantine undecided is somebody's to decide on. */
async function entriesToKeep(
  { database }: PurgePorts,
  {
    segment,
    opened,
    uids,
  }: {
    readonly segment: SegmentToClear;
    readonly opened: OpenedSegment;
    readonly uids: ReadonlySet<string>;
  },
): Promise<number[]> {
  const undecided = await offsetsInQuarantine(database, segment.segmentId);
  return opened.receipt.entries
    .filter(({ sopInstanceUid, offset }) => !uids.has(sopInstanceUid) || undecided.has(offset))
    .map(({ ordinal }) => ordinal);
}

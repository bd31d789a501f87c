/**
 * Deletes from the hot store what was moved, once readers under way have had their grace. What a legal hold keeps there goes
 * when the copy in the cold tier is held in its place (object-lock/).
 */
import {
  endNextHotCopy,
  type HotCopy,
  type HotCopyEnd,
  noteLockedObjects,
  postponeHotCopy,
} from '@sandyq/database';
import { isStorageError, StorageError } from '@sandyq/storage';
import type { ColdTierPorts, OpenColdTier } from './cold-ports.ts';

interface Ports extends Pick<ColdTierPorts, 'database' | 'logger'> {
  readonly coldTier: Pick<OpenColdTier, 'hot' | 'store'>;
}

const ENDED_AT_ONCE = 100;

/** Returns how many it ended. Throws StorageError if a store is away: what is left goes later. */
export async function endHotCopies(ports: Ports, graceSeconds: number, signal: AbortSignal): Promise<number> {
  let ended = 0;
  while (ended < ENDED_AT_ONCE && !signal.aborted) {
    if (!(await endOne(ports, graceSeconds, signal))) break;
    ended += 1;
  }
  return ended;
}

async function endOne(ports: Ports, graceSeconds: number, signal: AbortSignal): Promise<boolean> {
  const { database, logger } = ports;
  let current: HotCopy | undefined;
  try {
    return await endNextHotCopy(database, graceSeconds, (copy) => {
      current = copy;
      return deleteHotCopy(ports, copy, signal);
    });
  } catch (error) {
    // A lock on the object: it is looked at again after another grace, and does not keep the others.
    if (current === undefined || !(error instanceof StorageError) || error.retryable) throw error;
    logger.warn('hot-copy-not-deleted', { segmentId: current.segmentId, error });
    if (isStorageError(error, 'locked')) await noteLockedObjects(database, [current.objectKey], ['store']);
    await postponeHotCopy(database, current.segmentId);
    return true;
  }
}

/** Only beside a copy of the same size: every byte of it was read back when it was made. */
async function deleteHotCopy(
  { coldTier, logger }: Ports,
  { segmentId, objectKey, sizeBytes }: HotCopy,
  signal: AbortSignal,
): Promise<HotCopyEnd> {
  const there = await coldTier.store.stat(objectKey, signal);
  if (there?.size !== sizeBytes) {
    logger.error('cold-copy-missing', { segmentId, objectKey });
    return 'stays';
  }
  await coldTier.hot.delete(objectKey, signal);
  return 'gone';
}

/** Brings segments back from the cold tier that somebody wants: copied, verified, then the row says so. The cold copy stays. */
import { claimRecalls, postponeRecall, type RecalledSegment, recordRecalled } from '@sandyq/database';
import { replicateObject } from '@sandyq/indexing';
import { isStorageError, StorageError } from '@sandyq/storage';
import type { ColdTierPorts } from './cold-ports.ts';

const RECALLED_AT_ONCE = 4;

/** Seconds until the next attempt: a store is away; it is being restored from an archive; a person has to look. */
const RETRY_AWAY_SECONDS = 30;
const RETRY_ARCHIVED_SECONDS = 300;
const RETRY_FAULT_SECONDS = 3_600;

/** Brings back what waits longest, some at a time, and returns how many came. What does not come is tried again. */
export async function recallWaiting(ports: ColdTierPorts, signal: AbortSignal): Promise<number> {
  const claimed = await claimRecalls(ports.database, RECALLED_AT_ONCE);
  const recalled = await Promise.all(claimed.map((segment) => recallOrPostpone(ports, segment, signal)));
  return recalled.filter((isBack) => isBack).length;
}

async function recallOrPostpone(
  ports: ColdTierPorts,
  segment: RecalledSegment,
  signal: AbortSignal,
): Promise<boolean> {
  const { database, logger } = ports;
  const { segmentId, objectKey } = segment;
  try {
    if (await recall(ports, segment, signal)) {
      logger.info('segment-recalled', { segmentId });
      return true;
    }
    logger.error('segment-not-recalled', { segmentId, objectKey });
    await postponeRecall(database, segmentId, RETRY_FAULT_SECONDS);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    await postponeRecall(database, segmentId, await secondsAfter(ports, segment, error));
  }
  return false;
}

/** False: neither tier has it as the index knows it. */
async function recall(
  { database, coldTier, spool, fileSystem, settings, logger }: ColdTierPorts,
  { segmentId, objectKey, sizeBytes, receiptSha256 }: RecalledSegment,
  signal: AbortSignal,
): Promise<boolean> {
  const { spoolFolder, minFreeDiskBytes } = settings;
  const ports = {
    database,
    store: coldTier.store,
    replica: coldTier.hot,
    spool,
    spoolFolder,
    minFreeDiskBytes,
    fileSystem,
    logger,
  };
  const object = { kind: 'segment', id: segmentId, objectKey, sizeBytes, sha256: receiptSha256 } as const;
  const outcome = await replicateObject(ports, object, signal);
  if (outcome !== 'copied' && outcome !== 'there') return false;
  const isThere = async () => (await coldTier.hot.stat(objectKey, signal)) !== undefined;
  const recalled = await recordRecalled(database, segmentId, isThere);
  // Whoever disposes of the study has looked here before the copy came.
  if (recalled === 'disposed') await coldTier.hot.delete(objectKey, signal);
  // Its hot copy went just now: once more, from the cold one.
  if (recalled === 'changed')
    throw new StorageError('unavailable', `${objectKey} was deleted while it was brought back`);
  return true;
}

/** When to try again after a failure. */
async function secondsAfter(
  { coldTier, logger }: ColdTierPorts,
  { segmentId, objectKey }: RecalledSegment,
  error: StorageError,
): Promise<number> {
  if (isStorageError(error, 'nearline') && coldTier.restore !== undefined) {
    await coldTier.restore(objectKey).catch((failure: unknown) => {
      logger.warn('restore-not-asked', { segmentId, error: failure });
    });
    return RETRY_ARCHIVED_SECONDS;
  }
  logger.warn('recall-failed', { segmentId, error });
  return error.retryable ? RETRY_AWAY_SECONDS : RETRY_FAULT_SECONDS;
}

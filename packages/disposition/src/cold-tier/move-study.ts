/**
 * Moves a study to the cold tier, segment by segment: copied under its key, every byte of the copy read back, then the row
 * says so. The hot copy goes when readers under way have had their grace. It may be interrupted anywhere and begun again:
 * what is copied is found, what is moved is left.
 */
import {
  forgetObjectLock,
  type MoveObstacle,
  recordMovedToCold,
  type TieredSegment,
  tieredSegments,
} from '@sandyq/database';
import { checkSegment, replicateObject } from '@sandyq/indexing';
import { isStorageError } from '@sandyq/storage';
import type { ColdTierPorts } from './cold-ports.ts';

/**
 * Why a segment was left: see MoveObstacle; `conflict`: the cold tier has something else under its key; `changed`: it was
 * rewritten meanwhile; `disposed`: its bytes are deleted.
 */
export type LeftHot = MoveObstacle | 'conflict' | 'changed' | 'disposed';

/** What became of a study. */
export interface StudyMove {
  /** Segments moved now, and their bytes. */
  readonly moved: number;
  readonly bytes: number;
  /** Segments that were there before. */
  readonly already: number;
  /** Segments that were left, by reason; none: all of the study is in the cold tier. */
  readonly left: readonly { readonly objectKey: string; readonly why: LeftHot }[];
}

/** Moves what can be moved now. Throws StorageError if a store is away or full, and what the signal says. */
export async function moveStudyToCold(
  ports: ColdTierPorts,
  studyInstanceUid: string,
  signal?: AbortSignal,
): Promise<StudyMove> {
  const hasReplica = ports.settings.replica !== undefined;
  const segments = await tieredSegments(ports.database, studyInstanceUid, { hasReplica });
  let [moved, bytes, already] = [0, 0, 0];
  const left: { objectKey: string; why: LeftHot }[] = [];
  for (const segment of segments) {
    signal?.throwIfAborted();
    const { objectKey, sizeBytes, tier, obstacle } = segment;
    if (tier === 'cold') {
      already += 1;
      continue;
    }
    const why = obstacle ?? (await moveSegment(ports, segment, signal));
    if (why === undefined) {
      moved += 1;
      bytes += sizeBytes;
    } else left.push({ objectKey, why });
  }
  return { moved, bytes, already, left };
}

async function moveSegment(
  ports: ColdTierPorts,
  segment: TieredSegment,
  signal: AbortSignal | undefined,
): Promise<LeftHot | undefined> {
  const { database, coldTier, logger } = ports;
  const { segmentId, objectKey } = segment;
  const copied = await copyToCold(ports, segment, signal);
  if (copied === 'unsound') return 'damage';
  if (copied === 'conflict') {
    logger.error('cold-tier-conflict', { segmentId, objectKey });
    return 'conflict';
  }
  // What has to be brought back before it can be read is believed by what the store said when it was put.
  if (coldTier.answersAtOnce && !(await isWholeThere(ports, segment, signal))) return 'damage';
  const outcome = await recordMovedToCold(database, segmentId);
  // Whoever disposes of the study has looked here before the copy came.
  if (outcome === 'disposed') await coldTier.store.delete(objectKey, signal);
  if (outcome !== 'noted') return outcome;
  logger.info('segment-moved-to-cold-tier', { segmentId });
  return undefined;
}

/** Read from the hot store alone, verified in the spool, put, never over another. */
function copyToCold(
  { database, coldTier, fileSystem, settings, logger }: ColdTierPorts,
  { segmentId, objectKey, sizeBytes, receiptSha256 }: TieredSegment,
  signal: AbortSignal | undefined,
) {
  const ports = {
    database,
    store: coldTier.hot,
    replica: coldTier.store,
    spool: coldTier.spool,
    spoolFolder: coldTier.folder ?? settings.spoolFolder,
    minFreeDiskBytes: settings.minFreeDiskBytes,
    fileSystem,
    logger,
  };
  const object = { kind: 'segment', id: segmentId, objectKey, sizeBytes, sha256: receiptSha256 } as const;
  return replicateObject(ports, object, signal);
}

/**
 * A copy that reads back differently is removed: the hot one is what counts, and it is copied anew the next time. One of an
 * earlier move may be locked: then it stays, and the hot one with it.
 */
async function isWholeThere(
  { database, coldTier, logger }: ColdTierPorts,
  segment: TieredSegment,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { segmentId, objectKey } = segment;
  const { outcome } = await checkSegment(coldTier.store, { ...segment, condition: 'whole' }, signal);
  if (outcome === 'whole') return true;
  logger.error('cold-copy-damaged', { segmentId, objectKey, outcome });
  try {
    await coldTier.store.delete(objectKey, signal);
    await forgetObjectLock(database, { segmentId, place: 'cold' });
  } catch (error) {
    if (!isStorageError(error, 'locked')) throw error;
  }
  return false;
}

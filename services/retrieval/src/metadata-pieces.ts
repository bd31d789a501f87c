/** The DICOM JSON of instances: from the index, and where that has lost it, from the segment that also holds it. */
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import {
  type InstanceLocation,
  listInstancesOfSegment,
  locateInstances,
  readMetadataPieces,
  restoreMetadataPieces,
} from '@sandyq/database';
import { isStorageError, openSegment, readSegmentMetadata } from '@sandyq/storage';
import type { RetrievalDependencies } from './dependencies.ts';
import { type Reader, recordDamage } from './read-entry.ts';

/** The longest DICOM JSON of one instance that is believed. */
const LONGEST_PIECE_BYTES = 256 * 1024 * 1024;

const compress: (text: string, options: { level: number }) => Promise<Buffer> = promisify(gzip);

/**
 * UTF-8 DICOM JSON by SOP Instance UID, with BulkDataURIs relative to the instance (`bulkdata/7FE00010`). Instances
 * that are not active any more are left out. Throws StorageError when a segment that must be read is damaged.
 */
export async function readPieces(
  dependencies: RetrievalDependencies,
  studyKey: number,
  sopInstanceUids: readonly string[],
  reader: Reader,
): Promise<Map<string, Buffer>> {
  const stored = await readMetadataPieces(dependencies.database, studyKey, sopInstanceUids);
  const pieces = new Map<string, Buffer>();
  for (const [uid, json] of stored) {
    const piece = unpacked(json, reader);
    if (piece !== undefined) pieces.set(uid, piece);
  }
  const lost = sopInstanceUids.filter((uid) => !pieces.has(uid));
  if (lost.length > 0) await restore(dependencies, studyKey, lost, { pieces, reader });
  return pieces;
}

/** gzip has a CRC of its own: a piece that does not pass it counts as lost. */
function unpacked(json: Buffer, { logger }: Reader): Buffer | undefined {
  try {
    return gunzipSync(json, { maxOutputLength: LONGEST_PIECE_BYTES });
  } catch (error) {
    logger.warn('metadata-piece-unreadable', { error });
    return undefined;
  }
}

interface Restoration {
  /** What was restored is added here. */
  readonly pieces: Map<string, Buffer>;
  readonly reader: Reader;
}

async function restore(
  dependencies: RetrievalDependencies,
  studyKey: number,
  sopInstanceUids: readonly string[],
  { pieces, reader }: Restoration,
): Promise<void> {
  const locations = await locateInstances(dependencies.database, studyKey, sopInstanceUids);
  for (const members of Map.groupBy(locations, ({ segmentId }) => segmentId).values()) {
    const [first] = members;
    if (first === undefined) continue;
    const texts = await readTexts(dependencies, first, reader);
    for (const { sopInstanceUid, ordinal } of members) {
      const text = texts.get(ordinal);
      if (text !== undefined) pieces.set(sopInstanceUid, Buffer.from(text));
    }
    await putBack(dependencies, first, texts);
    reader.logger.info('metadata-restored', { segmentId: first.segmentId, pieces: texts.size });
  }
}

/** By ordinal; looked up once more if the segment was rewritten meanwhile. */
async function readTexts(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  reader: Reader,
): Promise<Map<number, string>> {
  const { database, store } = dependencies;
  try {
    const { receipt } = await openSegment(store, location.objectKey, { signal: reader.signal });
    return await readSegmentMetadata(store, location.objectKey, receipt, reader.signal);
  } catch (error) {
    const isGone = isStorageError(error, 'not-found');
    const [now] = isGone ? await locateInstances(database, location.studyKey, [location.sopInstanceUid]) : [];
    if (now !== undefined && now.objectKey !== location.objectKey)
      return readTexts(dependencies, now, reader);
    recordDamage(dependencies, { objectKey: location.objectKey }, reader.logger, error);
    throw error;
  }
}

/** All pieces of the segment: the others will be asked for next. */
async function putBack(
  { database }: RetrievalDependencies,
  { studyKey, segmentId }: InstanceLocation,
  texts: ReadonlyMap<number, string>,
): Promise<void> {
  const instances = await listInstancesOfSegment(database, studyKey, segmentId);
  const pieces = [];
  for (const [ordinal, instance] of instances) {
    const text = texts.get(ordinal);
    if (text !== undefined) pieces.push({ ...instance, jsonGzip: await compress(text, { level: 1 }) });
  }
  await restoreMetadataPieces(database, studyKey, pieces);
}

/** The DICOM JSON of instances: from the index, and where that has lost it, from the segment that also holds it. */
import { promisify } from 'node:util';
import { gunzip, gunzipSync, gzip } from 'node:zlib';
import {
  type InstanceLocation,
  listInstancesOfSegment,
  locateInstances,
  readMetadataPieces,
  restoreMetadataPieces,
} from '@sandyq/database';
import { isStorageError, openSegment, readSegmentMetadata } from '@sandyq/storage';
import type { StoredBytes } from './dependencies.ts';
import { type Reader, recordDamage } from './read-entry.ts';

/** The longest DICOM JSON of one instance that is believed: as long as those of a segment together. */
const LONGEST_PIECE_BYTES = 256 * 1024 * 1024;
/** Longer pieces are decompressed beside the event loop; for short ones the way there costs more than the work. */
const LONG_PIECE_BYTES = 32 * 1024;

/** Texts of one page that are decompressed together at most; a page of compressed pieces is a quarter of that. */
const MOST_TOGETHER_BYTES = 8 * 1024 * 1024;
const SHORTEST_MEMBER_BYTES = 18;
/** What zlib takes. */
const SMALLEST_CHUNK_BYTES = 64;

const compress: (text: string, options: { level: number }) => Promise<Buffer> = promisify(gzip);
const decompress: (
  bytes: Buffer,
  options: { maxOutputLength: number; chunkSize?: number },
) => Promise<Buffer> = promisify(gunzip);

/** An instance, and its UTF-8 DICOM JSON; undefined for one that is not active any more. */
export type PieceOf<Instance> = readonly [Instance, Buffer | undefined];

/** Instances of one study whose pieces were read from the index, by SOP Instance UID; what it has lost is left out. */
export interface StoredPieces<Instance> {
  readonly studyKey: number;
  readonly instances: readonly Instance[];
  readonly stored: ReadonlyMap<string, Buffer>;
}

/**
 * UTF-8 DICOM JSON of each instance, in order and one at a time, with BulkDataURIs relative to the instance
 * (`bulkdata/7FE00010`). Throws StorageError when a segment that must be read is damaged.
 */
export async function* readPieces<Instance extends { readonly sopInstanceUid: string }>(
  dependencies: StoredBytes,
  studyKey: number,
  instances: readonly Instance[],
  reader: Reader,
): AsyncGenerator<PieceOf<Instance>> {
  const uids = instances.map(({ sopInstanceUid }) => sopInstanceUid);
  const stored = await readMetadataPieces(dependencies.database, studyKey, uids);
  const groups = unpackedPieces(dependencies, { studyKey, instances, stored }, reader);
  for await (const group of groups) yield* group;
}

/** The same of pieces that were read already: short ones all at once, else one at a time. */
export async function* unpackedPieces<Instance extends { readonly sopInstanceUid: string }>(
  dependencies: StoredBytes,
  { studyKey, instances, stored }: StoredPieces<Instance>,
  reader: Reader,
): AsyncGenerator<readonly PieceOf<Instance>[]> {
  const together = await unpackedTogether(stored);
  const all = instances.map((instance) => [instance, together.get(instance.sopInstanceUid)] as const);
  if (all.every(([, piece]) => piece !== undefined)) {
    yield all;
    return;
  }
  const lost = new Set(
    instances.map(({ sopInstanceUid }) => sopInstanceUid).filter((uid) => !stored.has(uid)),
  );
  const restored = new Map<string, Buffer>();
  for (const [instance, known] of all) {
    const uid = instance.sopInstanceUid;
    const piece = known ?? (await unpacked(stored.get(uid), reader));
    if (piece === undefined && !restored.has(uid)) {
      await restore(dependencies, studyKey, [...lost.add(uid)], { restored, reader });
    }
    yield [[instance, piece ?? restored.get(uid)]];
  }
}

/**
 * Several short pieces in one go: each is a gzip member that says at its end how long its text is. None if that fails: then each is
 * looked at by itself.
 */
async function unpackedTogether(stored: ReadonlyMap<string, Buffer>): Promise<Map<string, Buffer>> {
  const texts = new Map<string, Buffer>();
  const length = stored.values().reduce((sum, json) => sum + textLengthOf(json), 0);
  if (stored.size < 2 || length > MOST_TOGETHER_BYTES) return texts;
  try {
    // One byte more, so that the end is seen without a second buffer.
    const options = { chunkSize: Math.max(length + 1, SMALLEST_CHUNK_BYTES), maxOutputLength: length };
    const all = await decompress(Buffer.concat([...stored.values()]), options);
    let from = 0;
    for (const [uid, json] of stored) texts.set(uid, all.subarray(from, (from += textLengthOf(json))));
    return from === all.length ? texts : new Map();
  } catch {
    return new Map();
  }
}

/** ISIZE of the member (RFC 1952 §2.3.1); 0 for what is no member. */
function textLengthOf(json: Buffer): number {
  return json.length < SHORTEST_MEMBER_BYTES ? 0 : json.readUInt32LE(json.length - 4);
}

/** gzip has a CRC of its own: a piece that does not pass it counts as lost. */
async function unpacked(json: Buffer | undefined, { logger }: Reader): Promise<Buffer | undefined> {
  if (json === undefined) return undefined;
  const options = { maxOutputLength: LONGEST_PIECE_BYTES };
  try {
    return json.length > LONG_PIECE_BYTES ? await decompress(json, options) : gunzipSync(json, options);
  } catch (error) {
    logger.warn('metadata-piece-unreadable', { error });
    return undefined;
  }
}

interface Restoration {
  /** What was found is added here. */
  readonly restored: Map<string, Buffer>;
  readonly reader: Reader;
}

async function restore(
  dependencies: StoredBytes,
  studyKey: number,
  sopInstanceUids: readonly string[],
  { restored, reader }: Restoration,
): Promise<void> {
  const locations = await locateInstances(dependencies.database, studyKey, sopInstanceUids);
  for (const members of Map.groupBy(locations, ({ segmentId }) => segmentId).values()) {
    const [first] = members;
    if (first === undefined) continue;
    const texts = await readTexts(dependencies, first, reader);
    if (texts === undefined) {
      // All of them: the ordinals are others in the segment that they were taken to.
      const moved = members.map(({ sopInstanceUid }) => sopInstanceUid);
      await restore(dependencies, studyKey, moved, { restored, reader });
      continue;
    }
    for (const { sopInstanceUid, ordinal } of members) {
      const text = texts.get(ordinal);
      if (text !== undefined) restored.set(sopInstanceUid, Buffer.from(text));
    }
    await putBack(dependencies, first, texts);
    reader.logger.info('metadata-restored', { segmentId: first.segmentId, pieces: texts.size });
  }
}

/** By ordinal; undefined if the segment was rewritten meanwhile: then its instances are to be located once more. */
async function readTexts(
  dependencies: StoredBytes,
  location: InstanceLocation,
  reader: Reader,
): Promise<Map<number, string> | undefined> {
  const { database, store } = dependencies;
  try {
    const { receipt } = await openSegment(store, location.objectKey, { signal: reader.signal });
    return await readSegmentMetadata(store, location.objectKey, receipt, reader.signal);
  } catch (error) {
    const isGone = isStorageError(error, 'not-found');
    const [now] = isGone ? await locateInstances(database, location.studyKey, [location.sopInstanceUid]) : [];
    if (isGone && now?.objectKey !== location.objectKey) return undefined;
    recordDamage(dependencies, { objectKey: location.objectKey }, reader.logger, error);
    throw error;
  }
}

/** All pieces of the segment: the others will be asked for next. */
async function putBack(
  { database }: StoredBytes,
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

/** Verified bytes of an instance's entry: resolved once more when its segment was rewritten, damage put on record. */
import { type InstanceLocation, locateInstances } from '@sandyq/database';
import {
  type ByteRange,
  isStorageError,
  longestVerifiedRange,
  readEntryRange,
  readEntry as readStored,
} from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import type { Loan } from './answer-buffers.ts';
import type { Damage, StoredBytes } from './dependencies.ts';

/** For whom is read; a request's context is one. */
export interface Reader {
  /** Aborts the reading. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Gives the memory that is read into; default: new memory. Only for bytes that do not outlive the answer. */
  readonly allocate?: (length: number) => Buffer;
}

/** Whoever reads what is sent as it is, and kept by nobody. */
export function sendingReader({ signal, logger }: Reader, { allocate }: Loan): Reader {
  return { signal, logger, allocate };
}

/**
 * The bytes [range.offset, range.offset + range.length) of the entry, all of it by default. Only bytes with the right
 * CRC leave. Throws StorageError: `damaged`, `short-read`, `not-found`, after the log and the metrics know of it.
 */
export async function* readEntry(
  dependencies: StoredBytes,
  location: InstanceLocation,
  reader: Reader,
  range: ByteRange = { offset: 0, length: location.entryLength },
): AsyncGenerator<Uint8Array> {
  let delivered = 0;
  try {
    for await (const chunk of open(dependencies, location, reader, range)) {
      delivered += chunk.length;
      yield chunk;
    }
  } catch (error) {
    // A long answer may outlive the grace of a segment that was rewritten: the rest comes from where it lies now.
    const moved = isStorageError(error, 'not-found') ? await movedTo(dependencies, location) : undefined;
    if (moved === undefined) {
      recordDamage(dependencies, location, reader.logger, error);
      throw error;
    }
    const rest = { offset: range.offset + delivered, length: range.length - delivered };
    yield* readEntry(dependencies, moved, reader, rest);
  }
}

/** A short range comes in one piece. */
async function* open(
  { store, ranges }: StoredBytes,
  location: InstanceLocation,
  { signal, allocate }: Reader,
  range: ByteRange,
): AsyncGenerator<Uint8Array> {
  const entry = referenceOf(location);
  if (ranges === undefined || range.length > longestVerifiedRange) {
    yield* readStored(store, entry, range, signal);
  } else if (range.length > 0) yield await readEntryRange(ranges, entry, range, { signal, allocate });
}

function referenceOf({ objectKey, entryOffset, entryLength, crc32, pixelData }: InstanceLocation) {
  return { key: objectKey, offset: entryOffset, length: entryLength, crc32, pixelData };
}

/** Where the instance lies now, if its segment was rewritten since it was located (design §5). */
async function movedTo(
  { database }: StoredBytes,
  { studyKey, sopInstanceUid, objectKey }: InstanceLocation,
): Promise<InstanceLocation | undefined> {
  const [now] = await locateInstances(database, studyKey, [sopInstanceUid]);
  return now?.objectKey === objectKey ? undefined : now;
}

/** Puts damage of a segment on record; other errors pass. */
export function recordDamage(
  { damagedReads }: StoredBytes,
  place: { readonly objectKey: string; readonly entryOffset?: number; readonly ordinal?: number },
  logger: Logger,
  error: unknown,
): void {
  const kind = damageOf(error);
  if (kind === undefined) return;
  const { objectKey, entryOffset, ordinal } = place;
  damagedReads.add(1, { kind });
  logger.error('damaged', { kind, objectKey, entryOffset, ordinal, error });
}

/** What kind of damage an error tells of; undefined where it is of another kind. */
export function damageOf(error: unknown): Damage | undefined {
  if (isStorageError(error, 'damaged')) return 'damaged';
  if (isStorageError(error, 'short-read')) return 'short-read';
  return isStorageError(error, 'not-found') ? 'missing' : undefined;
}

// Re-reads a whole segment and compares every byte with what the receipt vouches for: fixity, and the check before
// an older copy is given up.
import { isStorageError } from '../errors.ts';
import type { ObjectStore } from '../object-store.ts';
import { type OpenedSegment, openBytes, openSegment } from './open-segment.ts';
import { objectBytes, type SegmentBytes } from './segment-bytes.ts';
import { RegionWalk, type SegmentFault } from './segment-regions.ts';
import { trailerDistanceBytes } from './trailer.ts';

/** What a verification found; whole exactly if `faults` is empty. */
export interface SegmentVerification {
  readonly key: string;
  /** Undefined if not even the receipt can be read. */
  readonly segment: OpenedSegment | undefined;
  readonly faults: readonly SegmentFault[];
}

/** Options of {@link verifySegment}. */
export interface VerifySegmentOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of the bytes read so far, about every chunk; what it returns is waited for, so that it may slow the reading down. */
  readonly onProgress?: ((bytesRead: number, size: number) => Promise<void> | undefined | void) | undefined;
}

/**
 * Reads every byte of a segment: tar headers, padding, SHA-256 and CRCs of each entry, metadata, receipt against
 * key and trailer, end of archive. Damage is data; errors are only that the store could not be read: `not-found`,
 * `unavailable` …, and `invalid-key`, `unsupported-format` for a key of another kind.
 */
export async function verifySegment(
  store: ObjectStore,
  key: string,
  { signal, onProgress }: VerifySegmentOptions = {},
): Promise<SegmentVerification> {
  const source = await objectBytes(store, key, { signal });
  const { segment, faults } = await verifyBytes(
    source,
    () => openSegment(store, key, { size: source.size, signal }),
    onProgress,
  );
  return { key, segment, faults };
}

/** As {@link verifySegment} for any source; `open` reads its receipt. */
export async function verifyBytes(
  source: SegmentBytes,
  open: () => Promise<OpenedSegment> = () => openBytes(source),
  onProgress?: VerifySegmentOptions['onProgress'],
): Promise<Omit<SegmentVerification, 'key'>> {
  let segment: OpenedSegment;
  try {
    segment = await open();
  } catch (error) {
    if (!isStorageError(error, 'damaged') && !isStorageError(error, 'short-read')) throw error;
    const offset = Math.max(0, source.size - trailerDistanceBytes);
    return { segment: undefined, faults: [{ part: 'receipt', offset, message: error.message }] };
  }
  const walk = new RegionWalk(segment);
  let bytesRead = 0;
  for await (const chunk of source.read({ offset: 0, length: source.size })) {
    walk.take(chunk);
    bytesRead += chunk.length;
    const pause = onProgress?.(bytesRead, source.size);
    if (pause !== undefined) await pause;
  }
  if (bytesRead === source.size && walk.complete) return { segment, faults: walk.faults };
  const message = `${bytesRead} bytes came where the receipt implies ${source.size}`;
  return { segment, faults: [...walk.faults, { part: 'end', offset: walk.offset, message }] };
}

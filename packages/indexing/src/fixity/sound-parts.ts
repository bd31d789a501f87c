/**
 * One segment read from several copies, each part from the first copy in which it is whole. So a segment can be rewritten
 * although every copy of it is damaged somewhere, and one whose entries are whole needs no other copy at all.
 */
import { Readable } from 'node:stream';
import type { SegmentToVerify } from '@sandyq/database';
import {
  type ByteRange,
  isStorageError,
  type ObjectStore,
  type OpenedSegment,
  openSegment,
  type SegmentFault,
  type SegmentReceipt,
  StorageError,
} from '@sandyq/storage';
import { checkSegment, type SegmentCheck } from './check-segment.ts';

/** A store that has, or should have, the segment, and what reading it has shown. */
export interface SegmentCopy {
  readonly store: ObjectStore;
  readonly check: SegmentCheck;
}

/** A segment of which every part can be had. */
export interface SoundSegment {
  readonly receipt: SegmentReceipt;
  /** Reads the parts of this segment where they are whole. */
  readonly store: ObjectStore;
}

/** Reads a copy in full. */
export async function examineCopy(
  store: ObjectStore,
  segment: SegmentToVerify,
  signal?: AbortSignal,
): Promise<SegmentCopy> {
  return { store, check: await checkSegment(store, segment, signal) };
}

/** Undefined if no copy has a receipt, or a part is whole in none: `missing` says which. */
export async function findSoundParts(
  copies: readonly SegmentCopy[],
  segment: SegmentToVerify,
): Promise<SoundSegment | { readonly receipt: undefined; readonly missing: string }> {
  const opened = await openAny(copies, segment);
  if (opened === undefined) return { receipt: undefined, missing: 'no copy has its receipt' };
  const { receipt } = opened;
  const usable = copies.filter(({ check }) => check.outcome !== 'missing' && !hasFault(check, 'receipt'));
  const metadataFrom = usable.find(({ check }) => !hasFault(check, 'metadata'));
  if (metadataFrom === undefined) return { receipt: undefined, missing: 'its metadata are whole in no copy' };
  const parts: Part[] = [];
  for (const { ordinal, offset, length } of receipt.entries) {
    const from = usable.find(({ check }) => !hasFault(check, 'entry', ordinal));
    if (from === undefined) return { receipt: undefined, missing: `entry ${ordinal} is whole in no copy` };
    parts.push({ end: offset + length, store: from.store });
  }
  parts.push({ end: Number.POSITIVE_INFINITY, store: metadataFrom.store });
  return { receipt, store: readingParts(metadataFrom.store, parts) };
}

async function openAny(
  copies: readonly SegmentCopy[],
  { objectKey, receiptSha256 }: SegmentToVerify,
): Promise<OpenedSegment | undefined> {
  for (const { store, check } of copies) {
    if (check.outcome === 'missing' || hasFault(check, 'receipt')) continue;
    try {
      const opened = await openSegment(store, objectKey);
      if (opened.receiptSha256 === receiptSha256.toString('hex')) return opened;
    } catch (error) {
      // It was whole a moment ago: then another copy has to serve.
      if (!isStorageError(error, 'damaged') && !isStorageError(error, 'not-found')) throw error;
    }
  }
  return undefined;
}

function hasFault({ faults }: SegmentCheck, part: SegmentFault['part'], ordinal?: number): boolean {
  return faults.some((fault) => fault.part === part && (ordinal === undefined || fault.ordinal === ordinal));
}

/** Consecutive bytes of the segment up to `end`, and where they are whole. */
interface Part {
  readonly end: number;
  readonly store: ObjectStore;
}

/** For reading this one segment; nothing can be written through it. */
function readingParts(store: ObjectStore, parts: readonly Part[]): ObjectStore {
  const refused = (): Promise<never> =>
    Promise.reject(new StorageError('invalid-argument', 'copies of a segment are read only, and by range'));
  return {
    kind: store.kind,
    read: (key, range, signal) =>
      range === undefined ? refused() : Promise.resolve(Readable.from(piecesOf(parts, key, range, signal))),
    stat: (key, signal) => store.stat(key, signal),
    list: (prefix, options) => store.list(prefix, options),
    check: (signal) => store.check(signal),
    putFile: refused,
    putBytes: refused,
    delete: refused,
  };
}

/** A range may go over several parts. */
async function* piecesOf(
  parts: readonly Part[],
  key: string,
  { offset, length }: ByteRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  let position = offset;
  for (const part of parts) {
    const to = Math.min(part.end, offset + length);
    if (to <= position) continue;
    yield* (await part.store.read(
      key,
      { offset: position, length: to - position },
      signal,
    )) as AsyncIterable<Buffer>;
    position = to;
  }
}

// Entries of stored segments, copied bit for bit into one new segment that says so (docs/storage-format.md §9): the one
// way in which compaction, repair and, later, disposition and moves make segments.

import { throwIfAborted } from '../abort.ts';
import { StorageError } from '../errors.ts';
import { blockBoundaries } from './block-boundaries.ts';
import { encodeReceipt, encodeReceiptEntry } from './encode-receipt.ts';
import { entryReference, readEntry } from './read-entry.ts';
import { readSegmentMetadata } from './read-segment-metadata.ts';
import { type OpenSource, openAhead } from './read-sources-ahead.ts';
import type { ReceiptEntry, SegmentHeader, SegmentReceipt } from './receipt.ts';
import type { RewritePorts, RewriteRequest, RewriteSource } from './rewrite-request.ts';
import type { SealedSegment, SegmentWriter } from './segment-writer.ts';

/**
 * Copies the entries in one pass into a sealed segment of the spool, which is to be put, verified and swapped for the
 * sources. Every block is checked by its CRC-32 before it is copied, every entry by its SHA-256; whatever the receipt
 * says of an entry is taken over and compared with what the copy yields. Memory does not depend on the length of the
 * entries; receipts and the metadata of one source are held. Errors: `damaged` naming key and place, `not-found` and
 * the store's others for a source that can't be read; `invalid-argument` for sources that don't fit together or what no
 * receipt can hold; the spool's. Nothing is left in the spool after an error.
 */
export async function rewriteSegments(ports: RewritePorts, request: RewriteRequest): Promise<SealedSegment> {
  const segment = await ports.spool.create(headerOfRewrite(request));
  try {
    for await (const source of openAhead(ports, request)) await copySource(segment, source, request);
    return await segment.seal();
  } catch (error) {
    // What can't be removed now is swept when this process is dead.
    await Promise.allSettled([segment.discard()]);
    throw error;
  }
}

/** These entries and the received parts that they were composed of, in the order of the segment. */
export function withReceivedParts(receipt: SegmentReceipt, ordinals: Iterable<number>): number[] {
  const chosen = new Set(ordinals);
  const uids = new Set(
    receipt.entries.flatMap(({ ordinal, sopInstanceUid }) => (chosen.has(ordinal) ? [sopInstanceUid] : [])),
  );
  const isPart = ({ role, sopInstanceUid }: ReceiptEntry) => role === 'received' && uids.has(sopInstanceUid);
  return receipt.entries
    .filter((entry) => chosen.has(entry.ordinal) || isPart(entry))
    .map(({ ordinal }) => ordinal);
}

/** The receipts under which the entries of a segment were first received: its own, or those that a rewrite carries. */
export function originalsOf(receipt: SegmentReceipt): readonly SegmentReceipt[] {
  return receipt.source.kind === 'received' ? [receipt] : receipt.originals;
}

/** The original segment that certifies an entry of this segment. */
export function originOf(receipt: SegmentReceipt, entry: ReceiptEntry): string {
  return entry.origin ?? receipt.segmentId;
}

/** Facility and device are named where all that is copied has the same. Errors: `invalid-argument`. */
function headerOfRewrite({ sources, principal, receivedAt }: RewriteRequest): SegmentHeader {
  const [first] = sources;
  if (first === undefined || sources.every(({ ordinals }) => ordinals.length === 0)) {
    throw new StorageError('invalid-argument', 'a rewrite copies at least one entry');
  }
  const { studyInstanceUid, seriesInstanceUid } = first.receipt;
  for (const { receipt } of sources) {
    if (receipt.studyInstanceUid === studyInstanceUid && receipt.seriesInstanceUid === seriesInstanceUid)
      continue;
    throw new StorageError('invalid-argument', `segment ${receipt.segmentId} is of another series`);
  }
  const originals = unionOfOriginals(sources);
  const copied = copiedOriginals(sources, originals);
  return {
    studyInstanceUid,
    seriesInstanceUid,
    facility: onlyOne(copied.map(({ facility }) => facility)),
    device: onlyOne(copied.map(({ device }) => device)),
    principal,
    receivedAt,
    source: { kind: 'rewrite', of: sources.map(({ receipt }) => receipt.segmentId) },
    originals: [...originals.values()],
  };
}

/** Each once, in the order of their ids, which is about that of their arrival. */
function unionOfOriginals(sources: readonly RewriteSource[]): Map<string, SegmentReceipt> {
  const originals = new Map<string, SegmentReceipt>();
  for (const original of sources.flatMap(({ receipt }) => originalsOf(receipt))) {
    const known = originals.get(original.segmentId);
    originals.set(original.segmentId, original);
    if (known === undefined || known === original || encodeReceipt(known).equals(encodeReceipt(original)))
      continue;
    throw new StorageError('damaged', `there are two receipts of segment ${original.segmentId}`);
  }
  return new Map([...originals].sort(([left], [right]) => (left < right ? -1 : 1)));
}

function copiedOriginals(
  sources: readonly RewriteSource[],
  originals: ReadonlyMap<string, SegmentReceipt>,
): SegmentReceipt[] {
  const ids = sources.flatMap((source) =>
    chosenEntries(source).map((entry) => originOf(source.receipt, entry)),
  );
  return [...new Set(ids)].flatMap((id) => originals.get(id) ?? []);
}

function onlyOne<Value>(values: readonly Value[]): Value | undefined {
  return new Set(values).size === 1 ? values[0] : undefined;
}

/** Errors: `invalid-argument` for an ordinal that the source does not have. */
function chosenEntries({ receipt, ordinals }: RewriteSource): ReceiptEntry[] {
  return [...new Set(ordinals)]
    .sort((left, right) => left - right)
    .map((ordinal) => {
      const entry = receipt.entries[ordinal - 1];
      if (entry !== undefined) return entry;
      throw new StorageError('invalid-argument', `segment ${receipt.segmentId} has no entry ${ordinal}`);
    });
}

async function copySource(
  segment: SegmentWriter,
  { source, store }: OpenSource,
  { signal, onCopied }: RewriteRequest,
): Promise<void> {
  const { key, receipt } = source;
  const metadata = await readSegmentMetadata(store, key, receipt, signal);
  for (const entry of chosenEntries(source)) {
    throwIfAborted(signal, `the rewrite of ${key}`);
    const line = Buffer.from(metadata.get(entry.ordinal) ?? 'null');
    const bytes = readEntry(store, entryReference(key, entry), undefined, signal);
    await copyEntry(segment, { entry, origin: originOf(receipt, entry), line, bytes, key });
    await segment.syncInPassing();
    await onCopied?.(entry.length);
  }
}

interface CopiedEntry {
  readonly entry: ReceiptEntry;
  readonly origin: string;
  /** Its line in the metadata. */
  readonly line: Buffer;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly key: string;
}

async function copyEntry(
  segment: SegmentWriter,
  { entry, origin, line, bytes, key }: CopiedEntry,
): Promise<void> {
  const { role, sopInstanceUid, received } = entry;
  const writer = await segment.beginEntry({ role, sopInstanceUid, received, origin });
  for (const end of blockBoundaries(entry)) writer.cutAt(end);
  for await (const chunk of bytes) {
    const behind = writer.write(chunk);
    if (behind !== undefined) await behind;
  }
  // Before it is committed: a receipt never certifies other bytes than its original did.
  if (writer.digest() !== entry.sha256) {
    throw new StorageError(
      'damaged',
      `${key}, byte ${entry.offset}: entry ${entry.ordinal} has another SHA-256`,
    );
  }
  const { sopClassUid, transferSyntaxUid, pixelData, bulk, characterSet } = entry;
  const facts = {
    sopInstanceUid,
    sopClassUid,
    transferSyntaxUid,
    pixelData,
    bulk,
    characterSet,
    metadata: line,
  };
  const copy = await writer.commit(facts);
  const { ordinal, name, offset } = copy;
  if (encodeReceiptEntry(copy) === encodeReceiptEntry({ ...entry, ordinal, name, offset, origin })) return;
  throw new StorageError('damaged', `${key}: the copy of entry ${entry.ordinal} is not what was certified`);
}

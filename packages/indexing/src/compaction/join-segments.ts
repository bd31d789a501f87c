/** Joins segments of one series into one: reads their receipts, chooses entries, and has the rewrite installed. */
import { type CompactableSegment, readReferences } from '@sandyq/database';
import { type ObjectStore, type OpenedSegment, openSegment, originalsOf } from '@sandyq/storage';
import { chooseEntries } from '../rewrite/choose-entries.ts';
import { installRewrite } from '../rewrite/install-rewrite.ts';
import type { CompactionPorts } from './compaction-ports.ts';
import { type CompactionLimits, planRewrite } from './plan-compaction.ts';

export interface JoinOptions {
  readonly limits: CompactionLimits;
  /** For the row of the result: the claim that it is made under. */
  readonly compactDue: string;
  /** Told of bytes that were read or copied; what it returns is waited for. */
  readonly pace?: ((bytes: number, signal?: AbortSignal) => Promise<void> | undefined) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `too-late`: the segments were changed meanwhile, and stay. `not-worth-it`: so few fit together that nothing is gained. */
export interface JoinedSegments {
  readonly kind: 'joined' | 'too-late' | 'not-worth-it';
  /** Segments that it was made of. */
  readonly sources: number;
  /** Entries copied, and left out. */
  readonly copied: number;
  readonly leftOut: number;
  /** Bytes of the result. */
  readonly bytes: number;
}

/** Stands in the receipts of what compaction writes. */
const PRINCIPAL = 'archive:compaction';

/** Throws StorageError and DatabaseError; the segments are then as they were. */
export async function joinSegments(
  ports: CompactionPorts,
  planned: readonly CompactableSegment[],
  options: JoinOptions,
): Promise<JoinedSegments> {
  const { limits, compactDue, pace, signal } = options;
  const fitting = await openFitting(ports, planned, options);
  const plan = planRewrite(fitting, limits);
  const opened = plan?.sources ?? [];
  const ids = opened.map(({ receipt }) => receipt.segmentId);
  const origins = opened.flatMap(({ receipt }) => originalsOf(receipt).map(({ segmentId }) => segmentId));
  const references = await readReferences(ports.database, ids, origins);
  const sources = chooseEntries(inOrderOfArrival(opened), references);
  const copied = sources.reduce((count, { ordinals }) => count + ordinals.length, 0);
  if (plan === undefined || copied === 0) {
    return { kind: 'not-worth-it', sources: opened.length, copied: 0, leftOut: 0, bytes: 0 };
  }
  const entries = sources.reduce((count, { receipt }) => count + receipt.entries.length, 0);
  const keepPace = (bytes: number) => pace?.(bytes, signal);
  const installed = await installRewrite(ports, {
    sources,
    principal: PRINCIPAL,
    receivedAt: ports.now().toISOString(),
    onCopied: keepPace,
    onReadBack: keepPace,
    signal,
    compactDue,
    copiedForLittle: plan.copiedForLittle,
  });
  return {
    kind: installed.kind === 'swapped' ? 'joined' : 'too-late',
    sources: sources.length,
    copied,
    leftOut: entries - copied,
    bytes: installed.sizeBytes,
  };
}

/** A planned segment with its receipt. */
type Opened = CompactableSegment &
  Pick<OpenedSegment, 'receipt' | 'receiptLength'> & { readonly key: string };

/** Receipts that are read at a time. */
const OPENED_AT_ONCE = 16;

/** As many of them as one receipt and one metadata entry can describe. */
async function openFitting(
  { store }: CompactionPorts,
  planned: readonly CompactableSegment[],
  { limits, pace, signal }: JoinOptions,
): Promise<Opened[]> {
  const opened: Opened[] = [];
  const room = {
    bytes: limits.segmentBytes,
    receiptBytes: limits.receiptBytes,
    metadataBytes: limits.metadataBytes,
  };
  for (let at = 0; at < planned.length; at += OPENED_AT_ONCE) {
    const some = planned.slice(at, at + OPENED_AT_ONCE);
    const read = await Promise.all(some.map((one) => openPlanned(store, one, signal)));
    await pace?.(
      read.reduce((sum, { receiptLength }) => sum + receiptLength, 0),
      signal,
    );
    for (const segment of read) {
      const { receipt, receiptLength, sizeBytes } = segment;
      // Its entries stand in the new receipt once more, unless the original stands in its own already.
      const describing = receiptLength * (receipt.source.kind === 'received' ? 2 : 1);
      room.bytes -= sizeBytes + (describing - receiptLength);
      room.receiptBytes -= describing;
      room.metadataBytes -= receipt.metadata.length;
      if (Math.min(room.bytes, room.receiptBytes, room.metadataBytes) < 0) return opened;
      opened.push(segment);
    }
  }
  return opened;
}

async function openPlanned(
  store: ObjectStore,
  segment: CompactableSegment,
  signal: AbortSignal | undefined,
): Promise<Opened> {
  const { objectKey: key, sizeBytes: size } = segment;
  const { receipt, receiptLength } = await openSegment(store, key, { size, signal });
  return { ...segment, key, receipt, receiptLength };
}

/** By the time at which the first of their entries was received, then by id. */
function inOrderOfArrival(segments: readonly Opened[]): Opened[] {
  const arrival = ({ receipt }: Opened) =>
    originalsOf(receipt)
      .map(({ receivedAt, segmentId }) => `${receivedAt} ${segmentId}`)
      .reduce((first, other) => (other < first ? other : first));
  const keyed = segments.map((segment) => ({ segment, at: arrival(segment) }));
  return keyed.sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ segment }) => segment);
}

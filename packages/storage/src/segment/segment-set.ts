// The segments that one request has open: one per series it brings, a bounded number at a time.
import { StorageError } from '../errors.ts';
import type { SegmentHeader } from './receipt.ts';
import type { SegmentSpool } from './segment-spool.ts';
import type { SealedSegment, SealingSegment, SegmentWriter } from './segment-writer.ts';

/** When a segment is closed. */
export interface SegmentLimits {
  /** Open segments; the least recently used is sealed for a 65th. */
  readonly openSegments: number;
  /** A segment of this many bytes takes no further entry; a longer instance stands alone. */
  readonly segmentBytes: number;
  /** Entries of a segment: they are indexed in one transaction. */
  readonly entries: number;
  /** Metadata of a segment before compression, and its receipt: they are gathered in memory. */
  readonly metadataBytes: number;
  readonly receiptBytes: number;
  /** Metadata of all open segments before compression; past it the least recently used are sealed. */
  readonly openMetadataBytes: number;
}

/** The limits of the design (64 segments, 256 MiB), and what keeps many small instances from filling the memory. */
export const defaultSegmentLimits: SegmentLimits = {
  openSegments: 64,
  segmentBytes: 256 * 1024 * 1024,
  entries: 1_024,
  metadataBytes: 8 * 1024 * 1024,
  receiptBytes: 4 * 1024 * 1024,
  openMetadataBytes: 16 * 1024 * 1024,
};

/** What became of a segment. A failure concerns the entries of this segment and no other. */
export type SegmentOutcome =
  | { readonly segmentId: string; readonly sealed: SealedSegment }
  | { readonly segmentId: string; readonly error: Error };

/** What a set needs. */
export interface SegmentSetOptions {
  readonly spool: SegmentSpool;
  /** What all segments of the request have in common. */
  readonly header: Omit<SegmentHeader, 'studyInstanceUid' | 'seriesInstanceUid'>;
  readonly limits?: Partial<SegmentLimits>;
  /**
   * Told of each segment as soon as everything is known of it, e.g. to put it once it is sealed, while the request goes on.
   * Where that fails, {@link SegmentOutcome} says so as well.
   */
  readonly onSealing?: (sealing: SealingSegment) => void;
}

/**
 * Open segments by series, least recently used first. One call at a time, as the parts of a request come: an entry is
 * committed or rolled back before the next {@link acquire} and before {@link finish}. For an instance of several
 * entries (received parts, and what is composed of them) acquire once.
 */
export class SegmentSet {
  readonly #options: SegmentSetOptions;
  readonly #limits: SegmentLimits;
  readonly #open = new Map<string, SegmentWriter>();
  /** Full ones whose last entry was still open when another took their place. */
  #full: SegmentWriter[] = [];
  /** The one used last: the others hold nothing in memory but their closing entries. */
  #last: SegmentWriter | undefined;
  readonly #outcomes: SegmentOutcome[] = [];

  constructor(options: SegmentSetOptions) {
    this.#options = options;
    this.#limits = { ...defaultSegmentLimits, ...options.limits };
  }

  /**
   * The segment for the next entry of this series, begun if need be. `expectedBytes` is the entry's length where it
   * is known: it spares moving the entry later. Errors: `busy` if all are in use; those of the spool.
   */
  async acquire(
    studyInstanceUid: string,
    seriesInstanceUid: string,
    expectedBytes = 0,
  ): Promise<SegmentWriter> {
    const segment = await this.#openOrRoll(studyInstanceUid, seriesInstanceUid, expectedBytes);
    await this.#boundMemory(segment);
    if (this.#last !== segment) this.#last?.flushSoon();
    this.#last = segment;
    return segment;
  }

  /** Seals everything and says what became of every segment of the request, in the order of sealing. */
  async finish(): Promise<readonly SegmentOutcome[]> {
    await this.#sealFull();
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map((writer) => this.#seal(writer)));
    return this.#outcomes;
  }

  /** Gives up everything that is not sealed; returns what was sealed already, for the caller to remove or keep. */
  async discard(): Promise<readonly SegmentOutcome[]> {
    const writers = [...this.#full, ...this.#open.values()];
    this.#full = [];
    this.#open.clear();
    await Promise.all(writers.map((writer) => writer.discard()));
    return this.#outcomes;
  }

  async #openOrRoll(
    studyInstanceUid: string,
    seriesInstanceUid: string,
    expectedBytes: number,
  ): Promise<SegmentWriter> {
    await this.#sealFull();
    const series = JSON.stringify([studyInstanceUid, seriesInstanceUid]);
    const known = this.#open.get(series);
    if (known !== undefined) {
      this.#open.delete(series);
      // With an entry still open it is not sealed: beginEntry will refuse, and nothing is lost.
      if (known.busy || !this.#isFull(known, expectedBytes)) {
        this.#open.set(series, known);
        return known;
      }
      await this.#seal(known);
    }
    return this.#begin(series, { ...this.#options.header, studyInstanceUid, seriesInstanceUid });
  }

  #isFull(writer: SegmentWriter, expectedBytes: number): boolean {
    const { segmentBytes, entries, metadataBytes, receiptBytes } = this.#limits;
    const cost = writer.closingCost;
    return (
      writer.size >= segmentBytes ||
      writer.entryCount >= entries ||
      (writer.entryCount > 0 && writer.size + expectedBytes > segmentBytes) ||
      cost.metadataBytes >= metadataBytes ||
      cost.receiptBytes >= receiptBytes
    );
  }

  async #begin(series: string, header: SegmentHeader): Promise<SegmentWriter> {
    if (this.#open.size >= this.#limits.openSegments) await this.#sealLeastRecentlyUsed();
    const writer = await this.#options.spool.create(header, {
      limitBytes: this.#limits.segmentBytes,
      next: () => this.#replace(series, header),
    });
    this.#open.set(series, writer);
    return writer;
  }

  /** An entry grew too long for its segment: another segment takes it, and its own is sealed when it has left. */
  async #replace(series: string, header: SegmentHeader): Promise<SegmentWriter> {
    const full = this.#open.get(series);
    this.#open.delete(series);
    if (full !== undefined) this.#full.push(full);
    return this.#begin(series, header);
  }

  /** Seals the least recently used until what the open segments hold in memory is within its bound. */
  async #boundMemory(current: SegmentWriter): Promise<void> {
    let held = [...this.#open.values()].reduce((sum, writer) => sum + writer.closingCost.metadataBytes, 0);
    for (const [series, writer] of this.#open) {
      if (held < this.#limits.openMetadataBytes) return;
      if (writer.busy || writer === current) continue;
      held -= writer.closingCost.metadataBytes;
      this.#open.delete(series);
      await this.#seal(writer);
    }
  }

  async #sealLeastRecentlyUsed(): Promise<void> {
    for (const [series, writer] of this.#open) {
      if (writer.busy) continue;
      this.#open.delete(series);
      await this.#seal(writer);
      return;
    }
    throw new StorageError('busy', `${this.#open.size} segments of one request have an entry open at once`);
  }

  async #sealFull(): Promise<void> {
    const full = this.#full;
    this.#full = [];
    for (const writer of full) await this.#seal(writer);
  }

  /** Never rejects: the outcome is data. */
  async #seal(writer: SegmentWriter): Promise<void> {
    try {
      if (writer.entryCount === 0) {
        await writer.discard();
        return;
      }
      const sealing = await writer.beginSeal();
      this.#options.onSealing?.(sealing);
      await sealing.sealed;
      this.#outcomes.push({ segmentId: writer.id, sealed: sealing.segment });
    } catch (error) {
      // What can't be removed now is swept when this process is dead.
      await Promise.allSettled([writer.discard()]);
      const reason =
        error instanceof Error ? error : new StorageError('io-error', 'sealing failed', { cause: error });
      this.#outcomes.push({ segmentId: writer.id, error: reason });
    }
  }
}

// One segment while it is written: entries one after the other, then the closing entries, then one fsync.
import { hash } from 'node:crypto';
import { StorageError } from '../errors.ts';
import { encodeReceipt } from './encode-receipt.ts';
import { closingNames, entryName } from './entry-name.ts';
import { type EntryRequest, type EntrySlot, EntryWriter } from './entry-writer.ts';
import { MetadataLines } from './metadata-lines.ts';
import { parseReceipt } from './parse-receipt.ts';
import {
  type MetadataReference,
  maximumReceiptBytes,
  type ReceiptEntry,
  type SegmentHeader,
  type SegmentReceipt,
} from './receipt.ts';
import { buildSegmentKey } from './segment-key.ts';
import { segmentSize } from './segment-layout.ts';
import { type SpoolFile, sealedPathOf } from './spool-file.ts';
import { tarEndBytes, tarHeader, tarHeaderBytes, tarPadding } from './tar-header.ts';
import { encodeTrailer } from './trailer.ts';

/** A segment that is complete and fsynced in the spool, and is no object yet. */
export interface SealedSegment {
  readonly id: string;
  readonly key: string;
  readonly path: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly receipt: SegmentReceipt;
  /** 64 lower-case hex digits. */
  readonly receiptSha256: string;
}

/** A segment of which everything is known, on its way to the disk. */
export interface SealingSegment {
  /** What it is once `sealed` has resolved. */
  readonly segment: SealedSegment;
  /** Rejects with `sync-failed` and the spool's others; the segment can then only be discarded. */
  readonly sealed: Promise<void>;
}

/** What a writer is made of. */
export interface SegmentWriterOptions {
  readonly id: string;
  readonly header: SegmentHeader;
  /** Program and version, for the receipt. */
  readonly software: string;
  readonly file: SpoolFile;
  readonly overflow?: SegmentOverflow | undefined;
  /** Told of every byte that is hashed. */
  readonly onHashed: (bytes: number) => void;
}

/** A disk of 100 MB/s takes them in a twelfth of a second. */
const syncedBytes = 8 * 1024 * 1024;

/** Room in a receipt for what is not entries or originals. */
const receiptReserveBytes = 1024 * 1024;

/** Where an entry goes that makes its segment too long. */
export interface SegmentOverflow {
  /** An entry that is not the first of the segment is moved when the segment passes this many bytes. */
  readonly limitBytes: number;
  /** A fresh segment of the same series. */
  readonly next: () => Promise<SegmentWriter>;
}

/** Writes one segment. Entries come one at a time. */
export class SegmentWriter {
  readonly id: string;
  readonly header: SegmentHeader;
  readonly #options: SegmentWriterOptions;
  readonly #file: SpoolFile;
  readonly #entries: ReceiptEntry[] = [];
  readonly #metadata = new MetadataLines();
  #receiptBytes = 0;
  #openEntry: number | undefined;
  #state: 'open' | 'sealing' | 'sealed' | 'discarded' = 'open';

  /** Use `SegmentSpool.create`. */
  constructor(options: SegmentWriterOptions) {
    this.id = options.id;
    this.header = options.header;
    this.#options = options;
    this.#file = options.file;
    for (const original of options.header.originals ?? [])
      this.#receiptBytes += encodeReceipt(original).length;
  }

  /** Bytes of the entries so far, headers and padding included, closing entries not. */
  get size(): number {
    return this.#file.length;
  }

  /** Committed entries. */
  get entryCount(): number {
    return this.#entries.length;
  }

  /** Whether an entry is open. */
  get busy(): boolean {
    return this.#openEntry !== undefined;
  }

  /** What the closing entries cost so far: bytes of metadata before compression, bytes of the receipt. */
  get closingCost(): { readonly metadataBytes: number; readonly receiptBytes: number } {
    return { metadataBytes: this.#metadata.rawBytes, receiptBytes: this.#receiptBytes };
  }

  /** Starts writing what is gathered in memory, because another segment is written to now. */
  flushSoon(): void {
    if (this.#state === 'open') this.#file.flushSoon();
  }

  /** For who writes much in the background: one fsync of a hundred megabytes holds up those of everybody else. As {@link seal}. */
  syncInPassing(): Promise<void> {
    return this.#file.syncBeyond(syncedBytes);
  }

  /** Begins the next entry. Errors: `invalid-argument` for a UID no name can be made of, or an entry still open. */
  async beginEntry(request: EntryRequest): Promise<EntryWriter> {
    return new EntryWriter(request, await this.#openSlot(request), this.#options.onHashed);
  }

  /**
   * Closes the segment: metadata, receipt, trailer, end of archive, one fsync. At least one entry, none open.
   * Errors: `sync-failed` and the spool's others; the segment can then only be discarded, and is never fsynced again.
   */
  async seal(): Promise<SealedSegment> {
    const { segment, sealed } = await this.beginSeal();
    await sealed;
    return segment;
  }

  /** As {@link seal}, but tells what the segment will be while it is fsynced. Whoever calls it waits for `sealed`. */
  async beginSeal(): Promise<SealingSegment> {
    this.#assertIdle();
    if (this.#entries.length === 0)
      throw new StorageError('invalid-argument', `segment ${this.id} has no entries`);
    this.#state = 'sealing';
    const receipt = this.#buildReceipt(await this.#appendMetadata());
    const bytes = encodeReceipt(receipt);
    parseReceipt(bytes);
    const receiptSha256 = hash('sha256', bytes, 'hex');
    const receiptOffset = await this.#appendEntry(closingNames.receipt, bytes);
    await this.#appendEntry(
      closingNames.trailer,
      encodeTrailer({ receiptOffset, receiptLength: bytes.length, receiptSha256 }),
    );
    await this.#file.append(Buffer.alloc(tarEndBytes));
    if (this.#file.length !== segmentSize(receiptOffset, bytes.length)) {
      throw new StorageError('io-error', `segment ${this.id} has another size than its layout says`);
    }
    await this.#file.flush();
    const path = sealedPathOf(this.#file.path);
    const key = buildSegmentKey(receipt.studyInstanceUid, this.id, receiptSha256);
    return {
      segment: { id: this.id, key, path, size: this.#file.length, receipt, receiptSha256 },
      sealed: this.#sealFile(path),
    };
  }

  /** Gives the segment up and removes its spool file. A second call does nothing. */
  async discard(): Promise<void> {
    if (this.#state === 'discarded') return;
    this.#state = 'discarded';
    this.#metadata.discard();
    await this.#file.discard();
  }

  async #openSlot(request: EntryRequest): Promise<EntrySlot> {
    this.#assertIdle();
    if ((request.origin !== undefined) !== (this.header.source.kind === 'rewrite')) {
      throw new StorageError('invalid-argument', 'an entry names its original in a rewrite, and only there');
    }
    const ordinal = this.#entries.length + 1;
    const name = entryName(ordinal, request.sopInstanceUid, request.role);
    const headerBytes = tarHeaderBytes(name);
    const start = this.#file.length;
    this.#openEntry = ordinal;
    await this.#beginFile(headerBytes);
    return {
      segmentId: this.id,
      file: this.#file,
      ordinal,
      name,
      offset: start + headerBytes,
      isOverfull: (length) => this.#isOverfull(request, start + headerBytes + length),
      moveOn: () => this.#moveOn(request),
      commit: (entry, metadata, receiptBytes) => this.#commit(start, entry, metadata, receiptBytes),
      rollback: async () => {
        this.#openEntry = undefined;
        await this.#file.truncate(start);
      },
    };
  }

  /** Room for the tar header. An entry that can't even begin is not open: its segment has failed for the disk's reason. */
  async #beginFile(headerBytes: number): Promise<void> {
    try {
      await this.#file.append(Buffer.alloc(headerBytes));
    } catch (error) {
      this.#openEntry = undefined;
      throw error;
    }
  }

  /** A received part and what is composed of it stay together, however long they are. */
  #isOverfull({ sopInstanceUid }: EntryRequest, end: number): boolean {
    const { overflow } = this.#options;
    const previous = this.#entries.at(-1);
    return (
      overflow !== undefined &&
      end > overflow.limitBytes &&
      previous !== undefined &&
      previous.sopInstanceUid !== sopInstanceUid
    );
  }

  async #moveOn(request: EntryRequest): Promise<EntrySlot> {
    const next = await this.#options.overflow?.next();
    if (next === undefined) throw new StorageError('invalid-argument', `segment ${this.id} has no next`);
    return next.#openSlot(request);
  }

  async #commit(
    start: number,
    entry: ReceiptEntry,
    metadata: Uint8Array,
    receiptBytes: number,
  ): Promise<void> {
    this.#metadata.assertLine(metadata, entry.role);
    if (this.#receiptBytes + receiptBytes > maximumReceiptBytes - receiptReserveBytes) {
      throw new StorageError('invalid-argument', `the receipt of segment ${this.id} would be too long`);
    }
    await this.#file.append(Buffer.alloc(tarPadding(entry.length)));
    await this.#file.patch(start, tarHeader(entry.name, entry.length));
    await this.#metadata.add(metadata);
    this.#entries.push(entry);
    this.#receiptBytes += receiptBytes;
    this.#openEntry = undefined;
  }

  async #sealFile(path: string): Promise<void> {
    await this.#file.seal(path);
    this.#state = 'sealed';
  }

  async #appendMetadata(): Promise<MetadataReference> {
    const bytes = await this.#metadata.finish();
    const offset = await this.#appendEntry(closingNames.metadata, bytes);
    return { offset, length: bytes.length, sha256: hash('sha256', bytes, 'hex') };
  }

  #buildReceipt(metadata: MetadataReference): SegmentReceipt {
    const { header, software } = this.#options;
    return {
      segmentId: this.id,
      studyInstanceUid: header.studyInstanceUid,
      seriesInstanceUid: header.seriesInstanceUid,
      facility: header.facility,
      device: header.device,
      principal: header.principal,
      receivedAt: header.receivedAt,
      source: header.source,
      originals: header.originals ?? [],
      software,
      encryption: 'none',
      compression: 'none',
      entries: this.#entries,
      metadata,
    };
  }

  /** Appends an entry whose bytes are at hand; returns the offset of its data. */
  async #appendEntry(name: string, bytes: Uint8Array): Promise<number> {
    await this.#file.append(tarHeader(name, bytes.length));
    const offset = this.#file.length;
    await this.#file.append(bytes);
    await this.#file.append(Buffer.alloc(tarPadding(bytes.length)));
    return offset;
  }

  #assertIdle(): void {
    if (this.#state !== 'open') {
      throw new StorageError(
        'invalid-argument',
        `segment ${this.id} is ${this.#state} and takes no more entries`,
      );
    }
    if (this.#openEntry === undefined) return;
    throw new StorageError(
      'invalid-argument',
      `entry ${this.#openEntry} of segment ${this.id} is still open`,
    );
  }
}

// One entry while it is received: hashed and cut into CRC blocks in passing, spooled, then committed or taken back.
import { createHash } from 'node:crypto';
import type { BulkElement, CharacterSetPlan, PixelDataLayout } from '@sandyq/dicom';
import { StorageError } from '../errors.ts';
import { blockBoundaries } from './block-boundaries.ts';
import { CrcBlocks } from './crc-blocks.ts';
import type { EntryRole } from './entry-name.ts';
import { assertReceiptEntry } from './parse-receipt.ts';
import type { ReceiptEntry, ReceivedPart } from './receipt.ts';
import type { SpoolFile } from './spool-file.ts';

/** What must be known of an entry before its first byte is written. */
export interface EntryRequest {
  /** Of the instance that the bytes are, or, for a received part, belong to. */
  readonly sopInstanceUid: string;
  readonly role: EntryRole;
  /** For the role `received`, and only there. */
  readonly received?: ReceivedPart | undefined;
  /** In a rewrite, and only there: id of the original that certifies this entry. */
  readonly origin?: string | undefined;
}

/** What is known of an entry once it has passed. */
export interface EntryFacts {
  /** As in the request; a difference is refused. */
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  /** Undefined if there are none, and if frames can't be told apart. */
  readonly pixelData?: PixelDataLayout | undefined;
  readonly bulk?: readonly BulkElement[] | undefined;
  readonly characterSet: CharacterSetPlan;
  /** UTF-8 DICOM JSON of the instance (PS3.18 Annex F) in one line; `null` for a received part. */
  readonly metadata: Uint8Array;
}

/** The place in a segment that an entry is written to. */
export interface EntrySlot {
  readonly segmentId: string;
  readonly file: SpoolFile;
  readonly ordinal: number;
  readonly name: string;
  /** First byte of the entry's data in the segment. */
  readonly offset: number;
  /** Whether an entry of this length is too much for the segment, and another segment is to be had. */
  isOverfull(length: number): boolean;
  /** The same entry's place in that other segment. */
  moveOn(): Promise<EntrySlot>;
  /** Finishes the entry: padding, tar header, receipt entry, metadata. */
  commit(entry: ReceiptEntry, metadata: Uint8Array, receiptBytes: number): Promise<void>;
  /** Takes back everything since the entry began. */
  rollback(): Promise<void>;
}

/** Writes one entry. One call at a time; whatever is not committed is rolled back or goes with the segment. */
export class EntryWriter {
  readonly #request: EntryRequest;
  #slot: EntrySlot;
  readonly #onHashed: (bytes: number) => void;
  readonly #sha256 = createHash('sha256');
  readonly #crcs = new CrcBlocks();
  #length = 0;
  #state: 'open' | 'committed' | 'rolled-back' = 'open';

  /** Use `SegmentWriter.beginEntry`. */
  constructor(request: EntryRequest, slot: EntrySlot, onHashed: (bytes: number) => void) {
    this.#request = request;
    this.#slot = slot;
    this.#onHashed = onHashed;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Segment that the entry lies in. Changes when a segment rolls under a long entry. */
  get segmentId(): string {
    return this.#slot.segmentId;
  }

  /**
   * Takes the next bytes; nobody may change them afterwards. Returns a promise only when the disk is behind: wait
   * for it before the next call. Errors: `no-space`, `io-error`: the segment can then only be discarded.
   */
  write(chunk: Uint8Array): Promise<void> | undefined {
    this.#assertOpen();
    this.#sha256.update(chunk);
    this.#onHashed(chunk.length);
    this.#crcs.update(chunk);
    const before = this.#length;
    this.#length += chunk.length;
    if (this.#slot.isOverfull(this.#length)) return this.#moveOn(before, chunk);
    return this.#slot.file.append(chunk);
  }

  /**
   * A CRC block ends at this offset of the entry. Tell it before the bytes beyond are written; a cut forgotten or
   * too late costs a second pass over the entry in {@link commit}, nothing else.
   */
  cutAt(offset: number): void {
    this.#crcs.cutAt(offset);
  }

  /** As {@link cutAt}, for the start of native pixel data and the end of each of their frames. */
  framesFrom(offset: number, bitsPerFrame: number, frames: number): void {
    this.#crcs.framesFrom(offset, bitsPerFrame, frames);
  }

  /** The bytes written so far, to carry a refused part into quarantine; followed by {@link rollback}. */
  extract(): AsyncGenerator<Buffer> {
    this.#assertOpen();
    return this.#slot.file.read(this.#slot.offset, this.#length);
  }

  /** SHA-256 of the bytes written so far, 64 lower-case hex digits. */
  digest(): string {
    return this.#sha256.copy().digest('hex');
  }

  /**
   * Makes the entry part of the segment. Errors: `invalid-argument` for facts that can't be certified: then the
   * entry is still open, for {@link extract} and {@link rollback}.
   */
  async commit(facts: EntryFacts): Promise<ReceiptEntry> {
    this.#assertOpen();
    if (facts.sopInstanceUid !== this.#request.sopInstanceUid) {
      throw new StorageError(
        'invalid-argument',
        'an entry is committed as another instance than it was begun as',
      );
    }
    const ends = blockBoundaries({ length: this.#length, pixelData: facts.pixelData });
    const sha256 = this.digest();
    const crcs = await this.#crcsOf(ends, sha256);
    const entry = this.#certify(facts, sha256, crcs);
    await this.#slot.commit(entry, facts.metadata, assertReceiptEntry(entry));
    this.#state = 'committed';
    return entry;
  }

  /** Takes the entry back: the spool ends where it began. */
  async rollback(): Promise<void> {
    this.#assertOpen();
    this.#state = 'rolled-back';
    await this.#slot.rollback();
  }

  #certify(facts: EntryFacts, sha256: string, crcs: Buffer): ReceiptEntry {
    const { received, origin, role, sopInstanceUid } = this.#request;
    const { pixelData, bulk } = facts;
    return {
      ordinal: this.#slot.ordinal,
      name: this.#slot.name,
      role,
      sopInstanceUid,
      sopClassUid: facts.sopClassUid,
      transferSyntaxUid: facts.transferSyntaxUid,
      offset: this.#slot.offset,
      length: this.#length,
      sha256,
      crc32: crcs.toString('base64'),
      characterSet: facts.characterSet,
      ...(pixelData !== undefined && { pixelData }),
      ...(bulk !== undefined && { bulk }),
      ...(received !== undefined && { received }),
      ...(origin !== undefined && { origin }),
    };
  }

  /** The CRCs taken in passing, or, where the cuts turned out to be others, from what the spool holds. */
  async #crcsOf(ends: readonly number[], sha256: string): Promise<Buffer> {
    const crcs = this.#crcs.finish();
    if (equalNumbers(this.#crcs.ends, ends)) return crcs;
    const again = new CrcBlocks();
    for (const end of ends) again.cutAt(end);
    const hash = createHash('sha256');
    for await (const chunk of this.#slot.file.read(this.#slot.offset, this.#length)) {
      hash.update(chunk);
      this.#onHashed(chunk.length);
      again.update(chunk);
    }
    if (hash.digest('hex') !== sha256) {
      throw new StorageError('damaged', `${this.#slot.file.path} does not hold what was written to it`);
    }
    return again.finish();
  }

  async #moveOn(written: number, chunk: Uint8Array): Promise<void> {
    const from = this.#slot;
    const to = await from.moveOn();
    for await (const moved of from.file.read(from.offset, written)) await to.file.append(moved);
    this.#slot = to;
    await from.rollback();
    await to.file.append(chunk);
  }

  #assertOpen(): void {
    if (this.#state === 'open') return;
    throw new StorageError(
      'invalid-argument',
      `the entry of segment ${this.segmentId} is ${this.#state} already`,
    );
  }
}

function equalNumbers(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}

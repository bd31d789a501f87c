/** What the values that the reader does not keep hold, reduced to hashes while they pass. */
import { createHash, type Hash } from 'node:crypto';
import type { BulkStart } from './data-set-builder.ts';
import { paddingByteOf } from './explicit-output.ts';
import { isTextVr } from './text-vr.ts';
import { type WordBytes, WordSwapper } from './word-swapper.ts';

/** The content of one bulk value; bytes are in little endian, except in `value`, which is as it stands in the stream. */
export type BulkContent =
  | { readonly kind: 'value'; readonly value: Uint8Array }
  | { readonly kind: 'long-value'; readonly sha256: Buffer }
  | { readonly kind: 'fragments'; readonly sha256: Buffer };

/** By the offset of the value field. */
export type BulkContents = ReadonlyMap<number, BulkContent>;

/** Up to here in all, values are kept after all that may be text or hidden items. */
const keptBytes = 16 * 1024 * 1024;

interface OpenBulk {
  readonly start: BulkStart;
  readonly hash: Hash;
  readonly swapper: WordSwapper;
  kept: Uint8Array[] | undefined;
}

/** Collects bulk values; give it to the reader as onBulkData. */
export class BulkContentCollector {
  private readonly wordBytesOf: (start: BulkStart) => WordBytes;
  private readonly finished = new Map<number, BulkContent>();
  private open: OpenBulk | undefined;
  private keptBytesLeft = keptBytes;

  /** `wordBytesOf`: size of the big-endian words of a value, 1 = none. */
  constructor(wordBytesOf: (start: BulkStart) => WordBytes) {
    this.wordBytesOf = wordBytesOf;
  }

  /** A piece of a value; pieces of one value come in order and together. */
  add(start: BulkStart, piece: Uint8Array): void {
    let { open } = this;
    if (open?.start.offset !== start.offset) {
      this.close();
      open = this.begin(start);
    }
    if (open.kept === undefined) open.hash.update(open.swapper.push(piece));
    else open.kept.push(Buffer.from(piece));
  }

  /** All values, once the reader has ended. */
  contents(): BulkContents {
    this.close();
    return this.finished;
  }

  private begin(start: BulkStart): OpenBulk {
    const { vr, length } = start;
    const isKept = length !== undefined && length <= this.keptBytesLeft && (vr === 'UN' || isTextVr(vr));
    if (isKept) this.keptBytesLeft -= length;
    const swapper = new WordSwapper(length === undefined ? 1 : this.wordBytesOf(start));
    this.open = { start, hash: createHash('sha256'), swapper, kept: isKept ? [] : undefined };
    return this.open;
  }

  private close(): void {
    if (this.open === undefined) return;
    const { start, hash, swapper, kept } = this.open;
    this.open = undefined;
    const { offset, length, vr } = start;
    if (kept !== undefined) this.finished.set(offset, { kind: 'value', value: Buffer.concat(kept) });
    else {
      hash.update(swapper.end());
      if (length !== undefined && length % 2 === 1) hash.update(Uint8Array.of(paddingByteOf(vr)));
      const sha256 = hash.digest();
      this.finished.set(offset, { kind: length === undefined ? 'fragments' : 'long-value', sha256 });
    }
  }
}

/** What pixel data holds, reduced to one hash while it passes. */
import { createHash } from 'node:crypto';
import type { TransferSyntax } from './transfer-syntax.ts';
import { type WordBytes, WordSwapper } from './word-swapper.ts';

const zeros = new Uint8Array(64 * 1024);

/**
 * Digest of the pixel data of one instance. Native: the bytes in little endian without zeros at the end, which may be
 * padding; the attributes say how many there are, so that no two different images meet. Encapsulated: the compression
 * and the bytes of all fragments one after another.
 */
export class PixelContentHash {
  private readonly hash = createHash('sha256');
  private readonly swapper: WordSwapper;
  private readonly isNative: boolean;
  /** Zeros not hashed yet: what follows decides whether they are the end. */
  private pendingZeros = 0;

  /** `compression` undefined = native. */
  constructor(tag: number, compression: TransferSyntax['compression'] | undefined, wordBytes: WordBytes) {
    this.isNative = compression === undefined;
    this.swapper = new WordSwapper(wordBytes);
    this.hash.update(`${tag.toString(16)} ${compression ?? 'native'}\n`);
  }

  add(piece: Uint8Array): void {
    if (this.isNative) this.addNative(this.swapper.push(piece));
    else this.hash.update(piece);
  }

  digest(): string {
    this.addNative(this.swapper.end());
    return this.hash.digest('hex');
  }

  private addNative(bytes: Uint8Array): void {
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end -= 1;
    if (end > 0) {
      this.hashPendingZeros();
      this.hash.update(bytes.subarray(0, end));
    }
    this.pendingZeros += bytes.length - end;
  }

  private hashPendingZeros(): void {
    while (this.pendingZeros > 0) {
      const count = Math.min(this.pendingZeros, zeros.length);
      this.hash.update(zeros.subarray(0, count));
      this.pendingZeros -= count;
    }
  }
}

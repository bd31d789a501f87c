// CRC-32 of each block of an entry while its bytes pass. The cut points become known on the way: whoever parses the
// stream tells them before the bytes beyond them come by.
import { crc32 } from 'node:zlib';
import { StorageError } from '../errors.ts';
import { maximumBlockBytes, maximumBlocks, nativeFrameEnd } from './block-boundaries.ts';

/** Cuts behind the stream are forgotten when this many have gathered. */
const passedCuts = 4096;

/** Running CRC-32 over blocks. Chunks are read, not kept. */
export class CrcBlocks {
  /** Ends of the blocks that are complete. */
  readonly ends: number[] = [];
  readonly #crcs: number[] = [];
  #position = 0;
  #start = 0;
  #crc = 0;
  #cuts: number[] = [];
  #nextCut = 0;
  #frames = { offset: 0, bitsPerFrame: 0, count: 0, next: 0 };

  /** A block ends at this offset. One that the bytes have already passed is ignored: too late. */
  cutAt(offset: number): void {
    const inOrder = offset >= (this.#cuts.at(-1) ?? 0);
    this.#cuts.push(offset);
    if (inOrder && this.#nextCut < passedCuts) return;
    this.#cuts = this.#cuts.slice(this.#nextCut);
    this.#nextCut = 0;
    if (!inOrder) this.#cuts.sort((left, right) => left - right);
  }

  /** A block ends at `offset` and after each of the native frames that begin there. Errors: `invalid-argument`. */
  framesFrom(offset: number, bitsPerFrame: number, frames: number): void {
    if (!(bitsPerFrame >= 1) || !(frames >= 0) || frames > maximumBlocks) {
      throw new StorageError('invalid-argument', `${frames} frames of ${bitsPerFrame} bits are not possible`);
    }
    this.cutAt(offset);
    this.#frames = { offset, bitsPerFrame, count: frames, next: 0 };
  }

  /** Takes the next bytes of the entry. Errors: `invalid-argument` for too many blocks. */
  update(chunk: Uint8Array): void {
    let from = 0;
    while (from < chunk.length) {
      const cut = this.#upcomingCut();
      const to = Math.min(chunk.length, from + cut - this.#position);
      this.#crc = crc32(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to), this.#crc);
      this.#position += to - from;
      from = to;
      if (this.#position === cut) this.#endBlock();
    }
  }

  /** Ends the last block and returns the list: 4 bytes little-endian for each block. */
  finish(): Buffer {
    if (this.#position > this.#start) this.#endBlock();
    const list = Buffer.allocUnsafe(this.#crcs.length * 4);
    for (const [index, crc] of this.#crcs.entries()) list.writeUInt32LE(crc, index * 4);
    return list;
  }

  #upcomingCut(): number {
    let cut = this.#start + maximumBlockBytes;
    while (this.#nextCut < this.#cuts.length && (this.#cuts[this.#nextCut] ?? 0) <= this.#position) {
      this.#nextCut += 1;
    }
    cut = Math.min(cut, this.#cuts[this.#nextCut] ?? cut);
    return Math.min(cut, this.#upcomingFrameEnd() ?? cut);
  }

  #upcomingFrameEnd(): number | undefined {
    const frames = this.#frames;
    while (frames.next < frames.count) {
      const end = frames.offset + nativeFrameEnd(frames.next, frames.bitsPerFrame);
      if (end > this.#position) return end;
      frames.next += 1;
    }
    return undefined;
  }

  #endBlock(): void {
    if (this.ends.length >= maximumBlocks) {
      throw new StorageError('invalid-argument', `an entry has at most ${maximumBlocks} blocks`);
    }
    this.ends.push(this.#position);
    this.#crcs.push(this.#crc);
    this.#start = this.#position;
    this.#crc = 0;
  }
}

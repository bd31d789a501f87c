/**
 * Inflates a deflated data set (PS3.5 §A.5: raw deflate, RFC 1951) piece by piece. Input goes in in small slices, so that
 * no slice can yield more than about 4 MB before the limit is looked at.
 */
import { Inflate } from 'fflate';
import { DicomError } from './errors.ts';

const sliceBytes = 4096;
/** A stored block gives nothing before its 64 KiB are there; more silence than this means the stream is over. */
const longestSilenceBytes = 256 * 1024;
/** No block type and no end: makes an unfinished stream fail, a finished one ignores it. */
const sentinel = Uint8Array.of(0xff);

/** One deflated stream. Faults of the stream are DicomErrors; what `onOutput` throws passes through. */
export class Inflater {
  private readonly inflate: Inflate;
  private readonly onOutput: (piece: Uint8Array) => void;
  private readonly limitBytes: number;
  private readonly slice = new Uint8Array(sliceBytes);
  private filled = 0;
  private pieces: Uint8Array[] = [];
  private outputBytes = 0;
  private silenceBytes = 0;

  constructor(limitBytes: number, onOutput: (piece: Uint8Array) => void) {
    this.limitBytes = limitBytes;
    this.onOutput = onOutput;
    this.inflate = new Inflate((piece) => this.pieces.push(piece));
  }

  push(chunk: Uint8Array): void {
    let position = 0;
    while (position < chunk.length) {
      const taken = Math.min(chunk.length - position, sliceBytes - this.filled);
      this.slice.set(chunk.subarray(position, position + taken), this.filled);
      this.filled += taken;
      position += taken;
      if (this.filled === sliceBytes) this.flush();
    }
  }

  /** The stream is over. DicomError 'truncated' if its last block is not. */
  finish(): void {
    this.flush();
    try {
      this.inflate.push(sentinel, true);
    } catch (cause) {
      throw new DicomError('truncated', 'The deflated data set ends too early; send the whole instance', {
        cause,
      });
    }
  }

  private flush(): void {
    // A copy: the library keeps what it cannot use yet.
    const slice = this.slice.slice(0, this.filled);
    this.filled = 0;
    if (slice.length === 0) return;
    try {
      this.inflate.push(slice);
    } catch (cause) {
      throw new DicomError('malformed', 'The deflated data set is damaged', { cause });
    }
    const pieces = this.pieces;
    this.pieces = [];
    this.silenceBytes += slice.length;
    for (const piece of pieces) this.emit(piece);
    if (this.silenceBytes > longestSilenceBytes) {
      throw new DicomError('malformed', 'Bytes follow the deflated data set');
    }
  }

  private emit(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.silenceBytes = 0;
    this.outputBytes += piece.length;
    if (this.outputBytes > this.limitBytes) {
      throw new DicomError(
        'limit-exceeded',
        `The deflated data set passes the limit inflatedBytes = ${this.limitBytes}`,
      );
    }
    this.onOutput(piece);
  }
}

/** Comparison with bytes that lie in pieces, without joining them: memcmp costs a tenth of a digest. */

/** A place in bytes that lie in pieces. */
export class PieceCursor {
  readonly #pieces: readonly Buffer[];
  #index = 0;
  #offset = 0;

  constructor(pieces: readonly Buffer[]) {
    this.#pieces = pieces.filter(({ length }) => length > 0);
  }

  /** Goes on behind `bytes` if they are what is next. */
  startsWith(bytes: Buffer): boolean {
    let at = 0;
    while (at < bytes.length) {
      const piece = this.#pieces[this.#index];
      if (piece === undefined) return false;
      const length = Math.min(piece.length - this.#offset, bytes.length - at);
      if (piece.compare(bytes, at, at + length, this.#offset, this.#offset + length) !== 0) return false;
      at += length;
      this.#skip(length);
    }
    return true;
  }

  /** Goes on behind the next `length` bytes. */
  skip(length: number): void {
    let left = length;
    while (left > 0) {
      const piece = this.#pieces[this.#index];
      if (piece === undefined) throw new RangeError(`${left} bytes beyond the end`);
      const step = Math.min(piece.length - this.#offset, left);
      left -= step;
      this.#skip(step);
    }
  }

  isAtEnd(): boolean {
    return this.#index === this.#pieces.length;
  }

  /** Within a piece. */
  #skip(length: number): void {
    this.#offset += length;
    if (this.#offset < (this.#pieces[this.#index]?.length ?? 0)) return;
    this.#index += 1;
    this.#offset = 0;
  }
}

/** Whether `bytes` are these pieces, from first to last. */
export function sameBytes(bytes: Buffer, pieces: readonly Buffer[]): boolean {
  const cursor = new PieceCursor(pieces);
  return cursor.startsWith(bytes) && cursor.isAtEnd();
}

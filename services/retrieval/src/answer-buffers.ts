/**
 * Memory that stored bytes are read into on their way to a client, used again when the client has them. New buffers of
 * half a megabyte each would make V8 mark its whole heap every hundred answers: that costs more than all else.
 */

/** Memory of one answer, or of a part of it. */
export interface Loan {
  /** So many bytes, with whatever is in them. */
  readonly allocate: (length: number) => Buffer;
  /**
   * To be called when nobody reads or writes any of it any more, and not at all where that is not sure: memory that is
   * not given back is simply not used again.
   */
  readonly giveBack: () => void;
}

/** Less is not worth it. */
const LEAST_LENT_BYTES = 32 * 1024;
/** Buffers are as long as a multiple of this. */
const STEP_BYTES = 64 * 1024;
/** Lent to one answer, at most: a long one is sent while it is read, and must not be held together by its loan. */
const MOST_LENT_BYTES = 8 * 1024 * 1024;
/** Kept for the next answers, at most. */
const MOST_KEPT_BYTES = 32 * 1024 * 1024;

/** The memory of a process. */
export class AnswerBuffers {
  /** What is free, by length. */
  readonly #free = new Map<number, Buffer[]>();
  readonly #mostKeptBytes: number;
  #keptBytes = 0;

  constructor(mostKeptBytes: number = MOST_KEPT_BYTES) {
    this.#mostKeptBytes = mostKeptBytes;
  }

  /** Bytes that are kept and free. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Memory for an answer. */
  lend(): Loan {
    const lent: Buffer[] = [];
    let leftBytes = MOST_LENT_BYTES;
    return {
      allocate: (length) => {
        if (length < LEAST_LENT_BYTES || length > leftBytes) return Buffer.allocUnsafeSlow(length);
        leftBytes -= length;
        const buffer = this.#take(Math.ceil(length / STEP_BYTES) * STEP_BYTES);
        lent.push(buffer);
        return buffer.subarray(0, length);
      },
      giveBack: () => {
        leftBytes = 0;
        for (const buffer of lent.splice(0)) this.#keep(buffer);
      },
    };
  }

  #take(length: number): Buffer {
    const kept = this.#free.get(length)?.pop();
    if (kept === undefined) return Buffer.allocUnsafeSlow(length);
    this.#keptBytes -= length;
    return kept;
  }

  #keep(buffer: Buffer): void {
    if (this.#keptBytes + buffer.length > this.#mostKeptBytes) return;
    const same = this.#free.get(buffer.length);
    if (same === undefined) this.#free.set(buffer.length, [buffer]);
    else same.push(buffer);
    this.#keptBytes += buffer.length;
  }
}

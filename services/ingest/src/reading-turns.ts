/**
 * How much of all bodies is read in one turn of the event loop. Reading is hashing: with hundreds of senders a turn would
 * take so long that everybody else, who needs a dozen turns for a search, would wait for seconds.
 */

/** About a millisecond of hashing. */
const BYTES_A_TURN = 256 * 1024;

interface Waiting {
  readonly bytes: number;
  readonly goOn: () => void;
}

/** Shared by all requests of a process. First come, first served. */
export class ReadingTurns {
  readonly #bytesATurn: number;
  readonly #waiting: Waiting[] = [];
  #left: number;
  #isScheduled = false;

  constructor(bytesATurn = BYTES_A_TURN) {
    this.#bytesATurn = bytesATurn;
    this.#left = bytesATurn;
  }

  /** Waits for the turn in which so many bytes may be read; undefined: it is this one. */
  take(bytes: number): Promise<void> | undefined {
    this.#schedule();
    if (this.#left > 0) {
      this.#left -= bytes;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push({ bytes, goOn: resolve }));
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#begin());
  }

  #begin(): void {
    this.#isScheduled = false;
    this.#left = this.#bytesATurn;
    let served = 0;
    for (const { bytes, goOn } of this.#waiting) {
      if (this.#left <= 0) break;
      this.#left -= bytes;
      served += 1;
      goOn();
    }
    if (served === 0) return;
    this.#waiting.splice(0, served);
    this.#schedule();
  }
}

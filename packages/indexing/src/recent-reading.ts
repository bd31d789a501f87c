/** A reading that any number of callers share until it is too old; one that failed is believed by nobody who comes later. */

/** What {@link RecentReading} needs. */
export interface RecentReadingOptions<Value> {
  readonly read: () => Promise<Value>;
  /** How long a reading is believed, in milliseconds. */
  readonly believedMs: number;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: () => number;
}

/** Reads once for all who ask within the time. */
export class RecentReading<Value> {
  readonly #options: RecentReadingOptions<Value>;
  #reading: Promise<Value> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(options: RecentReadingOptions<Value>) {
    this.#options = options;
  }

  /** The last reading, or a new one. Rejects as `read` does. */
  current(): Promise<Value> {
    const { read, believedMs, monotonicMs } = this.#options;
    const now = monotonicMs();
    if (this.#reading === undefined || now - this.#readAt > believedMs) {
      this.#readAt = now;
      const reading = read();
      this.#reading = reading;
      reading.catch(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
    }
    return this.#reading;
  }
}

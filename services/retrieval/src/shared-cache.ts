/** What was made lately, and what is being made: the same is made once for all who ask. Lost with the process, never wrong. */

/** Bounds of a {@link SharedCache}. */
export interface SharedCacheOptions<Value> {
  /** All kept values together; 0 keeps none. */
  readonly mostBytes: number;
  /** What a value takes of memory. */
  readonly bytesOf: (value: Value) => number;
  /** A value larger than this share of all would push too many others out, and is not kept. */
  readonly largestShare?: number;
  /** Told of every change of what is kept. */
  readonly onChange?: (keptBytes: number) => void;
}

const LARGEST_SHARE = 1 / 8;

/**
 * Keys say everything that shapes a value, so that what is kept never has to be looked through; whether somebody may see it
 * is asked before, each time. Values are shared: nobody changes them.
 */
export class SharedCache<Value> {
  readonly #mostBytes: number;
  readonly #bytesOf: (value: Value) => number;
  readonly #largestBytes: number;
  readonly #onChange: (keptBytes: number) => void;
  readonly #kept = new Map<string, { readonly value: Value; readonly bytes: number }>();
  readonly #begun = new Map<string, SharedWork<Value>>();
  #bytes = 0;

  constructor({
    mostBytes,
    bytesOf,
    largestShare = LARGEST_SHARE,
    onChange = ignore,
  }: SharedCacheOptions<Value>) {
    this.#mostBytes = mostBytes;
    this.#largestBytes = mostBytes * largestShare;
    this.#bytesOf = bytesOf;
    this.#onChange = onChange;
  }

  /** Whether its value is kept or being made. */
  has(key: string): boolean {
    return this.#kept.has(key) || this.#begun.has(key);
  }

  /**
   * The value of this key: kept, being made for somebody else, or made now. Making ends when nobody waits for it any
   * more. Throws what `make` throws; the signal's reason.
   */
  async get(key: string, signal: AbortSignal, make: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    signal.throwIfAborted();
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      // The end of the map is what was asked for last.
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept.value;
    }
    return (this.#begun.get(key) ?? this.#begin(key, make)).wait(signal);
  }

  #begin(key: string, make: (signal: AbortSignal) => Promise<Value>): SharedWork<Value> {
    const work = new SharedWork<Value>(
      async (signal) => {
        const value = await make(signal);
        this.#keep(key, value);
        return value;
      },
      () => {
        if (this.#begun.get(key) === work) this.#begun.delete(key);
      },
    );
    this.#begun.set(key, work);
    return work;
  }

  #keep(key: string, value: Value): void {
    const bytes = this.#bytesOf(value);
    if (bytes > this.#largestBytes || this.#kept.has(key)) return;
    this.#kept.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const [oldest, least] of this.#kept) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#kept.delete(oldest);
      this.#bytes -= least.bytes;
    }
    this.#onChange(this.#bytes);
  }
}

/** Work that several wait for; it is given up when none of them does any more. */
class SharedWork<Value> {
  readonly #control = new AbortController();
  readonly #done: Promise<Value>;
  readonly #forget: () => void;
  #waiting = 0;

  constructor(work: (signal: AbortSignal) => Promise<Value>, forget: () => void) {
    this.#forget = forget;
    this.#done = work(this.#control.signal).finally(forget);
    // Those who wait are told; whoever left need not be.
    this.#done.catch(ignore);
  }

  async wait(signal: AbortSignal): Promise<Value> {
    this.#waiting += 1;
    const left = Promise.withResolvers<never>();
    const leave = () => left.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([this.#done, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      this.#waiting -= 1;
      if (this.#waiting === 0 && signal.aborted) {
        // Who comes now begins anew instead of sharing what is given up.
        this.#forget();
        this.#control.abort(signal.reason);
      }
    }
  }
}

function ignore(): undefined {
  return undefined;
}

/** Encoded pictures that were asked for lately, and those that are being made: the same picture is made once. */

/** Bounds of a {@link PictureCache}. */
export interface PictureCacheOptions {
  /** All kept pictures together; 0 keeps none. */
  readonly mostBytes: number;
  /** Told of every change of what is kept. */
  readonly onChange?: (keptBytes: number) => void;
}

/** A picture larger than this share of the cache would push too many others out. */
const LARGEST_SHARE = 1 / 8;

/** Keys say everything that shapes a picture, so that what is kept never has to be looked through. */
export class PictureCache {
  readonly #mostBytes: number;
  readonly #onChange: (keptBytes: number) => void;
  readonly #kept = new Map<string, Buffer>();
  readonly #begun = new Map<string, SharedWork>();
  #bytes = 0;

  constructor({ mostBytes, onChange = ignore }: PictureCacheOptions) {
    this.#mostBytes = mostBytes;
    this.#onChange = onChange;
  }

  /**
   * The picture of this key: kept, being made for somebody else, or made now. Making ends when nobody waits for it any
   * more. Throws what `make` throws; the signal's reason.
   */
  async get(
    key: string,
    signal: AbortSignal,
    make: (signal: AbortSignal) => Promise<Buffer>,
  ): Promise<Buffer> {
    signal.throwIfAborted();
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      // The end of the map is what was asked for last.
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    return (this.#begun.get(key) ?? this.#begin(key, make)).wait(signal);
  }

  #begin(key: string, make: (signal: AbortSignal) => Promise<Buffer>): SharedWork {
    const work = new SharedWork(
      async (signal) => {
        const picture = await make(signal);
        this.#keep(key, picture);
        return picture;
      },
      () => {
        if (this.#begun.get(key) === work) this.#begun.delete(key);
      },
    );
    this.#begun.set(key, work);
    return work;
  }

  #keep(key: string, picture: Buffer): void {
    if (picture.length > this.#mostBytes * LARGEST_SHARE || this.#kept.has(key)) return;
    this.#kept.set(key, picture);
    this.#bytes += picture.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#kept.delete(oldest);
      this.#bytes -= length;
    }
    this.#onChange(this.#bytes);
  }
}

/** Work that several wait for; it is given up when none of them does any more. */
class SharedWork {
  readonly #control = new AbortController();
  readonly #done: Promise<Buffer>;
  readonly #forget: () => void;
  #waiting = 0;

  constructor(work: (signal: AbortSignal) => Promise<Buffer>, forget: () => void) {
    this.#forget = forget;
    this.#done = work(this.#control.signal).finally(forget);
    // Those who wait are told; whoever left need not be.
    this.#done.catch(ignore);
  }

  async wait(signal: AbortSignal): Promise<Buffer> {
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

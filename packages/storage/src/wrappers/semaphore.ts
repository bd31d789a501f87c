// A bounded number of permits with a bounded queue before it, first come first served.
import { abortedError, throwIfAborted } from '../abort.ts';
import { StorageError } from '../errors.ts';

/** Permits for something scarce. */
export class Semaphore {
  readonly #what: string;
  readonly #maximumWaiting: number;
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(options: { readonly what: string; readonly permits: number; readonly maximumWaiting: number }) {
    this.#what = options.what;
    this.#free = options.permits;
    this.#maximumWaiting = options.maximumWaiting;
  }

  /**
   * Waits for a permit and returns the function that gives it back, of which a second call does nothing. `busy` if too
   * many wait already, `aborted` if the caller gives up.
   */
  async acquire(signal: AbortSignal | undefined): Promise<() => void> {
    throwIfAborted(signal, this.#what);
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    let held = true;
    return () => {
      if (held) this.#release();
      held = false;
    };
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.size >= this.#maximumWaiting) {
      throw new StorageError('busy', `${this.#what}: ${this.#waiting.size} calls wait already`);
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(admit);
        if (signal !== undefined) reject(abortedError(signal, this.#what));
      };
      const admit = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#waiting.add(admit);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** A permit goes straight to whoever waits longest. */
  #release(): void {
    const [admit] = this.#waiting;
    if (admit === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(admit);
    admit();
  }
}

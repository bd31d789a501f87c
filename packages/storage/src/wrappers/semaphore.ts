// A bounded number of permits with a bounded queue before it, first come first served.
import { abortedError, throwIfAborted } from '../abort.ts';
import { StorageError } from '../errors.ts';

/** Permits for something scarce. */
export class Semaphore {
  readonly #what: string;
  readonly #maximumWaiting: number;
  readonly #maximumWaitMs: number;
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(options: {
    readonly what: string;
    readonly permits: number;
    readonly maximumWaiting: number;
    /** A call that has waited so long is `busy` too; by default it waits until it is its turn. */
    readonly maximumWaitMs?: number | undefined;
  }) {
    this.#what = options.what;
    this.#free = options.permits;
    this.#maximumWaiting = options.maximumWaiting;
    this.#maximumWaitMs = options.maximumWaitMs ?? 0;
  }

  /**
   * Waits for a permit and returns the function that gives it back, of which a second call does nothing. `busy` if too
   * many wait already or the wait is too long, `aborted` if the caller gives up.
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
      const leave = (error: StorageError): void => {
        this.#waiting.delete(admit);
        done();
        reject(error);
      };
      const onAbort = (): void => {
        if (signal !== undefined) leave(abortedError(signal, this.#what));
      };
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const admit = (): void => {
        done();
        resolve();
      };
      const timer = this.#limitWait(leave);
      this.#waiting.add(admit);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #limitWait(leave: (error: StorageError) => void): NodeJS.Timeout | undefined {
    if (this.#maximumWaitMs === 0) return undefined;
    const message = `${this.#what}: none of the calls before was done within ${this.#maximumWaitMs} ms`;
    return setTimeout(() => leave(new StorageError('busy', message)), this.#maximumWaitMs);
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

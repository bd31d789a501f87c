/** How much memory frames take on their way through the codecs, in all requests of a process together (design §2.10). */
import { HttpError } from '@sandyq/http';

/** Bounds of {@link FrameMemory}. */
export interface FrameMemoryOptions {
  /** Most reserved bytes; who wants more than that gets all of it, alone. */
  readonly mostBytes: number;
  /** Longest wait, milliseconds; then `overloaded`. */
  readonly maxWaitMs: number;
  /** Most that wait; one more is `overloaded` at once. */
  readonly mostWaiting: number;
  /** Told of every change of what is reserved. */
  readonly onChange?: (reservedBytes: number) => void;
}

interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

const RETRY_SECONDS = 5;

/** Gives out bytes in the order of asking: a request that wants several at a time never waits for its own. */
export class FrameMemory {
  readonly #options: FrameMemoryOptions;
  readonly #waiting = new Set<Waiting>();
  #reserved = 0;

  constructor(options: FrameMemoryOptions) {
    this.#options = options;
  }

  /**
   * Waits until so many bytes are free; resolves with what gives them back, of which a second call does nothing.
   * @throws HttpError 'overloaded' (503 with Retry-After); the signal's reason
   */
  async reserve(wantedBytes: number, signal: AbortSignal): Promise<() => void> {
    const bytes = Math.min(wantedBytes, this.#options.mostBytes);
    await this.#enter(bytes, signal);
    let isHeld = true;
    return () => {
      if (isHeld) this.#change(-bytes);
      isHeld = false;
      this.#letIn();
    };
  }

  async #enter(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { mostWaiting, maxWaitMs } = this.#options;
    if (this.#waiting.size >= mostWaiting) throw overloaded();
    const turn = Promise.withResolvers<undefined>();
    const waiting: Waiting = { bytes, enter: () => turn.resolve(undefined) };
    this.#waiting.add(waiting);
    this.#letIn();
    const giveUp = (reason: unknown): void => {
      // Who waited behind it may fit.
      if (this.#waiting.delete(waiting)) this.#letIn();
      turn.reject(reason);
    };
    const timer = setTimeout(() => giveUp(overloaded()), maxWaitMs);
    const abort = () => giveUp(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await turn.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  #letIn(): void {
    for (const waiting of this.#waiting) {
      if (this.#reserved + waiting.bytes > this.#options.mostBytes) return;
      this.#waiting.delete(waiting);
      this.#change(waiting.bytes);
      waiting.enter();
    }
  }

  #change(bytes: number): void {
    this.#reserved += bytes;
    this.#options.onChange?.(this.#reserved);
  }
}

function overloaded(): HttpError {
  return new HttpError('overloaded', 'The archive is converting as many frames as it can. Try again later.', {
    retryAfterSeconds: RETRY_SECONDS,
  });
}

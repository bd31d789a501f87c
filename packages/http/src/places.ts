/** A bounded number of places, and a fair queue before them: next is whoever's sender has the fewest. */
import { HttpError } from './errors.ts';

/** Bounds of {@link Places}. */
export interface PlacesOptions {
  /** Places in all. */
  readonly places: number;
  /** Places that one sender has at most; default: all. */
  readonly mostOfOne?: number;
  /** Longest wait for one, milliseconds; then `overloaded`. 0: nobody waits. */
  readonly maxWaitMs: number;
  /** Most that wait; one more is `overloaded` at once. */
  readonly maxWaiting: number;
  /** What who finds none is told: a sentence. */
  readonly refusal: string;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: () => number;
}

/** Who wants to enter. */
export interface Entrant {
  readonly sender: string;
  /**
   * Takes what is needed beside the place; false if that is not there, and then nothing was taken. Asked as often as
   * something may have become free.
   */
  readonly take: () => boolean;
  /** Aborted when it gives up. */
  readonly signal?: AbortSignal | undefined;
}

interface Waiting extends Entrant {
  readonly since: number;
  readonly enter: () => void;
}

const RETRY_SECONDS = 5;

/** Counts who is in, lets the others wait. */
export class Places {
  readonly #options: PlacesOptions;
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #free: number;

  constructor(options: PlacesOptions) {
    this.#options = options;
    this.#free = options.places;
  }

  /** Places taken. */
  get taken(): number {
    return this.#options.places - this.#free;
  }

  /** Waits for a place; resolves with what gives it back, of which a second call does nothing. */
  async enter(entrant: Entrant): Promise<() => void> {
    await this.#wait(entrant);
    let isIn = true;
    return () => {
      if (isIn) this.#leave(entrant.sender);
      isIn = false;
    };
  }

  async #wait(entrant: Entrant): Promise<void> {
    const { maxWaiting, maxWaitMs, monotonicMs } = this.#options;
    if (this.#waiting.size >= maxWaiting) throw this.#overloaded();
    const turn = Promise.withResolvers<undefined>();
    const waiting: Waiting = { ...entrant, since: monotonicMs(), enter: () => turn.resolve(undefined) };
    this.#waiting.add(waiting);
    this.#letIn();
    const giveUp = (): void => {
      if (this.#waiting.delete(waiting)) turn.reject(this.#overloaded());
    };
    if (maxWaitMs === 0) giveUp();
    const timer = setTimeout(giveUp, maxWaitMs);
    entrant.signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await turn.promise;
    } finally {
      clearTimeout(timer);
      entrant.signal?.removeEventListener('abort', giveUp);
    }
  }

  #leave(sender: string): void {
    this.#free += 1;
    const left = (this.#taken.get(sender) ?? 1) - 1;
    if (left > 0) this.#taken.set(sender, left);
    else this.#taken.delete(sender);
    this.#letIn();
  }

  #letIn(): void {
    while (this.#free > 0) {
      const next = this.#candidates().find(({ take }) => take());
      if (next === undefined) return;
      this.#waiting.delete(next);
      this.#free -= 1;
      this.#taken.set(next.sender, (this.#taken.get(next.sender) ?? 0) + 1);
      next.enter();
    }
  }

  /** The fairest first. Nobody passes one that has waited for half of its time: much room must be free at once for it. */
  #candidates(): readonly Waiting[] {
    const { maxWaitMs, monotonicMs, places, mostOfOne = places } = this.#options;
    const taken = ({ sender }: Waiting): number => this.#taken.get(sender) ?? 0;
    const waiting = [...this.#waiting].filter((one) => taken(one) < mostOfOne);
    const [oldest] = waiting;
    if (oldest === undefined) return [];
    if (maxWaitMs > 0 && monotonicMs() - oldest.since > maxWaitMs / 2) return [oldest];
    return waiting.sort((left, right) => taken(left) - taken(right));
  }

  #overloaded(): HttpError {
    return new HttpError('overloaded', this.#options.refusal, { retryAfterSeconds: RETRY_SECONDS });
  }
}

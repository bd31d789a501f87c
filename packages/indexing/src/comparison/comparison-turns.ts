/** A few at a time, and a bounded number that waits. */
import { ComparisonError } from '../errors.ts';

export interface TurnLimits {
  readonly atOnce: number;
  /** One more is refused. */
  readonly mostWaiting: number;
}

/** Who comes first is first. */
export class ComparisonTurns {
  readonly #limits: TurnLimits;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** Does the work when it is its turn. Throws ComparisonError('busy') where too many wait, and the signal's reason. */
  async take<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    signal.throwIfAborted();
    if (this.#running < this.#limits.atOnce) this.#running += 1;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  /** Resolves with a turn that somebody else gave up. */
  #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.#limits.mostWaiting) {
      throw new ComparisonError('busy', `${this.#waiting.size} comparisons wait already`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const begin = () => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    };
    const giveUp = () => {
      this.#waiting.delete(begin);
      reject(signal.reason);
    };
    this.#waiting.add(begin);
    signal.addEventListener('abort', giveUp, { once: true });
    return promise;
  }

  #pass(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

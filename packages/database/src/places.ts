/** Places for what may take long, so that it never has all connections of a process: the rest wait in line, first come first served. */
import { DatabaseError } from './errors.ts';

export interface PlacesOptions {
  /** So many at once; at least 1. */
  readonly places: number;
  /** Who has waited so long is refused. Milliseconds. */
  readonly longestWaitMs: number;
}

export class Places {
  readonly #options: PlacesOptions;
  readonly #line = new Set<() => void>();
  #free: number;

  constructor(options: PlacesOptions) {
    this.#options = options;
    this.#free = options.places;
  }

  /** Does the work once there is a place. Throws DatabaseError `unavailable` where none became free in time. */
  async hold<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #wait(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { places, longestWaitMs } = this.#options;
    const enter = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      this.#line.delete(enter);
      reject(new DatabaseError('unavailable', `none of ${places} searches ended within ${longestWaitMs} ms`));
    }, longestWaitMs);
    this.#line.add(enter);
    return promise;
  }

  /** The place goes straight to whoever waits longest. */
  #leave(): void {
    const [enter] = this.#line;
    if (enter === undefined) {
      this.#free += 1;
      return;
    }
    this.#line.delete(enter);
    enter();
  }
}

/** A value that prints as stars: in logs, in JSON, in the debugger. */
import { inspect } from 'node:util';

const STARS = '***';

/** Holds a secret; only {@link Secret.reveal} gives it away, so that every use can be found. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    Object.freeze(this);
  }

  /** The value itself: for the client that needs it, never for a message. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return STARS;
  }

  toJSON(): string {
    return STARS;
  }

  [inspect.custom](): string {
    return STARS;
  }
}

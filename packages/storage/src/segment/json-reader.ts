// Typed access to parsed JSON that is not trusted: every step says what it expects and where it is.
import { StorageError } from '../errors.ts';

/** A JSON value and its place in the document. Every method throws `damaged` when the value is not of its kind. */
export class JsonReader {
  readonly #value: unknown;
  readonly #name: string | number;
  readonly #parent: JsonReader | undefined;

  constructor(value: unknown, name: string | number, parent?: JsonReader) {
    this.#value = value;
    this.#name = name;
    this.#parent = parent;
  }

  /** A field of an object; an absent one is read as undefined. */
  field(name: string): JsonReader {
    if (typeof this.#value !== 'object' || this.#value === null || Array.isArray(this.#value)) {
      throw this.#unexpected('an object');
    }
    const value: unknown = Object.hasOwn(this.#value, name) ? Reflect.get(this.#value, name) : undefined;
    return new JsonReader(value, name, this);
  }

  /** The result of `read`, or undefined where the field is absent. */
  optional<Result>(read: (reader: JsonReader) => Result): Result | undefined {
    return this.#value === undefined ? undefined : read(this);
  }

  /** The result of `read`, or undefined where the value is null. */
  nullable<Result>(read: (reader: JsonReader) => Result): Result | undefined {
    return this.#value === null ? undefined : read(this);
  }

  /** The elements of an array, each read by `read`. */
  list<Result>(read: (reader: JsonReader) => Result): Result[] {
    if (!Array.isArray(this.#value)) throw this.#unexpected('an array');
    return this.#value.map((value: unknown, index) => read(new JsonReader(value, index, this)));
  }

  /** An array of exactly two counts. */
  pair(): readonly [number, number] {
    if (Array.isArray(this.#value) && this.#value.length === 2) {
      const [first, second]: unknown[] = this.#value;
      if (isCount(first) && isCount(second)) return [first, second];
    }
    throw this.#unexpected('two whole numbers');
  }

  /** A whole number from 0 to 2^53 - 1. */
  count(): number {
    if (!isCount(this.#value)) throw this.#unexpected('a whole number');
    return this.#value;
  }

  /** A string of whole Unicode characters, of this form if one is given. */
  text(pattern?: RegExp): string {
    if (
      typeof this.#value !== 'string' ||
      !this.#value.isWellFormed() ||
      pattern?.test(this.#value) === false
    ) {
      throw this.#unexpected(pattern === undefined ? 'a string' : `a string like ${pattern.source}`);
    }
    return this.#value;
  }

  /** One of these strings. */
  oneOf<const Choice extends string>(...choices: readonly Choice[]): Choice {
    const found = choices.find((choice) => choice === this.#value);
    if (found === undefined) throw this.#unexpected(choices.join(' or '));
    return found;
  }

  /** True or false. */
  boolean(): boolean {
    if (typeof this.#value !== 'boolean') throw this.#unexpected('true or false');
    return this.#value;
  }

  /** The value true, for members that are absent otherwise. */
  true(): true {
    if (this.#value !== true) throw this.#unexpected('true');
    return true;
  }

  #unexpected(what: string): StorageError {
    return new StorageError('damaged', `${this.#path()} is not ${what}`);
  }

  #path(): string {
    if (this.#parent === undefined) return String(this.#name);
    const name = typeof this.#name === 'number' ? `[${this.#name}]` : `.${this.#name}`;
    return `${this.#parent.#path()}${name}`;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/**
 * Reads JSON text (RFC 8259) in place: numbers keep the digits they were written with, and nothing is built that was not
 * asked for. Not a general parser: it knows what a reader of DICOM JSON needs.
 */
import { DicomError } from './errors.ts';

/** Deepest nesting that is skipped over. */
const deepestSkip = 1_000;

const literals = ['true', 'false', 'null'] as const;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const whitespace = /[ \t\n\r]*/y;
/** Everything but a quote, a backslash and control characters. */
const plainString = /[ !#-[\]-\uffff]*/y;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** What kind of value comes next. */
export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'true' | 'false' | 'null';

/** A place in JSON text. Every method throws DicomError 'malformed' where the text is not what it expects. */
export class JsonCursor {
  readonly #text: string;
  /** Index of the next character. May be set back to a place that was passed. */
  position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The kind of the value that comes next, without reading it. */
  peek(): JsonKind {
    this.#skipSpace();
    const letter = this.#text[this.position];
    switch (letter) {
      case '{':
        return 'object';
      case '[':
        return 'array';
      case '"':
        return 'string';
      case 't':
      case 'f':
      case 'n':
        return letter === 't' ? 'true' : letter === 'f' ? 'false' : 'null';
      default:
        if (letter !== undefined && /[-\d]/.test(letter)) return 'number';
        throw this.#malformed('a value');
    }
  }

  /** Whether a (sticky) pattern matches what comes next. */
  looksAt(pattern: RegExp): boolean {
    pattern.lastIndex = this.position;
    return pattern.test(this.#text);
  }

  /** Reads an object; `member` must read the value of each name. */
  object(member: (name: string) => void): void {
    this.#expect('{');
    if (this.#takes('}')) return;
    do {
      this.#skipSpace();
      const name = this.string();
      this.#expect(':');
      member(name);
    } while (this.#takes(','));
    this.#expect('}');
  }

  /** Reads an array; `element` must read each of its values. */
  array(element: () => void): void {
    this.#expect('[');
    if (this.#takes(']')) return;
    do element();
    while (this.#takes(','));
    this.#expect(']');
  }

  /** Reads a string. */
  string(): string {
    this.#expect('"');
    let text = '';
    while (true) {
      text += this.#match(plainString) ?? '';
      const letter = this.#text[this.position];
      this.position += 1;
      if (letter === '"') return text;
      if (letter !== '\\') throw this.#malformed('the end of a string');
      text += this.#escape();
    }
  }

  /** Reads a number and returns its digits. */
  number(): string {
    this.#skipSpace();
    const digits = this.#match(number);
    if (digits === undefined || digits === '') throw this.#malformed('a number');
    return digits;
  }

  /** Reads `null`, `true` or `false`. */
  literal(): void {
    this.#skipSpace();
    const literal = literals.find((each) => this.#text.startsWith(each, this.position));
    if (literal === undefined) throw this.#malformed('a literal');
    this.position += literal.length;
  }

  /** Reads a value of any kind and forgets it. */
  skip(depth = 0): void {
    if (depth > deepestSkip) throw this.#malformed('fewer levels');
    const kind = this.peek();
    if (kind === 'string') this.string();
    else if (kind === 'number') this.number();
    else if (kind === 'array') this.array(() => this.skip(depth + 1));
    else if (kind === 'object') this.object(() => this.skip(depth + 1));
    else this.literal();
  }

  /** Nothing but white space may follow. */
  end(): void {
    this.#skipSpace();
    if (this.position < this.#text.length) throw this.#malformed('its end');
  }

  #escape(): string {
    const letter = this.#text[this.position] ?? '';
    this.position += 1;
    const plain = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    if (plain !== undefined) return plain;
    const digits = this.#text.slice(this.position, this.position + 4);
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#malformed('an escape');
    this.position += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #expect(letter: string): void {
    if (!this.#takes(letter)) throw this.#malformed(`"${letter}"`);
  }

  #takes(letter: string): boolean {
    this.#skipSpace();
    if (this.#text[this.position] !== letter) return false;
    this.position += 1;
    return true;
  }

  #skipSpace(): void {
    // Most often there is none.
    if (this.#text.charCodeAt(this.position) <= 0x20) this.#match(whitespace);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.#text)?.[0];
    if (match !== undefined) this.position += match.length;
    return match;
  }

  /** Says where, never what: the text is patient data. */
  #malformed(expected: string): DicomError {
    return new DicomError(
      'malformed',
      `The JSON text is not what it should be at character ${this.position}: ${expected} is expected`,
    );
  }
}

/**
 * Finds the data sets in a body of DICOM JSON (PS3.18 §F.2.1) while it streams by: an array of objects, or one object. What
 * is between their braces is not looked at but for strings and braces; readDicomJson does that, one data set at a time.
 */
import { DicomError } from './errors.ts';

/** Where a data set stands in the body. */
export interface JsonRange {
  readonly offset: number;
  readonly length: number;
}

const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const utf8Mark = [0xef, 0xbb, 0xbf] as const;

type Place = 'start' | 'array' | 'data-set' | 'after-data-set' | 'after-comma' | 'end';

/** Splits one body. */
export class JsonArraySplitter {
  readonly #longest: number;
  #place: Place = 'start';
  #isArray = false;
  #position = 0;
  #begun = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  /** @param longest most bytes of one data set */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /**
   * The next bytes; returns the data sets that end in them. Throws DicomError 'malformed' where it is no JSON array of
   * objects, 'limit-exceeded' for a data set that is too long: those before stand.
   */
  push(chunk: Uint8Array): JsonRange[] {
    const found: JsonRange[] = [];
    const base = this.#position;
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index] ?? 0;
      this.#position = base + index + 1;
      if (this.#place !== 'data-set') this.#between(byte);
      else if (this.#within(byte)) found.push(this.#ended());
    }
    this.#assertLength();
    return found;
  }

  /** The body has ended. Throws DicomError 'truncated'. */
  end(): void {
    if (this.#place !== 'end') throw new DicomError('truncated', 'The JSON ends before its end');
  }

  /** Whether the byte ends the data set. */
  #within(byte: number): boolean {
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === backslash) this.#isEscaped = true;
      else if (byte === quote) this.#isInString = false;
    } else if (byte === quote) this.#isInString = true;
    else if (byte === openBrace) this.#depth += 1;
    else if (byte === closeBrace) {
      this.#depth -= 1;
      return this.#depth === 0;
    }
    return false;
  }

  #ended(): JsonRange {
    this.#assertLength();
    this.#place = this.#isArray ? 'after-data-set' : 'end';
    return { offset: this.#begun, length: this.#position - this.#begun };
  }

  #between(byte: number): void {
    if (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) return;
    if (this.#place === 'start' && byte === utf8Mark[this.#position - 1]) return;
    if (
      byte === openBrace &&
      (this.#place === 'start' || this.#place === 'array' || this.#place === 'after-comma')
    ) {
      this.#place = 'data-set';
      this.#begun = this.#position - 1;
      this.#depth = 1;
    } else if (byte === openBracket && this.#place === 'start') {
      this.#isArray = true;
      this.#place = 'array';
    } else if (byte === comma && this.#place === 'after-data-set') this.#place = 'after-comma';
    else if (byte === closeBracket && (this.#place === 'array' || this.#place === 'after-data-set'))
      this.#place = 'end';
    else {
      throw new DicomError('malformed', 'The metadata are not a JSON array of objects (PS3.18 §F.2.1)', {
        offset: this.#position - 1,
      });
    }
  }

  #assertLength(): void {
    if (this.#place !== 'data-set' || this.#position - this.#begun <= this.#longest) return;
    throw new DicomError('limit-exceeded', `A data set has more than ${this.#longest} bytes of JSON`, {
      offset: this.#begun,
    });
  }
}

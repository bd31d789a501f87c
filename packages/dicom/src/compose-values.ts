/**
 * Values as DICOM JSON and the Native DICOM Model write them (PS3.18 §F.2.3, PS3.19 §A.1.6), as a value field in Explicit
 * VR Little Endian and UTF-8. Numbers come as the text they had, so that none loses a digit.
 */
import { DicomError } from './errors.ts';
import type { Tag } from './tag.ts';
import { isTextVr } from './text-vr.ts';
import type { Vr } from './vr.ts';

/** VRs with exactly one value, in which a backslash is a letter (PS3.5 §6.2); writers that took it for a delimiter send several. */
const singleValued: ReadonlySet<Vr> = new Set<Vr>(['LT', 'ST', 'UR', 'UT']);

const firstBytes = 64;

/** Gathers the values of one element. */
export class ValueEncoder {
  readonly #tag: Tag;
  readonly #vr: Vr;
  readonly #isText: boolean;
  #text = '';
  #bytes: Buffer = Buffer.alloc(0);
  #used = 0;
  #count = 0;

  /** For a VR that has values: not SQ, and none of bytes (OB, OW …, UN). */
  constructor(tag: Tag, vr: Vr) {
    this.#tag = tag;
    this.#vr = vr;
    this.#isText = isTextVr(vr);
  }

  /** Values so far, empty ones too. */
  get count(): number {
    return this.#count;
  }

  /** The next value; '' = an empty one among others (PS3.18 §F.2.5). Throws DicomError 'malformed'. */
  add(value: string): void {
    if (this.#isText) this.#addText(value);
    else this.#addNumber(value);
    this.#count += 1;
  }

  /** The value field, without padding. */
  finish(): Buffer {
    return this.#isText ? Buffer.from(this.#text, 'utf8') : this.#bytes.subarray(0, this.#used);
  }

  #addText(value: string): void {
    const isSingle = singleValued.has(this.#vr);
    if (!isSingle && value.includes('\\')) throw this.#malformed('has a backslash within a value');
    if (!value.isWellFormed()) throw this.#malformed('has half a surrogate pair');
    const text = this.#vr === 'IS' ? integerText(value) : value;
    this.#text += this.#count === 0 ? text : `\\${text}`;
  }

  #addNumber(value: string): void {
    const write = writers[this.#vr];
    if (write === undefined) throw this.#malformed(`has values, which ${this.#vr} has not`);
    this.#reserve(8);
    const length = value === '' ? undefined : write(this.#bytes, this.#used, value);
    if (length === undefined) throw this.#malformed(`has a value that is none of ${this.#vr}`);
    this.#used += length;
  }

  #reserve(length: number): void {
    if (this.#bytes.length - this.#used >= length) return;
    const grown = Buffer.alloc(Math.max(firstBytes, 2 * this.#bytes.length));
    this.#bytes.copy(grown);
    this.#bytes = grown;
  }

  #malformed(what: string): DicomError {
    return new DicomError('malformed', `The element ${what}`, { tag: this.#tag });
  }
}

/** JSON has no whole numbers: `5.0` and `1e2` are some. */
function integerText(value: string): string {
  if (!/[.eE]/.test(value)) return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? String(number) : value;
}

/** Writes a value and returns its length in bytes; undefined if the text is none. */
type Writer = (bytes: Buffer, offset: number, text: string) => number | undefined;

const writers: Readonly<Partial<Record<Vr, Writer>>> = {
  US: integer(16, false),
  SS: integer(16, true),
  UL: integer(32, false),
  SL: integer(32, true),
  UV: integer(64, false),
  SV: integer(64, true),
  FL: (bytes, offset, text) => {
    const number = floatOf(text);
    return number === undefined ? undefined : bytes.writeFloatLE(number, offset) - offset;
  },
  FD: (bytes, offset, text) => {
    const number = floatOf(text);
    return number === undefined ? undefined : bytes.writeDoubleLE(number, offset) - offset;
  },
  AT: (bytes, offset, text) => {
    if (!/^[0-9a-f]{8}$/i.test(text)) return undefined;
    bytes.writeUInt16LE(Number.parseInt(text.slice(0, 4), 16), offset);
    return bytes.writeUInt16LE(Number.parseInt(text.slice(4), 16), offset + 2) - offset;
  },
};

function integer(bits: 16 | 32 | 64, isSigned: boolean): Writer {
  const lowest = isSigned ? -(2n ** BigInt(bits - 1)) : 0n;
  const highest = 2n ** BigInt(isSigned ? bits - 1 : bits) - 1n;
  return (bytes, offset, text) => {
    const value = wholeNumber(text);
    if (value === undefined || value < lowest || value > highest) return undefined;
    if (bits === 64) bytes.writeBigUInt64LE(BigInt.asUintN(64, value), offset);
    else if (bits === 32) bytes.writeUInt32LE(Number(BigInt.asUintN(32, value)), offset);
    else bytes.writeUInt16LE(Number(BigInt.asUintN(16, value)), offset);
    return bits / 8;
  };
}

/** Digits of the longest 64-bit number and a sign, with room for zeros; BigInt of millions of digits would take minutes. */
const longestInteger = 64;

function wholeNumber(text: string): bigint | undefined {
  if (text.length > longestInteger) return undefined;
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.replace(/^\+/, ''));
  const number = Number(text);
  return /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) && Number.isSafeInteger(number)
    ? BigInt(number)
    : undefined;
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** What is no number is written 'NaN', 'inf' and '-inf' (PS3.18 §F.2.3); XML Schema and JavaScript write it otherwise. */
function floatOf(text: string): number | undefined {
  if (decimal.test(text)) return Number(text);
  const special = /^([+-]?)(nan|inf|infinity)$/i.exec(text);
  if (special === null) return undefined;
  if (special[2]?.toLowerCase() === 'nan') return Number.NaN;
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** The bytes of InlineBinary (PS3.18 §F.2.7): base64, in which XML may break lines. Undefined if it is none. */
export function bytesOfBase64(text: string): Buffer | undefined {
  const digits = /\s/.test(text) ? text.replace(/\s+/g, '') : text;
  if (digits.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(digits, 'base64');
  // Node drops what is no base64; the length tells that it did, the pattern where letters stand for others.
  const padding = digits.endsWith('==') ? 2 : digits.endsWith('=') ? 1 : 0;
  const isWhole = bytes.length === (digits.length / 4) * 3 - padding;
  return isWhole && !/[^A-Za-z0-9+/=]/.test(digits) ? bytes : undefined;
}

/**
 * Code extension (PS3.5 §6.1.2.4, §6.1.2.5): text in which escape sequences designate character sets to G0 (bytes
 * below 80) and G1 (bytes above). Delimiters and control characters bring back the sets of the start.
 *
 * Lenient: any set DICOM has may be designated, to G0 or G1, declared or not; what was met is reported.
 */
import { asciiSet, finalBytes, type GraphicSet, graphicSetOf, romajiSet } from './graphic-sets.ts';
import { type DecodedText, decodeLatin1 } from './text-encoding.ts';

/** Which characters end the reach of an escape sequence: of names \ ^ =, of other values \, of text none of these. */
export type TextKind = 'name' | 'value' | 'text';

/** What is designated before the first escape sequence and after each delimiter. */
export interface InitialSets {
  readonly g0: GraphicSet;
  /** undefined: bytes above 7F mean nothing until a set is designated. */
  readonly g1: GraphicSet | undefined;
}

/** Text decoded with code extension. */
export interface ExtendedText extends DecodedText {
  /** ISO-IR numbers designated by escape sequences; empty: there was no escape sequence DICOM knows. */
  readonly designated: ReadonlySet<number>;
}

/** Decodes bytes that no designated set explains; undefined = can't either. */
export type UndesignatedDecoder = (bytes: Uint8Array) => string | undefined;

const escape = 0x1b;
const [backslash, caret, equals] = [0x5c, 0x5e, 0x3d];

/** Decodes text with code extension; never throws. Undefined bytes become U+FFFD unless `undesignated` reads them. */
export function decodeIso2022(
  bytes: Uint8Array,
  kind: TextKind,
  initial: InitialSets,
  undesignated: UndesignatedDecoder = () => undefined,
): ExtendedText {
  const reading = new Iso2022Reading(initial, undesignated);
  let runStart = 0;
  let index = 0;
  while (index < bytes.length) {
    const byte = bytes[index] ?? 0;
    const designation = byte === escape ? designationAt(bytes, index) : undefined;
    if (designation !== undefined) {
      reading.addRun(bytes.subarray(runStart, index));
      reading.designate(designation);
      index += designation.length;
      runStart = index;
    } else if (isFirstOfTwo(bytes, index, reading.g0)) {
      index += 2; // its second byte may look like a delimiter
    } else if (byte < 0x20 || isDelimiter(byte, kind)) {
      reading.addRun(bytes.subarray(runStart, index));
      reading.addDelimiter(byte);
      index++;
      runStart = index;
    } else {
      index++;
    }
  }
  reading.addRun(bytes.subarray(runStart));
  return reading;
}

class Iso2022Reading implements ExtendedText {
  text = '';
  complete = true;
  readonly designated = new Set<number>();
  g0: GraphicSet;
  private g1: GraphicSet | undefined;
  private readonly initial: InitialSets;
  private readonly undesignated: UndesignatedDecoder;

  constructor(initial: InitialSets, undesignated: UndesignatedDecoder) {
    this.initial = initial;
    this.undesignated = undesignated;
    this.g0 = initial.g0;
    this.g1 = initial.g1;
  }

  designate({ set, half }: Designation): void {
    this.designated.add(set.ir);
    if (half === 'G0') this.g0 = set;
    else this.g1 = set;
  }

  /** A delimiter or control character; an escape sequence DICOM doesn't know counts as one. */
  addDelimiter(byte: number): void {
    if (byte === escape) this.complete = false;
    this.text += String.fromCharCode(byte);
    this.g0 = this.initial.g0;
    this.g1 = this.initial.g1;
  }

  /** Bytes between two escape sequences or delimiters. */
  addRun(run: Uint8Array): void {
    if (run.length === 0) return;
    // The usual case in one piece: so CP949 and GBK, whose second bytes may be below 80, are read too.
    if (this.g0 === asciiSet && this.g1 !== undefined) this.add(this.g1.encoding.decode(run));
    else for (const piece of splitHalves(run)) this.addHalf(piece);
  }

  private addHalf(piece: Uint8Array): void {
    if ((piece[0] ?? 0) < 0x80) this.add(decodeG0(piece, this.g0));
    else if (this.g1 !== undefined) this.add(this.g1.encoding.decode(piece));
    else {
      this.complete = false;
      this.text += this.undesignated(piece) ?? '\uFFFD'.repeat(piece.length);
    }
  }

  private add({ text, complete }: DecodedText): void {
    this.text += text;
    if (!complete) this.complete = false;
  }
}

/** A set designated to one half of the code table by an escape sequence of `length` bytes. */
interface Designation {
  readonly set: GraphicSet;
  readonly half: 'G0' | 'G1';
  readonly length: number;
}

/** The designation an escape sequence at `index` makes; undefined if it is none of DICOM's. */
function designationAt(bytes: Uint8Array, index: number): Designation | undefined {
  const [first, second, third] = decodeLatin1(bytes, index + 1, Math.min(index + 4, bytes.length)).split('');
  if (first === '(') return designation(finalBytes.single94, second, 'G0', 3);
  if (first === ')') return designation(finalBytes.single94, second, 'G1', 3);
  if (first === '-') return designation(finalBytes.single96, second, 'G1', 3);
  if (first !== '$') return undefined;
  if (second === '(') return designation(finalBytes.double94, third, 'G0', 4);
  if (second === ')') return designation(finalBytes.double94, third, 'G1', 4);
  return designation(finalBytes.double94, second, 'G0', 3);
}

function designation(
  finals: Readonly<Record<string, number>>,
  final: string | undefined,
  half: 'G0' | 'G1',
  length: number,
): Designation | undefined {
  const ir = final === undefined || !Object.hasOwn(finals, final) ? undefined : finals[final];
  const set = ir === undefined ? undefined : graphicSetOf(ir);
  return set === undefined ? undefined : { set, half, length };
}

function isDelimiter(byte: number, kind: TextKind): boolean {
  if (kind === 'text') return false;
  return byte === backslash || (kind === 'name' && (byte === caret || byte === equals));
}

/** Whether a two-byte character of G0 starts here. */
function isFirstOfTwo(bytes: Uint8Array, index: number, g0: GraphicSet): boolean {
  return g0.bytesPerCharacter === 2 && isGraphic(bytes[index]) && isGraphic(bytes[index + 1]);
}

function isGraphic(byte: number | undefined): boolean {
  return byte !== undefined && byte > 0x20 && byte < 0x7f;
}

/** Cuts a run where it changes between bytes below and above 80. */
function splitHalves(run: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (let index = 1; index <= run.length; index++) {
    if (index < run.length && (run[index] ?? 0) >= 0x80 === (run[start] ?? 0) >= 0x80) continue;
    pieces.push(run.subarray(start, index));
    start = index;
  }
  return pieces;
}

/** Bytes below 80 in the set of G0: the set's upper-half form is what its encoding reads. Spaces stay spaces. */
function decodeG0(piece: Uint8Array, g0: GraphicSet): DecodedText {
  if (g0 === asciiSet || g0 === romajiSet) return g0.encoding.decode(piece);
  return g0.encoding.decode(piece.map((byte) => (isGraphic(byte) ? byte | 0x80 : byte)));
}

/**
 * Typed access to kept values (PS3.5 §6.2). The `read…` functions tell absent, empty and invalid apart; the `…Of`
 * functions give the values or undefined. Text in character sets is decoded by whoever passes `decode`.
 */
import type { ByteOrder, DataSet, Element } from './data-set.ts';
import { implicitVrOf } from './implicit-vr.ts';
import type { Tag } from './tag.ts';
import { trimUid } from './uid.ts';
import type { Vr } from './vr.ts';

/** Absent: no element. Empty: length 0 or only padding. Invalid: not of its VR, or not kept (bulk). */
export type Reading<T> =
  | { readonly state: 'absent' | 'empty' | 'invalid' }
  | { readonly state: 'values'; readonly values: readonly T[] };

/** Turns a text value's bytes into its values, padding removed. */
export type DecodeText = (bytes: Uint8Array, vr: Vr) => readonly string[];

interface Binary {
  readonly size: number;
  read(view: DataView, offset: number, littleEndian: boolean): number;
}

const absent = { state: 'absent' } as const;
const empty = { state: 'empty' } as const;
const invalid = { state: 'invalid' } as const;

const integers: Partial<Record<Vr, Binary>> = {
  US: { size: 2, read: (view, offset, little) => view.getUint16(offset, little) },
  SS: { size: 2, read: (view, offset, little) => view.getInt16(offset, little) },
  UL: { size: 4, read: (view, offset, little) => view.getUint32(offset, little) },
  SL: { size: 4, read: (view, offset, little) => view.getInt32(offset, little) },
  UV: { size: 8, read: (view, offset, little) => Number(view.getBigUint64(offset, little)) },
  SV: { size: 8, read: (view, offset, little) => Number(view.getBigInt64(offset, little)) },
  AT: {
    size: 4,
    read: (view, offset, little) =>
      view.getUint16(offset, little) * 0x10000 + view.getUint16(offset + 2, little),
  },
};

const floats: Partial<Record<Vr, Binary>> = {
  FL: { size: 4, read: (view, offset, little) => view.getFloat32(offset, little) },
  FD: { size: 8, read: (view, offset, little) => view.getFloat64(offset, little) },
};

/** Text VRs whose value is one text, backslashes and leading spaces included (PS3.5 §6.2). */
const singleTexts: ReadonlySet<Vr> = new Set<Vr>(['LT', 'ST', 'UT', 'UR']);
const texts: ReadonlySet<Vr> = new Set<Vr>([
  ...singleTexts,
  ...(['AE', 'AS', 'CS', 'DA', 'DS', 'DT', 'IS', 'LO', 'PN', 'SH', 'TM', 'UC', 'UI'] as const),
]);

/** Whole numbers: IS, US, SS, UL, SL, UV, SV (up to 2^53) and AT (as tags). */
export function readIntegers(dataSet: DataSet, tag: Tag, byteOrder?: ByteOrder): Reading<number> {
  return readNumbers(dataSet, tag, byteOrder, integers, /^[+-]?\d{1,12}$/, Number.isSafeInteger);
}

/** Numbers: DS, FL, FD and all whole numbers. NaN and infinities are values of FL and FD. */
export function readFloats(dataSet: DataSet, tag: Tag, byteOrder?: ByteOrder): Reading<number> {
  const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
  return readNumbers(dataSet, tag, byteOrder, { ...integers, ...floats }, decimal, () => true);
}

/** Texts of any character VR. Without `decode` bytes are taken as ISO 8859-1: right for VRs without a character set. */
export function readStrings(dataSet: DataSet, tag: Tag, decode: DecodeText = decodeLatin1): Reading<string> {
  const found = valueOf(dataSet, tag);
  if (!('value' in found)) return found;
  if (!texts.has(found.vr)) return invalid;
  const values = decode(found.value, found.vr);
  return values.every((text) => text === '') ? empty : { state: 'values', values };
}

/** First whole number; undefined if absent, empty or invalid. */
export function intOf(dataSet: DataSet, tag: Tag, byteOrder?: ByteOrder): number | undefined {
  return firstOf(readIntegers(dataSet, tag, byteOrder));
}

/** Whole numbers; undefined if absent, empty or invalid. */
export function intsOf(dataSet: DataSet, tag: Tag, byteOrder?: ByteOrder): readonly number[] | undefined {
  return valuesOf(readIntegers(dataSet, tag, byteOrder));
}

/** Numbers; undefined if absent, empty or invalid. */
export function floatsOf(dataSet: DataSet, tag: Tag, byteOrder?: ByteOrder): readonly number[] | undefined {
  return valuesOf(readFloats(dataSet, tag, byteOrder));
}

/** Texts; undefined if absent, empty or invalid. */
export function stringsOf(dataSet: DataSet, tag: Tag, decode?: DecodeText): readonly string[] | undefined {
  return valuesOf(readStrings(dataSet, tag, decode));
}

/** First text; undefined if absent, empty or invalid. */
export function stringOf(dataSet: DataSet, tag: Tag, decode?: DecodeText): string | undefined {
  return firstOf(readStrings(dataSet, tag, decode));
}

/** The one UID of an element, padding removed; undefined if absent, empty, several or no UI. Its form is not checked. */
export function uidOf(dataSet: DataSet, tag: Tag): string | undefined {
  const uids = stringsOf(dataSet, tag);
  return uids?.length === 1 ? uids[0] : undefined;
}

/** Items of a sequence; undefined if it is absent or no sequence. */
export function itemsOf(dataSet: DataSet, tag: Tag): readonly DataSet[] | undefined {
  return dataSet.elements.get(tag)?.items;
}

function readNumbers(
  dataSet: DataSet,
  tag: Tag,
  byteOrder: ByteOrder | undefined,
  binaries: Partial<Record<Vr, Binary>>,
  pattern: RegExp,
  isValid: (value: number) => boolean,
): Reading<number> {
  const found = valueOf(dataSet, tag);
  if (!('value' in found)) return found;
  const { value, vr } = found;
  if (vr === 'IS' || vr === 'DS') {
    const parts = decodeLatin1(value, vr);
    if (parts.every((part) => part === '')) return empty;
    return parts.every((part) => pattern.test(part))
      ? { state: 'values', values: parts.map(Number) }
      : invalid;
  }
  const binary = binaries[vr];
  if (binary === undefined || value.length % binary.size !== 0) return invalid;
  const order = found.isUnknown ? 'little' : (byteOrder ?? dataSet.byteOrder ?? 'little');
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const values = Array.from({ length: value.length / binary.size }, (_, index) =>
    binary.read(view, index * binary.size, order === 'little'),
  );
  return values.every(isValid) ? { state: 'values', values } : invalid;
}

/** Bytes and VR of a value that is there. UN of a known tag is implicit VR little endian (PS3.5 §6.2.2). */
function valueOf(
  dataSet: DataSet,
  tag: Tag,
): Reading<never> | { readonly value: Uint8Array; readonly vr: Vr; readonly isUnknown: boolean } {
  const element: Element | undefined = dataSet.elements.get(tag);
  if (element === undefined) return absent;
  if (element.length === 0) return empty;
  if (element.value === undefined) return invalid;
  if (element.vr !== 'UN') return { value: element.value, vr: element.vr, isUnknown: false };
  const vr = implicitVrOf(tag, (other) => (other === tag ? undefined : intOf(dataSet, other)));
  return { value: element.value, vr, isUnknown: true };
}

function valuesOf<T>(reading: Reading<T>): readonly T[] | undefined {
  return reading.state === 'values' ? reading.values : undefined;
}

function firstOf<T>(reading: Reading<T>): T | undefined {
  return reading.state === 'values' ? reading.values[0] : undefined;
}

function decodeLatin1(bytes: Uint8Array, vr: Vr): readonly string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (vr === 'UI') return text.split('\\').map(trimUid);
  if (singleTexts.has(vr)) return [text.replace(/[ \0]+$/, '')];
  return text.split('\\').map((part) => part.replace(/^ +|[ \0]+$/g, ''));
}

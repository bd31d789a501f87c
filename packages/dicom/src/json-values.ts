/** Values of numeric and binary VRs in the DICOM JSON Model (PS3.18 §F.2.3, §F.2.7). */
import type { ByteOrder } from './data-set.ts';
import { tagToHex } from './tag.ts';
import type { Vr } from './vr.ts';
import { swapWords, wordBytesOf } from './word-swapper.ts';

type NumericVr = 'AT' | 'FD' | 'FL' | 'SL' | 'SS' | 'SV' | 'UL' | 'US' | 'UV';

/** Bytes of one value. */
const valueBytes = {
  AT: 4,
  FD: 8,
  FL: 4,
  SL: 4,
  SS: 2,
  SV: 8,
  UL: 4,
  US: 2,
  UV: 8,
} as const satisfies Record<NumericVr, number>;

/** Whether values of this VR are binary numbers or tags. */
export function isNumericVr(vr: Vr): vr is NumericVr {
  return vr in valueBytes;
}

/** False if bytes of a numeric VR can't be its values because some would be left over. */
export function isWholeNumbers(bytes: Uint8Array, vr: Vr): boolean {
  return !isNumericVr(vr) || bytes.length % valueBytes[vr] === 0;
}

/**
 * Binary numbers as JSON values: numbers, tags as 'GGGGEEEE', 64-bit integers beyond 2^53 as decimal strings (§F.2.3),
 * floating point values that are no numbers as 'NaN', 'inf' and '-inf'. Bytes after the last whole value are padding
 * or damage and left out.
 */
export function jsonNumbers(bytes: Uint8Array, vr: NumericVr, byteOrder: ByteOrder): (number | string)[] {
  const size = valueBytes[vr];
  const count = Math.floor(bytes.length / size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittle = byteOrder === 'little';
  const read = readers[vr];
  const values: (number | string)[] = [];
  for (let index = 0; index < count; index++) values.push(read(view, index * size, isLittle));
  return values;
}

type Reader = (view: DataView, offset: number, isLittle: boolean) => number | string;

const readers: Readonly<Record<NumericVr, Reader>> = {
  US: (view, offset, isLittle) => view.getUint16(offset, isLittle),
  SS: (view, offset, isLittle) => view.getInt16(offset, isLittle),
  UL: (view, offset, isLittle) => view.getUint32(offset, isLittle),
  SL: (view, offset, isLittle) => view.getInt32(offset, isLittle),
  UV: (view, offset, isLittle) => safeInteger(view.getBigUint64(offset, isLittle)),
  SV: (view, offset, isLittle) => safeInteger(view.getBigInt64(offset, isLittle)),
  FL: (view, offset, isLittle) => finite(view.getFloat32(offset, isLittle)),
  FD: (view, offset, isLittle) => finite(view.getFloat64(offset, isLittle)),
  AT: (view, offset, isLittle) =>
    tagToHex(view.getUint16(offset, isLittle) * 0x10000 + view.getUint16(offset + 2, isLittle)),
};

function safeInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function finite(value: number): number | string {
  if (Number.isFinite(value)) return withoutSign(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'inf' : '-inf';
}

/** -0 is 0 in JSON text. */
function withoutSign(value: number): number {
  return value === 0 ? 0 : value;
}

const integerString = /^[+-]?\d+$/;
const decimalString = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * A value of IS or DS as number. As text where it is none, or where a number would not hold it: integers beyond 2^53,
 * decimals beyond the range of a double (§F.2.3 allows strings for both VRs).
 */
export function numberOrText(text: string, vr: 'DS' | 'IS'): number | string {
  if (!(vr === 'IS' ? integerString : decimalString).test(text)) return text;
  const number = Number(text);
  return (vr === 'IS' ? Number.isSafeInteger(number) : Number.isFinite(number)) ? withoutSign(number) : text;
}

/** The value field in base64, in little endian byte order (PS3.5 §7.3 says which bytes that turns). */
export function inlineBinaryOf(bytes: Uint8Array, vr: Vr, byteOrder: ByteOrder): string {
  const ordered = byteOrder === 'little' ? bytes : swapWords(bytes, wordBytesOf(vr));
  return Buffer.from(ordered.buffer, ordered.byteOffset, ordered.length).toString('base64');
}

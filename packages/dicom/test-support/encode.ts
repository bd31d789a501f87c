/** Writes data sets for tests, faults included: nothing is padded, sorted or checked. */
import { TransferSyntaxes } from '../src/transfer-syntax.ts';
import { hasLongLength, isVr } from '../src/vr.ts';

/** How to write elements; the default is explicit VR little endian. */
export interface Style {
  readonly explicitVr?: boolean;
  readonly littleEndian?: boolean;
}

const undefinedLength = 0xffffffff;

/** Header and value; `length` overrides the declared length. */
export function element(
  tag: number,
  vr: string,
  value: string | Uint8Array = '',
  style: Style = {},
  length?: number,
): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  return Buffer.concat([header(tag, vr, length ?? bytes.length, style), bytes]);
}

/** A sequence of items, defined or undefined lengths throughout. */
export function sequence(
  tag: number,
  items: readonly Uint8Array[],
  style: Style & { readonly defined?: boolean; readonly vr?: string } = {},
): Buffer {
  const inner = Buffer.concat(items.map((item) => itemOf(item, style)));
  if (style.defined === true) return element(tag, style.vr ?? 'SQ', inner, style);
  const end = marker(0xfffee0dd, 0, style);
  return Buffer.concat([header(tag, style.vr ?? 'SQ', undefinedLength, style), inner, end]);
}

/** Encapsulated pixel data: offset table, fragments, delimiter. */
export function encapsulated(
  table: readonly number[],
  fragments: readonly Uint8Array[],
  tag = 0x7fe00010,
): Buffer {
  const offsets = Buffer.alloc(table.length * 4);
  for (const [index, offset] of table.entries()) offsets.writeUInt32LE(offset, index * 4);
  const items = [offsets, ...fragments].map((bytes) =>
    Buffer.concat([marker(0xfffee000, bytes.length), bytes]),
  );
  return Buffer.concat([header(tag, 'OB', undefinedLength), ...items, marker(0xfffee0dd, 0)]);
}

/** An item, delimiter or its like: tag and 32-bit length. */
export function marker(tag: number, length: number, { littleEndian = true }: Style = {}): Buffer {
  const bytes = Buffer.alloc(8);
  writeTag(bytes, tag, littleEndian);
  if (littleEndian) bytes.writeUInt32LE(length, 4);
  else bytes.writeUInt32BE(length, 4);
  return bytes;
}

/** Preamble, prefix, meta group with a right group length, data set. */
export function part10(
  dataSet: Uint8Array,
  transferSyntaxUid: string | undefined = TransferSyntaxes.ExplicitVRLittleEndian.uid,
  more: readonly Uint8Array[] = [],
): Buffer {
  const syntax =
    transferSyntaxUid === '' ? Buffer.alloc(0) : element(0x00020010, 'UI', even(transferSyntaxUid));
  const group = Buffer.concat([...more, syntax]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(group.length);
  const prefix = Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element(0x00020000, 'UL', length)]);
  return Buffer.concat([prefix, group, dataSet]);
}

/** The four identifying elements, in tag order, with what goes between and after them. */
export function identifiable(style: Style = {}, ...after: readonly Uint8Array[]): Buffer {
  return Buffer.concat([
    element(0x00080016, 'UI', even('1.2.840.10008.5.1.4.1.1.7'), style),
    element(0x00080018, 'UI', even('1.2.3.4.1'), style),
    element(0x0020000d, 'UI', even('1.2.3.4.2'), style),
    element(0x0020000e, 'UI', even('1.2.3.4.3'), style),
    ...after,
  ]);
}

/** A 16-bit number's bytes. */
export function uint16(value: number, { littleEndian = true }: Style = {}): Buffer {
  const bytes = Buffer.alloc(2);
  if (littleEndian) bytes.writeUInt16LE(value);
  else bytes.writeUInt16BE(value);
  return bytes;
}

function itemOf(item: Uint8Array, style: Style & { readonly defined?: boolean }): Buffer {
  if (style.defined === true) return Buffer.concat([marker(0xfffee000, item.length, style), item]);
  return Buffer.concat([marker(0xfffee000, undefinedLength, style), item, marker(0xfffee00d, 0, style)]);
}

function header(tag: number, vr: string, length: number, style: Style = {}): Buffer {
  const { explicitVr = true, littleEndian = true } = style;
  if (!explicitVr) return marker(tag, length, style);
  const isLong = !isVr(vr) ? /^[A-Z]{2}$/.test(vr) : hasLongLength(vr);
  const bytes = Buffer.alloc(isLong ? 12 : 8);
  writeTag(bytes, tag, littleEndian);
  bytes.write(vr, 4, 'latin1');
  if (isLong && littleEndian) bytes.writeUInt32LE(length, 8);
  else if (isLong) bytes.writeUInt32BE(length, 8);
  else if (littleEndian) bytes.writeUInt16LE(length, 6);
  else bytes.writeUInt16BE(length, 6);
  return bytes;
}

function writeTag(bytes: Buffer, tag: number, littleEndian: boolean): void {
  if (littleEndian) {
    bytes.writeUInt16LE(tag >>> 16, 0);
    bytes.writeUInt16LE(tag & 0xffff, 2);
  } else bytes.writeUInt32BE(tag, 0);
}

function even(uid: string): string {
  return uid.length % 2 === 0 ? uid : `${uid}\0`;
}

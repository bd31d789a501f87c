/** Data sets that tests make of values, as the reader would give them in little endian. */
import type { DataSet, Element, Tag, Vr } from '@sandyq/dicom';

/** What a test says of an element: text, 16-bit words or items. */
export type MadeValue = string | readonly number[] | Uint8Array | readonly DataSet[];

/** One element. */
export type MadeElement = readonly [tag: Tag, vr: Vr, value: MadeValue];

/** A data set of these elements. */
export function madeDataSet(...elements: readonly MadeElement[]): DataSet {
  return { elements: new Map(elements.map(([tag, vr, value]) => [tag, elementOf(tag, vr, value)])) };
}

function elementOf(tag: Tag, vr: Vr, value: MadeValue): Element {
  if (typeof value !== 'string' && !(value instanceof Uint8Array) && vr === 'SQ') {
    return { tag, vr, offset: 0, length: 0, items: value.filter((item) => typeof item === 'object') };
  }
  const bytes = bytesOf(value);
  return { tag, vr, offset: 0, length: bytes.length, value: bytes };
}

function bytesOf(value: MadeValue): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value, 'latin1');
  if (value instanceof Uint8Array) return value;
  const bytes = Buffer.alloc(value.length * 2);
  for (const [index, word] of value.entries()) {
    if (typeof word === 'number') bytes.writeUInt16LE(word & 0xffff, index * 2);
  }
  return bytes;
}

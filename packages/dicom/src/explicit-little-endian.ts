/** Headers of data elements and items in Explicit VR Little Endian (PS3.5 §7.1.2, §7.5). */
import type { Tag } from './tag.ts';
import { hasLongLength, type Vr } from './vr.ts';

/** The length field of sequences and items that end with a delimiter (PS3.5 §7.1). */
export const undefinedLength = 0xffffffff;

const itemTag = 0xfffee000;
const itemDelimitationTag = 0xfffee00d;
const sequenceDelimitationTag = 0xfffee0dd;
const longestShortValueBytes = 0xffff;
const shortHeaderBytes = 8;
const longHeaderBytes = 12;

/** Ends an item of undefined length (PS3.5 §7.5). */
export const itemDelimitation: Uint8Array = itemHeaderOf(itemDelimitationTag, 0);

/** Ends a sequence or encapsulated value of undefined length (PS3.5 §7.5, §A.4). */
export const sequenceDelimitation: Uint8Array = itemHeaderOf(sequenceDelimitationTag, 0);

/**
 * Tag, VR and length field of an element. A value too long for the 16-bit length field of its VR is written as UN,
 * as PS3.5 §6.2.2 (Note 5) says.
 */
export function elementHeader(tag: Tag, vr: Vr, length: number): Buffer {
  const fits = hasLongLength(vr) || length <= longestShortValueBytes;
  const written: Vr = fits ? vr : 'UN';
  const isLong = hasLongLength(written);
  const header = Buffer.alloc(isLong ? longHeaderBytes : shortHeaderBytes);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.write(written, 4, 'latin1');
  if (isLong) header.writeUInt32LE(length, 8);
  else header.writeUInt16LE(length, 6);
  return header;
}

/** Header of a sequence item or fragment; without a length it ends with an item delimitation. */
export function itemHeader(length: number = undefinedLength): Buffer {
  return itemHeaderOf(itemTag, length);
}

function itemHeaderOf(tag: Tag, length: number): Buffer {
  const header = Buffer.alloc(shortHeaderBytes);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.writeUInt32LE(length, 4);
  return header;
}

/** What fills a value of odd length (PS3.5 §6.2): NUL for UIDs and bytes, a space for text. */
export function paddingByteOf(vr: Vr): number {
  return vr === 'UI' || vr === 'OB' || vr === 'UN' ? 0x00 : 0x20;
}

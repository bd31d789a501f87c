/** The header of a data element: tag, VR, length (PS3.5 §7.1). Reads, does not move. */
import type { ByteWindow } from './byte-window.ts';
import { entryOfTag } from './dictionary.ts';
import { DicomError } from './errors.ts';
import { implicitVrOf, type NumberLookup } from './implicit-vr.ts';
import type { Tag } from './tag.ts';
import { areVrLetters, hasLongLength, type Vr, vrOfLetters } from './vr.ts';

/** How elements are written (PS3.5 §7.1.2, §7.1.3, §7.3). */
export interface Encoding {
  readonly explicitVr: boolean;
  readonly littleEndian: boolean;
}

/** One header; a parser reuses one object for all. */
export interface ElementHeader {
  tag: Tag;
  vr: Vr;
  /** Declared length of the value field; `undefinedLength` if it has none. */
  length: number;
  /** Bytes of the header itself: 8 or 12. */
  size: number;
  /** The VR is blank or of letters we do not know; `vr` is UN. */
  unknownVr: boolean;
}

/** Explicit VR Little Endian. */
export const explicitLittleEndian: Encoding = { explicitVr: true, littleEndian: true };
/** Implicit VR Little Endian. */
export const implicitLittleEndian: Encoding = { explicitVr: false, littleEndian: true };
/** The length that stands for "until the delimiter". */
export const undefinedLength = 0xffffffff;
/** Bytes of an item's, a delimiter's and the shortest element's header. */
export const shortHeaderBytes = 8;
const longHeaderBytes = 12;
/** '  ', '??' and '--': some writers put these for a VR they do not know, with a 16-bit length. */
const blankVrs: ReadonlySet<number> = new Set([0x2020, 0x3f3f, 0x2d2d]);

/** The tag of the next element; 8 bytes must be visible. */
export function peekTag(window: ByteWindow, littleEndian: boolean): Tag {
  const { view, position } = window;
  return view.getUint16(position, littleEndian) * 0x10000 + view.getUint16(position + 2, littleEndian);
}

/** The 32-bit length behind an item's or delimiter's tag (PS3.5 §7.5); 8 bytes must be visible. */
export function peekItemLength(window: ByteWindow, littleEndian: boolean): number {
  return window.view.getUint32(window.position + 4, littleEndian);
}

/**
 * Whether the element `ahead` bytes from here is in explicit VR little endian: it has the VR the dictionary gives its
 * tag, or a VR at all where the dictionary does not know the tag. 8 bytes must be visible there.
 */
export function looksExplicit({ view, position }: ByteWindow, ahead: number): boolean {
  const at = position + ahead;
  const vr = vrOfLetters(view.getUint16(at + 4));
  if (vr === undefined) return false;
  const entry = entryOfTag(view.getUint16(at, true) * 0x10000 + view.getUint16(at + 2, true));
  return entry === undefined || entry.vr.split(' or ').includes(vr);
}

/**
 * Reads the VR and length behind a tag that was peeked into `header`; false if bytes are missing.
 * DicomError 'malformed' where explicit VR has no letters.
 */
export function readHeader(
  window: ByteWindow,
  encoding: Encoding,
  header: ElementHeader,
  lookUp: NumberLookup,
): boolean {
  const { view, position } = window;
  header.size = shortHeaderBytes;
  header.unknownVr = false;
  if (!encoding.explicitVr) {
    header.length = view.getUint32(position + 4, encoding.littleEndian);
    header.vr = implicitVrOf(header.tag, lookUp);
    return true;
  }
  const letters = view.getUint16(position + 4);
  const vr = vrOfLetters(letters);
  const isBlank = vr === undefined && blankVrs.has(letters);
  if (isBlank || (vr !== undefined && !hasLongLength(vr))) {
    header.vr = vr ?? 'UN';
    header.unknownVr = isBlank;
    header.length = view.getUint16(position + 6, encoding.littleEndian);
    return true;
  }
  if (vr === undefined && !areVrLetters(letters)) {
    throw new DicomError(
      'malformed',
      'An element has no value representation; is the data set in implicit VR, against its transfer syntax?',
      { offset: window.offset, tag: header.tag },
    );
  }
  if (!window.ensure(longHeaderBytes)) return false;
  header.vr = vr ?? 'UN';
  header.unknownVr = vr === undefined;
  header.length = window.view.getUint32(window.position + 8, encoding.littleEndian);
  header.size = longHeaderBytes;
  return true;
}

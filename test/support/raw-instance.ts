/**
 * Part 10 files of exactly the elements that a test asks for, Explicit VR Little Endian: text as the bytes it gives, in whatever
 * character set; sequences as items of elements.
 */
import { type Tag, Tags, type Vr, writeFileMeta } from '@sandyq/dicom';

/** One element: text is written as UTF-8, bytes as they are, items as a sequence of explicit lengths. */
export type RawElement = readonly [tag: Tag, vr: Vr, value: string | Uint8Array | readonly RawItem[]];
/** The elements of an item, in any order. */
export type RawItem = readonly RawElement[];

/** Who an instance is. */
export interface RawIdentity {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  /** CT unless said otherwise. */
  readonly sopClassUid?: string;
}

const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
const explicitLittleEndian = '1.2.840.10008.1.2.1';
/** VRs with a 32-bit length (PS3.5 §7.1.2). */
const longVrs: ReadonlySet<string> = new Set([
  'OB',
  'OD',
  'OF',
  'OL',
  'OV',
  'OW',
  'SQ',
  'UC',
  'UN',
  'UR',
  'UT',
]);
const itemTag = 0xfffee000;

/**
 * The file: the four identifying UIDs and these elements, sorted by tag, of which the last one of a tag counts. The transfer
 * syntax is that of the pixel data that the caller appends.
 */
export function rawInstance(
  identity: RawIdentity,
  elements: readonly RawElement[] = [],
  transferSyntaxUid = explicitLittleEndian,
): Buffer {
  const { sopClassUid = ctImageStorage, sopInstanceUid } = identity;
  const meta = writeFileMeta({ sopClassUid, sopInstanceUid, transferSyntaxUid });
  const identifying: RawElement[] = [
    [Tags.SOPClassUID, 'UI', sopClassUid],
    [Tags.SOPInstanceUID, 'UI', sopInstanceUid],
    [Tags.StudyInstanceUID, 'UI', identity.studyInstanceUid],
    [Tags.SeriesInstanceUID, 'UI', identity.seriesInstanceUid],
  ];
  return Buffer.concat([meta, encodeElements([...identifying, ...elements])]);
}

function encodeElements(elements: readonly RawElement[]): Buffer {
  const byTag = new Map(elements.map((element) => [element[0], element]));
  const sorted = [...byTag.values()].sort(([a], [b]) => a - b);
  return Buffer.concat(sorted.map(encodeElement));
}

function encodeElement([tag, vr, value]: RawElement): Buffer {
  const bytes = padded(vr, valueBytes(value));
  const isLong = longVrs.has(vr);
  const header = Buffer.alloc(isLong ? 12 : 8);
  writeTag(header, tag);
  header.write(vr, 4, 'latin1');
  if (isLong) header.writeUInt32LE(bytes.length, 8);
  else header.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([header, bytes]);
}

function valueBytes(value: RawElement[2]): Buffer {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  if (value instanceof Uint8Array) return Buffer.from(value);
  return Buffer.concat(value.map(encodeItem));
}

function encodeItem(item: RawItem): Buffer {
  const content = encodeElements(item);
  const header = Buffer.alloc(8);
  writeTag(header, itemTag);
  header.writeUInt32LE(content.length, 4);
  return Buffer.concat([header, content]);
}

/** Values have an even length: UIDs and bytes end in NUL, text in a space (PS3.5 §6.2). */
function padded(vr: Vr, bytes: Buffer): Buffer {
  if (bytes.length % 2 === 0) return bytes;
  return Buffer.concat([bytes, Buffer.of(vr === 'UI' || vr.startsWith('O') ? 0 : 0x20)]);
}

function writeTag(bytes: Buffer, tag: Tag): void {
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
}

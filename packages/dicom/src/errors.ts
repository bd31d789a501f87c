/**
 * Every error of this package, by code. A message says what is wrong, where (offset, tag) and what to do;
 * it never carries a value of the data set, because values are patient data.
 */

/** One code per kind of fault, so that callers map codes and never read messages. */
export type DicomErrorCode =
  /** The bytes are neither a Part 10 file nor a data set (PS3.10 §7.1). */
  | 'not-dicom'
  /** The bytes end inside an element, an item or an undefined length. */
  | 'truncated'
  /** The structure contradicts PS3.5 §7 (impossible length, VR, delimiter, duplicate identifier …). */
  | 'malformed'
  /** A limit of ReaderLimits was passed. */
  | 'limit-exceeded'
  /** The file meta information has no Transfer Syntax UID (PS3.10 §7.1). */
  | 'missing-transfer-syntax'
  /** The Transfer Syntax UID is none of PS3.6 Annex A. */
  | 'unknown-transfer-syntax'
  /** SOP Class, SOP Instance, Study or Series Instance UID is absent or empty. */
  | 'missing-uid'
  /** One of these UIDs has more than 64 characters or characters no UID can be stored under. */
  | 'invalid-uid'
  /** The pixel data is compressed or kept elsewhere; what was asked for is for native encodings only. */
  | 'not-native'
  /** A DICOMDIR (PS3.3 Annex F): an index of a medium, not a storable instance. */
  | 'media-directory';

/** Where in the stream a fault was met. */
export interface DicomErrorPlace {
  /** Byte offset in the received bytes (deflated data sets: in the inflated stream). */
  readonly offset?: number | undefined;
  /** Tag of the element concerned, 0xGGGGEEEE. */
  readonly tag?: number | undefined;
  readonly cause?: unknown;
}

/** The only error this package throws for faulty input. */
export class DicomError extends Error {
  override readonly name = 'DicomError';
  readonly code: DicomErrorCode;
  readonly offset: number | undefined;
  readonly tag: number | undefined;

  constructor(code: DicomErrorCode, message: string, place: DicomErrorPlace = {}) {
    super(message + describePlace(place), place.cause === undefined ? undefined : { cause: place.cause });
    this.code = code;
    this.offset = place.offset;
    this.tag = place.tag;
  }
}

function describePlace({ offset, tag }: DicomErrorPlace): string {
  const parts: string[] = [];
  if (tag !== undefined) {
    const hex = tag.toString(16).padStart(8, '0').toUpperCase();
    parts.push(`element (${hex.slice(0, 4)},${hex.slice(4)})`);
  }
  if (offset !== undefined) parts.push(`byte ${offset}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

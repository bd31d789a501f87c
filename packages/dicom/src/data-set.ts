/** The data set as it was read: elements, their places in the stream and the small values. No decoding. */
import type { Tag } from './tag.ts';
import type { Vr } from './vr.ts';

/** Byte order of numbers (PS3.5 §7.3). */
export type ByteOrder = 'little' | 'big';

/** A data set or a sequence item (PS3.5 §7, §7.5). */
export interface DataSet {
  /** In stream order; of a tag that stands twice the first is kept. */
  readonly elements: ReadonlyMap<Tag, Element>;
  /** Byte order of the numbers in it; absent = little. Differs from the file's only inside UN sequences (PS3.5 §6.2.2). */
  readonly byteOrder?: ByteOrder | undefined;
}

/** One data element (PS3.5 §7.1). */
export interface Element {
  readonly tag: Tag;
  /** As written; implicit VR: from the dictionary, 'UN' if unknown, 'SQ' if of undefined length. */
  readonly vr: Vr;
  /** Start of the value field in the received bytes (deflated data sets: in the inflated stream). */
  readonly offset: number;
  /** Bytes of the value field as it stands in the stream; with an undefined length including the delimiter. */
  readonly length: number;
  /** Raw value bytes, padding included; absent = bulk (longer than limits.keptValueBytes, or pixel data) or a sequence. */
  readonly value?: Uint8Array | undefined;
  /** Items of a sequence: VR SQ, or UN of undefined length. */
  readonly items?: readonly DataSet[] | undefined;
}

/** One item of encapsulated pixel data after the offset table (PS3.5 §A.4). */
export interface Fragment {
  /** Start of the fragment's bytes, after its item header. */
  readonly offset: number;
  readonly length: number;
  /** Its first 4 bytes, big-endian, zeros where it is shorter: for finding codestream starts. */
  readonly head: number;
}

/** A value that was passed by without being kept. */
export interface BulkElement {
  /** '00420011' or, inside sequences, '00880200/1/7FE00010' (item numbers from 1). */
  readonly path: string;
  readonly vr: Vr;
  readonly offset: number;
  readonly length: number;
}

/** PixelData, FloatPixelData or DoubleFloatPixelData at top level (PS3.3 C.7.6.3, C.7.6.24); offsets as in Element. */
export type PixelDataElement = NativePixelData | EncapsulatedPixelData;

/** Pixel data of defined length (PS3.5 §8.2, Annex D). */
export interface NativePixelData {
  readonly kind: 'native';
  readonly tag: Tag;
  readonly vr: Vr;
  readonly offset: number;
  readonly length: number;
}

/** Pixel data of undefined length: offset table item, fragments, delimiter (PS3.5 §A.4). */
export interface EncapsulatedPixelData {
  readonly kind: 'encapsulated';
  readonly tag: Tag;
  readonly vr: Vr;
  readonly offset: number;
  /** The whole value field: items, their headers and the Sequence Delimitation Item. */
  readonly length: number;
  /** Offsets of the Basic Offset Table, relative to the first fragment's item header; empty if the table is. */
  readonly basicOffsets: readonly number[];
  /** The value of item 0, the Basic Offset Table. */
  readonly basicOffsetTable: { readonly offset: number; readonly length: number };
  /** Extended Offset Table (7FE0,0001), when present. */
  readonly extendedOffsets?: readonly number[] | undefined;
  readonly fragments: readonly Fragment[];
}

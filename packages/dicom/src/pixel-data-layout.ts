/**
 * Where the frames of an instance lie in its entry (= the received bytes). Type only: made by packages/pixel-data,
 * named by storage and database. All offsets are bytes relative to the entry's first byte.
 */

/** Layout of native or encapsulated pixel data (PS3.5 §8.2, §A.4). */
export type PixelDataLayout = NativePixelDataLayout | EncapsulatedPixelDataLayout;

/** Frames follow one another without gaps, in bits: 1-bit frames are not byte aligned (PS3.5 §8.1.1). */
export interface NativePixelDataLayout {
  readonly kind: 'native';
  readonly offset: number;
  readonly length: number;
  readonly bitsPerFrame: number;
  readonly frames: number;
  /** Big-endian data sets only: the value consists of big-endian words of that many bytes. Absent = little endian or bytes. */
  readonly swappedWordBytes?: 2 | 4 | 8 | undefined;
  /** Deflated data sets only (PS3.5 §A.5): `offset` is in the inflated data set, not in the entry. */
  readonly deflated?: true | undefined;
}

/** Frames are runs of fragments. */
export interface EncapsulatedPixelDataLayout {
  readonly kind: 'encapsulated';
  /** The value field with items, headers and delimiter. */
  readonly offset: number;
  readonly length: number;
  /** The Basic Offset Table item's value. */
  readonly table: readonly [offset: number, length: number];
  readonly fragments: readonly (readonly [offset: number, length: number])[];
  readonly frames: number;
  /** Index of the first fragment of each frame; absent = one fragment a frame. */
  readonly firstFragments?: readonly number[] | undefined;
}

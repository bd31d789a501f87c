/** Bounds on what a data set may ask of memory and time. Passing one is DicomError 'limit-exceeded'. */

/** Limits of one Part10Reader. All sizes in bytes. */
export interface ReaderLimits {
  /** Kept values in all, offset tables included. */
  readonly headerBytes: number;
  /** Elements and items in all. */
  readonly elements: number;
  /** Nested sequences. */
  readonly depth: number;
  /** Fragments of encapsulated values in all. */
  readonly fragments: number;
  /** A longer value is bulk: passed by, not kept. */
  readonly keptValueBytes: number;
  /** The same for the VRs OB OD OF OL OV OW UN. */
  readonly keptBinaryValueBytes: number;
  /** Length of an inflated data set. */
  readonly inflatedBytes: number;
}

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** Ample for every legal instance we know of; a worst-case input stays below about 150 MB and a few seconds. */
export const defaultReaderLimits: ReaderLimits = Object.freeze({
  headerBytes: 16 * mebibyte,
  elements: 500_000,
  depth: 64,
  fragments: 1_000_000,
  keptValueBytes: 64 * kibibyte,
  keptBinaryValueBytes: kibibyte,
  inflatedBytes: 1024 * mebibyte,
});

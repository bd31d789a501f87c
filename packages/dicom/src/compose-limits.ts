/** Bounds on what metadata (DICOM JSON, Native DICOM Model) may ask of memory and time. Passing one is DicomError 'limit-exceeded'. */
import { defaultReaderLimits } from './reader-limits.ts';

/** Limits of one data set in JSON or XML. */
export interface ComposeLimits {
  /** Its text, in bytes of UTF-8: what has room in 16 MiB of values has room in it, also as base64. */
  readonly textBytes: number;
  /** Elements and items in all. */
  readonly elements: number;
  /** Nested sequences. */
  readonly depth: number;
  /** Values of one element. */
  readonly values: number;
  /** References to bulk data. */
  readonly bulkReferences: number;
}

/** The reader's limits where they have a counterpart: what is composed must be readable again. */
export const defaultComposeLimits: ComposeLimits = Object.freeze({
  textBytes: 24 * 1024 * 1024,
  elements: defaultReaderLimits.elements,
  depth: defaultReaderLimits.depth,
  values: 4_000_000,
  bulkReferences: 10_000,
});

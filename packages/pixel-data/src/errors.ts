/** Every error of this package, by code. Messages name sizes and counts, never a value of the data set. */

/** One code per kind of fault, so that callers map codes and never read messages. */
export type PixelDataErrorCode =
  /** Native pixel data ends before the last frame does: `expected` and `actual` are bytes. */
  | 'pixel-data-too-short'
  /** Encapsulated pixel data has fewer fragments than frames: `expected` frames, `actual` fragments. */
  | 'too-few-fragments'
  /** More fragments than frames, no usable offset table, no codestream starts that agree: `expected` frames, `actual` fragments. */
  | 'frames-not-separable'
  /** A frame that the layout does not have was asked for: `expected` frames, `actual` frame index. */
  | 'no-such-frame'
  /** The bytes handed over are not the range that was asked for: `expected` and `actual` bytes. */
  | 'wrong-range-length';

/** The numbers that contradict each other; their unit is said at the code. */
export interface PixelDataErrorNumbers {
  readonly expected: number;
  readonly actual: number;
}

/** The only error this package throws for faulty input. */
export class PixelDataError extends Error {
  override readonly name = 'PixelDataError';
  readonly code: PixelDataErrorCode;
  readonly expected: number;
  readonly actual: number;

  constructor(code: PixelDataErrorCode, message: string, numbers: PixelDataErrorNumbers) {
    super(message);
    this.code = code;
    this.expected = numbers.expected;
    this.actual = numbers.actual;
  }
}

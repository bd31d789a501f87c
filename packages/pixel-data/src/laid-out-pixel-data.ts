/** Result and warnings of laying out pixel data. Types only. */
import type { PixelDataLayout, TransferSyntax } from '@sandyq/dicom';

/** What is odd about the pixel data without making its frames unreadable; for the sender's device page. */
export type PixelDataWarning =
  /** The value is empty: no frames (`frames` 0), though the attributes announce some. */
  | 'pixel-data-empty'
  /** Rows, Columns, Samples per Pixel or Bits Allocated is missing: the bytes are kept, `frames` is 0. */
  | 'pixels-not-described'
  /** More bytes than the frames and one byte of padding need; the rest is ignored. */
  | 'pixel-data-too-long'
  /** Number of Frames is empty or not a positive whole number; counted from what is there. */
  | 'number-of-frames-invalid'
  /** Photometric Interpretation says subsampled chroma, the length says it is not; the length is believed. */
  | 'chroma-not-subsampled'
  /** An offset table is there but does not fit the fragments or the codestreams in them; it was not used. */
  | 'offset-table-wrong';

/** The layout and what was odd on the way to it. */
export interface LaidOutPixelData {
  readonly layout: PixelDataLayout;
  readonly warnings: readonly PixelDataWarning[];
}

/** What of the transfer syntax the layout depends on. */
export type LayoutSyntax = Pick<TransferSyntax, 'compression' | 'deflated' | 'pixelDataByteOrder'>;

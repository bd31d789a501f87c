/** What a transfer syntax means for reading. Types only. */
import type { ByteOrder } from './data-set.ts';

/** How pixel data is compressed in a transfer syntax. */
export type Compression =
  | 'none'
  | 'rle'
  | 'jpeg-baseline'
  | 'jpeg-extended'
  | 'jpeg-spectral-selection'
  | 'jpeg-full-progression'
  | 'jpeg-hierarchical'
  | 'jpeg-lossless'
  | 'jpeg-ls'
  | 'jpeg-2000'
  | 'jpeg-2000-part-2'
  | 'htj2k'
  | 'jpeg-xl'
  | 'mpeg2'
  | 'h264'
  | 'h265'
  | 'deflated-frame'
  | 'jpip'
  | 'smpte-2110'
  | 'other';

/** One transfer syntax (PS3.5 §10, Annex A). */
export interface TransferSyntax {
  readonly uid: string;
  /** Name of PS3.6 Table A-1, without its remarks. */
  readonly name: string;
  /** Byte order of the data set. */
  readonly byteOrder: ByteOrder;
  /** Byte order of native pixel data; differs from `byteOrder` only in GE's private syntax. */
  readonly pixelDataByteOrder: ByteOrder;
  readonly explicitVr: boolean;
  /** The data set is one raw deflate stream (PS3.5 §A.5). */
  readonly deflated: boolean;
  /** Pixel data is a run of fragments (PS3.5 §A.4). */
  readonly encapsulated: boolean;
  readonly compression: Compression;
  /** Whether the encoding loses information: 'possible' where the syntax allows both. */
  readonly lossy: 'never' | 'possible' | 'always';
  readonly retired: boolean;
}

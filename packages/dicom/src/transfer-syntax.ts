/** The transfer syntaxes of PS3.6 Table A-1 and what their names mean for reading: encodings, never codecs. */
import type { ByteOrder } from './data-set.ts';
import { TransferSyntaxes } from './transfer-syntax-table.ts';

export { TransferSyntaxes };

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

let byUid: ReadonlyMap<string, TransferSyntax> | undefined;

/** The transfer syntax of a UID without padding; undefined if PS3.6 does not know it. */
export function transferSyntaxOf(uid: string): TransferSyntax | undefined {
  byUid ??= new Map(Object.values<TransferSyntax>(TransferSyntaxes).map((syntax) => [syntax.uid, syntax]));
  return byUid.get(uid);
}

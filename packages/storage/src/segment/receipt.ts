// What the archive certifies about a segment: everything a rebuild of the index needs, read from the object's tail.
// Types only; the JSON is written by encode-receipt.ts and read by parse-receipt.ts.
import type { BulkElement, CharacterSetPlan, PixelDataLayout } from '@sandyq/dicom';
import type { EntryRole } from './entry-name.ts';

/** Value of `type` in a receipt. */
export const receiptType = 'sandyq segment receipt';

/** Value of `version` in the receipts that this program writes and reads. */
export const receiptVersion = 1;

/** Where the entries of a segment come from. */
export type SegmentSource =
  | { readonly kind: 'received' }
  /** Copied from these segments (their ids), whose original receipts are in `originals`. */
  | { readonly kind: 'rewrite'; readonly of: readonly string[] };

/** What a segment knows of itself before its first entry. */
export interface SegmentHeader {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  /** Hospital or clinic that owns what is stored; undefined if unknown. */
  readonly facility: string | undefined;
  /** The scanner that sent it; undefined if unknown. */
  readonly device: string | undefined;
  /** Who stored it: id of the principal. */
  readonly principal: string;
  /** When the request began: `YYYY-MM-DDTHH:MM:SS.sssZ`. */
  readonly receivedAt: string;
  readonly source: SegmentSource;
  /** Of a rewrite: the receipts of kind `received` under which the entries were first stored. */
  readonly originals?: readonly SegmentReceipt[] | undefined;
}

/** Of an entry of role `received`: how the part was labelled in the request. */
export interface ReceivedPart {
  /** Content-Type of the part, as received. */
  readonly contentType: string;
  /** Content-Location of the part, as received. */
  readonly contentLocation?: string | undefined;
}

/** One stored entry. Offsets of `pixelData` and `bulk` are relative to the entry, `offset` to the segment. */
export interface ReceiptEntry {
  /** Counts from 1 without gaps. */
  readonly ordinal: number;
  /** Name in the tar file. */
  readonly name: string;
  readonly role: EntryRole;
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  /** First byte of the entry's data in the segment. */
  readonly offset: number;
  /** Bytes received. */
  readonly length: number;
  /** SHA-256 of the bytes, 64 lower-case hex digits. */
  readonly sha256: string;
  /** CRC-32 of each block of `blockBoundaries`, 4 bytes little-endian each, base64. */
  readonly crc32: string;
  readonly characterSet: CharacterSetPlan;
  readonly pixelData?: PixelDataLayout | undefined;
  /** Values that are not in the metadata entry, by path. */
  readonly bulk?: readonly BulkElement[] | undefined;
  readonly received?: ReceivedPart | undefined;
  /** In a rewrite, and only there: id of the original that certifies this entry. */
  readonly origin?: string | undefined;
}

/** Where the `metadata` entry lies: gzip of one line of DICOM JSON per entry (PS3.18 Annex F). */
export interface MetadataReference {
  readonly offset: number;
  readonly length: number;
  /** SHA-256 of the compressed bytes. */
  readonly sha256: string;
}

/** The receipt of one segment. */
export interface SegmentReceipt extends Omit<SegmentHeader, 'originals'> {
  readonly segmentId: string;
  /** Program and version that wrote the segment, for the day a fault of one is found. */
  readonly software: string;
  readonly encryption: 'none';
  readonly compression: 'none';
  /** In ordinal order; at least one. */
  readonly entries: readonly ReceiptEntry[];
  readonly metadata: MetadataReference;
  /** Empty unless `source` is a rewrite. */
  readonly originals: readonly SegmentReceipt[];
}

/** Largest receipt that is written or read, in bytes. */
export const maximumReceiptBytes = 128 * 1024 * 1024;

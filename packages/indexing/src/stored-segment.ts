/** What the commit path works on and with. Types only. */
import type { Database, GroupCommit } from '@sandyq/database';
import type { DicomJson } from '@sandyq/dicom';
import type { ObjectStore, ReceiptEntry, SegmentReceipt } from '@sandyq/storage';
import type { PixelValueComparison } from './comparison/pixel-value-comparison.ts';
import type { Directory } from './directory.ts';

export interface IndexingPorts {
  readonly database: Database;
  readonly groupCommit: Pick<GroupCommit, 'submit'>;
  readonly store: ObjectStore;
  readonly directory: Directory;
  /** Tells equal pixel values of two encodings. */
  readonly pixels: Pick<PixelValueComparison, 'compare'>;
}

/** A segment that is an object of the store. */
export interface StoredSegment {
  readonly id: string;
  readonly key: string;
  /** Bytes of the object. */
  readonly size: number;
  readonly receipt: SegmentReceipt;
  /** 64 lower-case hex digits. */
  readonly receiptSha256: string;
}

/** An entry of role `part10` with what it says. */
export interface StoredInstance {
  readonly entry: ReceiptEntry;
  readonly json: DicomJson;
  /** `json` as UTF-8 text. */
  readonly metadata: Uint8Array;
}

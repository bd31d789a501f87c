/** One part of a store by metadata and bulk data (PS3.18 §10.5.1.4), as it was received. */
import type { BulkBytes } from '@sandyq/dicom';

/** A part of bulk data. */
export interface RequestPart {
  /** Content-Type as received; what the request says of parts without one. */
  readonly contentType: string;
  /** Content-Location as received. */
  readonly contentLocation: string | undefined;
  readonly bytes: BulkBytes;
}

/** Metadata of one instance: the part, or, where a part has several data sets, the bytes of this one. */
export interface MetadataPart extends RequestPart {
  readonly model: 'json' | 'xml';
  /** The data set: one JSON object, or the XML document. */
  readonly dataSet: BulkBytes;
}

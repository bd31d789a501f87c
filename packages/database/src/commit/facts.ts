/** What ingest hands over for the index: one stored segment with its instances, and what became of each. */
import type { BulkElement, CharacterSetPlan, DicomJson, PixelDataLayout } from '@sandyq/dicom';

export interface SegmentCommit {
  readonly segmentId: string;
  readonly objectKey: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly facilityId: number;
  readonly deviceId: number | undefined;
  readonly principalId: string;
  readonly sizeBytes: number;
  /** 32 bytes. */
  readonly receiptSha256: Buffer;
  readonly receivedAt: Date;
  /** Received time minus the time the device wrote into the data set; undefined when it wrote none. */
  readonly clockOffsetMs: number | undefined;
  readonly instances: readonly InstanceCommit[];
}

export interface InstanceCommit {
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  /** The entry in the segment: its number, and where its bytes stand. */
  readonly ordinal: number;
  readonly entryOffset: number;
  readonly entryLength: number;
  /** SHA-256 of the received bytes, 32 bytes. */
  readonly sha256: Buffer;
  readonly pixelData: PixelDataLayout | undefined;
  readonly bulkData: readonly BulkElement[];
  /** CRC-32 of each block of the entry, 4 bytes little-endian each. */
  readonly crc32: Buffer;
  readonly characterSet: CharacterSetPlan;
  readonly patient: PatientIdentity;
  readonly accessionIssuerId: number;
  readonly json: DicomJson;
  /** `json` as UTF-8 text, gzip. */
  readonly metadataGzip: Buffer;
  /** A person has decided that it joins its study, whatever its patient and its facility are. */
  readonly joinsAnyway?: boolean;
}

/** (issuer, PatientID): design §2.6. */
export interface PatientIdentity {
  readonly issuerId: number;
  /** The data set named no issuer: the device's or the facility's was assigned. */
  readonly issuerAssigned: boolean;
  /** undefined where PatientID is absent or empty: such a patient is never equal to another. */
  readonly patientId: string | undefined;
}

/** What became of one instance; index-aligned with `SegmentCommit.instances`. */
export type CommitOutcome =
  | { readonly kind: 'stored' }
  /** Stored, but held out of search and retrieval: another patient's identifier in a known study. */
  | { readonly kind: 'identity-conflict' }
  /** Not in the index: the study belongs to another facility's patient. The caller keeps it in quarantine. */
  | { readonly kind: 'facility-conflict' }
  /** This SOP Instance UID is known. The caller compares and records the verdict. */
  | { readonly kind: 'exists'; readonly existing: ExistingInstance }
  /** PostgreSQL refused a value of this instance; its neighbours are not harmed. */
  | { readonly kind: 'failed'; readonly sqlState: string | undefined };

/** The instance that holds a SOP Instance UID, with where its bytes are. */
export interface ExistingInstance {
  readonly sopInstanceUid: string;
  readonly studyKey: number;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly state: 'active' | 'identity-conflict' | 'rejected' | 'disposed';
  readonly sha256: Buffer;
  readonly segmentId: string;
  readonly ordinal: number;
  readonly objectKey: string;
  readonly entryOffset: number;
  readonly entryLength: number;
  readonly crc32: Buffer;
  readonly pixelData: PixelDataLayout | undefined;
  readonly facilityId: number;
}

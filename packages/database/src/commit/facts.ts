/** What ingest hands over for the index: one stored segment with its instances, and what became of each. */
import type { BulkElement, CharacterSetPlan, DicomJson, PixelDataLayout } from '@sandyq/dicom';

/**
 * Instances that were received together: of a segment as it came all of them; of a rewrite those of one original, whose
 * sender and time these are.
 */
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
  /** Of a rewrite: what the row of the segment says, because it is about all of its originals. */
  readonly own?: SegmentOwn | undefined;
  /** Not all of the segment is in this transaction: until the rest is, its verdicts are due. */
  readonly isPart?: boolean | undefined;
  /** Entries that the journal tells of, and that are no instances. */
  readonly kept?: KeptEntries | undefined;
  /** Entries that were instances once: they say whose the study is, if no instance does. */
  readonly former?: readonly InstanceCommit[] | undefined;
}

/** What a rewrite says of itself. */
export interface SegmentOwn {
  readonly facilityId: number;
  readonly deviceId: number | undefined;
  readonly principalId: string;
  readonly receivedAt: Date;
  /** Instances in it, and how many of them have a character set that an administrator should look at. */
  readonly entries: number;
  readonly characterSetAlarms: number;
}

/** An entry of a segment and its bytes. */
export interface EntryPlace {
  readonly ordinal: number;
  readonly entryOffset: number;
  readonly entryLength: number;
  readonly sha256: Buffer;
  readonly crc32: Buffer;
}

/** What a person decided, and when. */
export interface KeptDecision {
  readonly decidedBy: string;
  readonly decidedAt: Date;
}

/** A row of quarantine, made again. */
export interface KeptQuarantine extends EntryPlace {
  /** The number it had; it is given again if it is free. */
  readonly quarantineId: number;
  readonly reason: string;
  readonly message: string;
  readonly facilityId: number;
  readonly deviceId: number | undefined;
  readonly principalId: string;
  readonly originSegmentId: string;
  /** The bytes were an object of their own before they were accepted into the segment. */
  readonly wasLoose: boolean;
  readonly studyInstanceUid: string | undefined;
  readonly seriesInstanceUid: string | undefined;
  readonly sopInstanceUid: string | undefined;
  readonly receivedAt: Date;
  readonly state: 'open' | 'accepted' | 'replaced' | 'discarded';
  readonly decision: KeptDecision | undefined;
}

/** A proposed correction, made again. */
export interface KeptCorrection extends EntryPlace {
  readonly proposedCorrectionId: number;
  readonly sopInstanceUid: string;
  readonly facilityId: number;
  readonly deviceId: number | undefined;
  readonly principalId: string;
  readonly originSegmentId: string;
  readonly receivedAt: Date;
  readonly state: 'open' | 'discarded';
  readonly decision: KeptDecision | undefined;
}

/** Bytes that were compared with the instance of the UID and say the same. */
export interface KeptEncoding {
  readonly sopInstanceUid: string;
  readonly sha256: Buffer;
  readonly isSameEncoding: boolean;
  /** Of the bytes they were compared with: it holds only as long as the UID is theirs. */
  readonly holderSha256: Buffer;
}

export interface KeptEntries {
  readonly quarantine: readonly KeptQuarantine[];
  readonly corrections: readonly KeptCorrection[];
  readonly encodings: readonly KeptEncoding[];
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
  /** The journal says that it is held out of search and retrieval: nobody asks who came first. */
  readonly isHeld?: boolean;
  /** The segment that the bytes were received in, where a rewrite has taken them to another: facts are about that one. */
  readonly originSegmentId?: string | undefined;
}

/** What a study and a series are known by: their earliest received active instance. */
export interface Founder {
  readonly segment: Pick<SegmentCommit, 'receivedAt' | 'deviceId'>;
  readonly instance: Pick<InstanceCommit, 'sopInstanceUid' | 'json' | 'patient' | 'accessionIssuerId'>;
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
  /** Stored and hidden: a rejection note has named it before it came. */
  | { readonly kind: 'rejected' }
  /** Not in the index: the study belongs to another facility's patient. The caller keeps it in quarantine. */
  | { readonly kind: 'facility-conflict' }
  /** This SOP Instance UID is known. The caller compares and records the verdict. */
  | { readonly kind: 'exists'; readonly existing: ExistingInstance }
  /** This SOP Instance UID belonged to an instance that was disposed of then. It is never given again. */
  | { readonly kind: 'disposed'; readonly disposedAt: Date }
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
  /** Its bytes are known to be missing or damaged. */
  readonly isDamaged: boolean;
}

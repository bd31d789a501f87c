// The kinds of facts that the journal holds, and their members. Facts name things by natural names: codes, namespaces,
// the segment and the SHA-256 of an entry. Numbers of one database are hints for people. Types only; docs/journal-format.md
// is the description for readers without this program. The kinds of retention: retention-facts.ts.
import type { RetentionFacts } from './retention-facts.ts';

/** An issuer of identifiers, made by an administrator. */
export interface IssuerCreated {
  readonly localNamespace: string;
  readonly universalId?: string | undefined;
  readonly universalIdType?: string | undefined;
}

/** A hospital or clinic. */
export interface FacilityCreated {
  readonly code: string;
  readonly name: string;
  /** Namespaces assigned to identifiers that come without an issuer. */
  readonly patientIssuer: string;
  readonly accessionIssuer: string;
  readonly assumedCharacterSet?: string | undefined;
}

/** A scanner. */
export interface DeviceCreated {
  readonly facility: string;
  readonly code: string;
  readonly manufacturer?: string | undefined;
  readonly model?: string | undefined;
  readonly serialNumber?: string | undefined;
  readonly modality?: string | undefined;
  readonly origin: 'local' | 'assembled' | 'imported';
  readonly assumedCharacterSet?: string | undefined;
  readonly patientIssuer?: string | undefined;
  readonly accessionIssuer?: string | undefined;
  readonly quarantineQuotaBytes?: number | undefined;
}

/** A credential: its hash, never the secret. */
export interface ApiKeyCreated {
  readonly apiKeyId: string;
  /** 64 lower-case hex digits. */
  readonly secretHash: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly facility?: string | undefined;
  readonly device?: string | undefined;
}

/** A credential that opens nothing any more. */
export interface ApiKeyRevoked {
  readonly apiKeyId: string;
}

/** What a quarantine entry is, whatever was decided on it. */
export interface QuarantineDescription {
  /** Number of the entry in the database that made it. */
  readonly quarantineId: number;
  readonly sha256: string;
  readonly reason: string;
  readonly message: string;
  readonly facility: string;
  readonly device?: string | undefined;
  /** Who sent the bytes. */
  readonly principal: string;
  readonly objectKey: string;
  readonly entryOffset: number;
  readonly entryLength: number;
  /** The segment that the bytes came in; absent: an object of their own. */
  readonly segmentId?: string | undefined;
  readonly studyInstanceUid?: string | undefined;
  readonly seriesInstanceUid?: string | undefined;
  readonly sopInstanceUid?: string | undefined;
  readonly receivedAt: string;
}

/** Bytes that could not be accepted and are kept. */
export type Quarantined = QuarantineDescription;

/** Where accepted bytes were taken to. */
export interface JournalPlace {
  readonly segmentId: string;
  readonly objectKey: string;
  readonly entryOffset: number;
  readonly entryLength: number;
}

/** An administrator's decision on an entry. */
export interface QuarantineDecided extends QuarantineDescription {
  /** Absent: the bytes stay where they are. */
  readonly place?: JournalPlace | undefined;
  /** The quarantine object that nothing needs after this decision. */
  readonly leftoverObjectKey?: string | undefined;
}

/** The SOP Instance UID of an instance was given to another; the old bytes are listed in quarantine. */
export interface InstanceReplaced {
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  /** The segment that the old bytes came in, and their digest. */
  readonly segmentId: string;
  readonly sha256: string;
  /** The entry that lists the old bytes, and the entry of the instance that has the UID now. */
  readonly quarantineId: number;
  readonly byQuarantineId: number;
  readonly reason: string;
  readonly message: string;
  readonly facility: string;
  readonly device?: string | undefined;
  /** Who sent the old bytes. */
  readonly principal: string;
  readonly receivedAt: string;
}

/** A known instance came with other patient or study attributes. */
export interface CorrectionProposed {
  readonly proposedCorrectionId: number;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly sha256: string;
  readonly segmentId: string;
  readonly facility: string;
  readonly device?: string | undefined;
  /** Who sent the bytes. */
  readonly principal: string;
  readonly receivedAt: string;
}

/** The proposal was given up. */
export interface CorrectionDiscarded {
  readonly proposedCorrectionId: number;
  readonly sopInstanceUid: string;
  readonly sha256: string;
  readonly segmentId: string;
}

/** Other bytes that were compared with the stored instance and say the same. */
export interface InstanceEqual {
  readonly sopInstanceUid: string;
  readonly sha256: string;
  readonly segmentId: string;
  readonly sameEncoding: boolean;
  /** Digest of the bytes that hold the UID, which they were compared with. */
  readonly holderSha256: string;
}

/** Stored, and held out of search and retrieval: the study belongs to another patient. */
export interface IdentityConflictFound {
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly sha256: string;
  readonly segmentId: string;
  readonly facility: string;
  readonly device?: string | undefined;
}

/** Everything in the segment is held elsewhere; it is deleted after its grace. Not written of rewritten segments. */
export interface SegmentSuperseded {
  readonly segmentId: string;
  readonly objectKey: string;
}

/** The journal goes on though nothing was decided: how far the database's change feed was. */
export interface Checkpoint {
  readonly changeEpoch?: number | undefined;
  readonly changePosition?: number | undefined;
}

/** The last line of an epoch: a database that did not know this journal's end goes on in the next one. */
export interface EpochEnded {
  readonly nextEpoch: number;
}

/** Every kind with its members. */
export interface JournalFacts extends RetentionFacts {
  readonly 'issuer-created': IssuerCreated;
  readonly 'facility-created': FacilityCreated;
  readonly 'device-created': DeviceCreated;
  readonly 'api-key-created': ApiKeyCreated;
  readonly 'api-key-revoked': ApiKeyRevoked;
  readonly quarantined: Quarantined;
  readonly 'quarantine-accepted': QuarantineDecided;
  readonly 'quarantine-discarded': QuarantineDecided;
  readonly 'instance-replaced': InstanceReplaced;
  readonly 'correction-proposed': CorrectionProposed;
  readonly 'correction-discarded': CorrectionDiscarded;
  readonly 'instance-equal': InstanceEqual;
  readonly 'identity-conflict': IdentityConflictFound;
  readonly 'segment-superseded': SegmentSuperseded;
  readonly checkpoint: Checkpoint;
  readonly 'epoch-ended': EpochEnded;
}

/** Name of a kind. */
export type JournalKind = keyof JournalFacts;

/** A fact with its kind. */
export type JournalFact = {
  readonly [Kind in JournalKind]: { readonly kind: Kind; readonly fact: JournalFacts[Kind] };
}[JournalKind];

/** A fact as it stands in a batch. */
export type JournalLine = JournalFact & {
  /** Number of the line in the database that wrote it. */
  readonly id: number;
  /** Principal or program that decided. */
  readonly decidedBy: string;
  /** `YYYY-MM-DDTHH:MM:SS.sssZ`. */
  readonly occurredAt: string;
};

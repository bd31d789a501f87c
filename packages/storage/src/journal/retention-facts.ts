// Facts of retention: what schedules ask for, holds, rejections and dispositions. Types only; see journal-facts.ts.

/** A patient, named by who assigned the id. */
export interface NamedPatient {
  readonly issuer: string;
  readonly patientId: string;
}

/** Something about a facility that schedules ask for has changed; what is absent is unknown from now on. */
export interface FacilityChanged {
  readonly code: string;
  readonly region?: string | undefined;
}

/** Likewise of a device; `commissionedOn`: `YYYY-MM-DD`. */
export interface DeviceChanged {
  readonly facility: string;
  readonly code: string;
  readonly commissionedOn?: string | undefined;
}

/** A register says something of a patient. */
export interface PatientFactRegistered extends NamedPatient {
  readonly patientFactId: string;
  readonly factKind: 'birth' | 'death' | 'contact' | 'diagnosis';
  /** Of a diagnosis. */
  readonly diagnosisClass?: string | undefined;
  /** `YYYY-MM-DD`. */
  readonly on: string;
  readonly source: string;
}

/** It was wrong. */
export interface PatientFactWithdrawn {
  readonly patientFactId: string;
}

/** Two patients are (or are not) one person. */
export interface PatientLinkDecided {
  readonly one: NamedPatient;
  readonly other: NamedPatient;
  readonly state: 'candidate' | 'confirmed' | 'refused' | 'removed';
}

/** A study belongs to a programme. */
export interface ProgrammeRegistered {
  readonly studyProgrammeId: string;
  readonly studyInstanceUid: string;
  readonly programme: string;
}

/** It does not. */
export interface ProgrammeWithdrawn {
  readonly studyProgrammeId: string;
}

/** A version of a retention schedule is signed off; decided by who adopted it. */
export interface ScheduleAdopted {
  readonly schedule: string;
  readonly version: number;
  /** YAML. */
  readonly text: string;
  readonly proposedBy: string;
  readonly proposedAt: string;
}

/** A legal hold is in force. */
export interface HoldPlaced {
  readonly legalHoldId: string;
  readonly reason: string;
  readonly authority: string;
  readonly owner: string;
  /** `YYYY-MM-DD`. */
  readonly reviewOn: string;
  /** The listed studies, at most 10,000; or the YAML of the condition that they meet. */
  readonly studyInstanceUids?: readonly string[] | undefined;
  readonly condition?: string | undefined;
}

/** It is over. */
export interface HoldReleased {
  readonly legalHoldId: string;
  readonly reason: string;
}

/** An instance that a decision is about. */
export interface NamedInstance {
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly sha256: string;
}

/** Instances of a study are hidden. A rejection of more than 1,000 instances has several lines. */
export interface InstancesRejected {
  readonly rejectionId: string;
  readonly studyInstanceUid: string;
  /** Of the whole rejection: absent: the whole study. */
  readonly seriesInstanceUid?: string | undefined;
  readonly reasonCode: string;
  readonly reasonText: string;
  readonly planId?: string | undefined;
  /** SOP Instance UID of the rejection note. */
  readonly noteUid?: string | undefined;
  readonly restoreUntil: string;
  readonly instances: readonly NamedInstance[];
  /** SOP Instance UIDs of what the note names beforehand: hidden when it arrives. At most 1,000 a line. */
  readonly awaited?: readonly string[] | undefined;
  /** Only with `awaited`: in whose studies, as the code of the facility. */
  readonly facility?: string | undefined;
}

/** They are shown again, all of the rejection. */
export interface InstancesRestored {
  readonly rejectionId: string;
  readonly reason: string;
}

/** One planned, another one approves; decided by who approved. */
export interface PlanApproved {
  readonly planId: string;
  readonly planKind: 'schedule' | 'rejections';
  readonly schedule: string;
  readonly scheduleVersion: number;
  readonly sha256: string;
  readonly studies: number;
  readonly instances: number;
  readonly bytes: number;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
}

/** Nothing more is done by an approved plan; decided by who withdrew it. */
export interface PlanWithdrawn {
  readonly planId: string;
}

/** From here on the objects of a study, or of a part of it, may be gone. */
export interface PurgeBegun {
  readonly dispositionId: string;
  readonly studyInstanceUid: string;
  readonly facility: string;
  readonly isWholeStudy: boolean;
  readonly rejectionId: string;
  readonly planId: string;
  readonly planSha256: string;
  readonly schedule: string;
  readonly scheduleVersion: number;
  readonly rule: string;
  readonly reasonCode: string;
  readonly contentSha256: string;
  readonly instances: number;
  readonly bytes: number;
  readonly plannedBy: string;
  readonly approvedBy: string;
  /** What is deleted, at most 5,000; of more there are several lines. */
  readonly objectKeys: readonly string[];
}

/** They are gone, every version. Tombstones; at most 1,000 a line. */
export interface InstancesDisposed {
  readonly dispositionId: string;
  readonly studyInstanceUid: string;
  readonly instances: readonly NamedInstance[];
  /** The last line of the disposition. */
  readonly isLast: boolean;
}

/** A signed statement of what was disposed of. The statement is canonical JSON. */
export interface CertificateIssued {
  readonly certificateId: string;
  readonly planId: string;
  readonly statement: string;
  /** Ed25519, base64. */
  readonly signature: string;
  /** SubjectPublicKeyInfo (DER), base64. */
  readonly publicKey: string;
}

/** Every kind of retention with its members. */
export interface RetentionFacts {
  readonly 'facility-changed': FacilityChanged;
  readonly 'device-changed': DeviceChanged;
  readonly 'patient-fact-registered': PatientFactRegistered;
  readonly 'patient-fact-withdrawn': PatientFactWithdrawn;
  readonly 'patient-link-decided': PatientLinkDecided;
  readonly 'programme-registered': ProgrammeRegistered;
  readonly 'programme-withdrawn': ProgrammeWithdrawn;
  readonly 'schedule-adopted': ScheduleAdopted;
  readonly 'hold-placed': HoldPlaced;
  readonly 'hold-released': HoldReleased;
  readonly 'instances-rejected': InstancesRejected;
  readonly 'instances-restored': InstancesRestored;
  readonly 'plan-approved': PlanApproved;
  readonly 'plan-withdrawn': PlanWithdrawn;
  readonly 'purge-begun': PurgeBegun;
  readonly 'instances-disposed': InstancesDisposed;
  readonly 'certificate-issued': CertificateIssued;
}

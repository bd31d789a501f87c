// The members of each kind of fact of retention, one by one.
import { StorageError } from '../errors.ts';
import type { JsonReader } from '../segment/json-reader.ts';
import type { JournalLine } from './journal-facts.ts';
import { readList, readOrdinal, sha256Pattern, text, timePattern, uuidPattern } from './read-members.ts';
import type {
  HoldPlaced,
  InstancesRejected,
  NamedInstance,
  NamedPatient,
  PatientFactRegistered,
  PatientLinkDecided,
  PlanApproved,
  PurgeBegun,
  RetentionFacts,
} from './retention-facts.ts';

/** Most studies that a legal hold lists. */
export const maximumListedStudies = 10_000;
/** Most instances of a line; of more there are several lines. */
export const maximumInstancesOfLine = 1_000;
/** Most keys of objects of a line; of more there are several lines. */
export const maximumKeysOfLine = 5_000;

/** Name of a kind of retention. */
type RetentionKind = keyof RetentionFacts;

/** A line of one of these kinds. */
export type RetentionLine = Extract<JournalLine, { kind: RetentionKind }>;

/** Whether the line is about retention: these kinds came with version 2 of the format. */
export function isRetentionLine(line: JournalLine): line is RetentionLine {
  return Object.hasOwn(retentionReaders, line.kind);
}

/** Reads each kind of fact of retention. Error: `damaged`. */
export const retentionReaders: {
  readonly [Kind in RetentionKind]: (json: JsonReader) => RetentionFacts[Kind];
} = {
  'facility-changed': (json) => ({ code: text(json, 'code'), region: optionalWord(json, 'region') }),
  'device-changed': (json) => ({
    facility: text(json, 'facility'),
    code: text(json, 'code'),
    commissionedOn: json.field('commissionedOn').optional((value) => value.text(datePattern)),
  }),
  'patient-fact-registered': readPatientFact,
  'patient-fact-withdrawn': (json) => ({ patientFactId: uuid(json, 'patientFactId') }),
  'patient-link-decided': readLink,
  'programme-registered': (json) => ({
    studyProgrammeId: uuid(json, 'studyProgrammeId'),
    studyInstanceUid: text(json, 'studyInstanceUid'),
    programme: text(json, 'programme'),
  }),
  'programme-withdrawn': (json) => ({ studyProgrammeId: uuid(json, 'studyProgrammeId') }),
  'schedule-adopted': (json) => ({
    schedule: text(json, 'schedule'),
    version: readOrdinal(json.field('version')),
    text: text(json, 'text'),
    proposedBy: text(json, 'proposedBy'),
    proposedAt: time(json, 'proposedAt'),
  }),
  'hold-placed': readHold,
  'hold-released': (json) => ({ legalHoldId: uuid(json, 'legalHoldId'), reason: text(json, 'reason') }),
  'instances-rejected': readRejection,
  'instances-restored': (json) => ({ rejectionId: uuid(json, 'rejectionId'), reason: text(json, 'reason') }),
  'plan-approved': readPlan,
  'plan-withdrawn': (json) => ({ planId: uuid(json, 'planId') }),
  'purge-begun': readPurge,
  'instances-disposed': (json) => ({
    dispositionId: uuid(json, 'dispositionId'),
    studyInstanceUid: text(json, 'studyInstanceUid'),
    instances: readInstances(json),
    isLast: json.field('isLast').boolean(),
  }),
  'certificate-issued': (json) => ({
    certificateId: uuid(json, 'certificateId'),
    planId: uuid(json, 'planId'),
    statement: text(json, 'statement'),
    signature: json.field('signature').text(signaturePattern),
    publicKey: json.field('publicKey').text(base64Pattern),
  }),
};

const datePattern = /^\d{4}-\d{2}-\d{2}$/;
/** 64 bytes in base64. */
const signaturePattern = /^[A-Za-z0-9+/]{86}==$/;
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;

function readPatientFact(json: JsonReader): PatientFactRegistered {
  const factKind = json.field('factKind').oneOf('birth', 'death', 'contact', 'diagnosis');
  const diagnosisClass = optionalWord(json, 'diagnosisClass');
  if ((factKind === 'diagnosis') !== (diagnosisClass !== undefined)) {
    throw new StorageError('damaged', 'a diagnosis, and nothing else, has a class');
  }
  return {
    patientFactId: uuid(json, 'patientFactId'),
    ...readPatient(json),
    factKind,
    diagnosisClass,
    on: json.field('on').text(datePattern),
    source: text(json, 'source'),
  };
}

function readPatient(json: JsonReader): NamedPatient {
  return { issuer: text(json, 'issuer'), patientId: text(json, 'patientId') };
}

function readLink(json: JsonReader): PatientLinkDecided {
  return {
    one: readPatient(json.field('one')),
    other: readPatient(json.field('other')),
    state: json.field('state').oneOf('candidate', 'confirmed', 'refused', 'removed'),
  };
}

function readHold(json: JsonReader): HoldPlaced {
  const condition = optionalWord(json, 'condition');
  const studyInstanceUids = json
    .field('studyInstanceUids')
    .optional((list) => readList(list, maximumListedStudies, (uid) => uid.text(/./)));
  if ((condition === undefined) === (studyInstanceUids === undefined)) {
    throw new StorageError('damaged', 'a hold has either listed studies or a condition');
  }
  return {
    legalHoldId: uuid(json, 'legalHoldId'),
    reason: text(json, 'reason'),
    authority: text(json, 'authority'),
    owner: text(json, 'owner'),
    reviewOn: json.field('reviewOn').text(datePattern),
    studyInstanceUids,
    condition,
  };
}

function readRejection(json: JsonReader): InstancesRejected {
  const facility = optionalWord(json, 'facility');
  const awaited = json
    .field('awaited')
    .optional((list) => readList(list, maximumInstancesOfLine, (uid) => uid.text(/./)));
  if ((awaited === undefined) !== (facility === undefined)) {
    throw new StorageError('damaged', 'what is awaited is awaited in studies of a facility');
  }
  return {
    rejectionId: uuid(json, 'rejectionId'),
    studyInstanceUid: text(json, 'studyInstanceUid'),
    seriesInstanceUid: optionalWord(json, 'seriesInstanceUid'),
    reasonCode: json.field('reasonCode').oneOf('113001', '113037', '113038', '113039'),
    reasonText: json.field('reasonText').text(),
    planId: json.field('planId').optional((id) => id.text(uuidPattern)),
    noteUid: optionalWord(json, 'noteUid'),
    restoreUntil: time(json, 'restoreUntil'),
    instances: readInstances(json),
    awaited,
    facility,
  };
}

function readInstances(json: JsonReader): NamedInstance[] {
  return readList(json.field('instances'), maximumInstancesOfLine, (instance) => ({
    seriesInstanceUid: text(instance, 'seriesInstanceUid'),
    sopInstanceUid: text(instance, 'sopInstanceUid'),
    sha256: instance.field('sha256').text(sha256Pattern),
  }));
}

function readPlan(json: JsonReader): PlanApproved {
  return {
    planId: uuid(json, 'planId'),
    planKind: json.field('planKind').oneOf('schedule', 'rejections'),
    schedule: text(json, 'schedule'),
    scheduleVersion: readOrdinal(json.field('scheduleVersion')),
    sha256: json.field('sha256').text(sha256Pattern),
    studies: json.field('studies').count(),
    instances: json.field('instances').count(),
    bytes: json.field('bytes').count(),
    createdBy: text(json, 'createdBy'),
    createdAt: time(json, 'createdAt'),
    expiresAt: time(json, 'expiresAt'),
  };
}

function readPurge(json: JsonReader): PurgeBegun {
  return {
    dispositionId: uuid(json, 'dispositionId'),
    studyInstanceUid: text(json, 'studyInstanceUid'),
    facility: text(json, 'facility'),
    isWholeStudy: json.field('isWholeStudy').boolean(),
    rejectionId: uuid(json, 'rejectionId'),
    planId: uuid(json, 'planId'),
    planSha256: json.field('planSha256').text(sha256Pattern),
    schedule: text(json, 'schedule'),
    scheduleVersion: readOrdinal(json.field('scheduleVersion')),
    rule: text(json, 'rule'),
    reasonCode: text(json, 'reasonCode'),
    contentSha256: json.field('contentSha256').text(sha256Pattern),
    instances: json.field('instances').count(),
    bytes: json.field('bytes').count(),
    plannedBy: text(json, 'plannedBy'),
    approvedBy: text(json, 'approvedBy'),
    objectKeys: readList(json.field('objectKeys'), maximumKeysOfLine, (key) => key.text(/./)),
  };
}

function uuid(json: JsonReader, name: string): string {
  return json.field(name).text(uuidPattern);
}

function time(json: JsonReader, name: string): string {
  return json.field(name).text(timePattern);
}

/** What is absent, and never empty. */
function optionalWord(json: JsonReader, name: string): string | undefined {
  return json.field(name).optional((value) => value.text(/./s));
}

// The members of each kind of fact, one by one; those of retention: read-retention-fact.ts.
import { StorageError } from '../errors.ts';
import type { JsonReader } from '../segment/json-reader.ts';
import type {
  DeviceCreated,
  JournalFact,
  JournalFacts,
  JournalKind,
  JournalPlace,
  QuarantineDecided,
  QuarantineDescription,
} from './journal-facts.ts';
import { notEmpty, optionalText, sha256Pattern, text, timePattern, uuidPattern } from './read-members.ts';
import { retentionReaders } from './read-retention-fact.ts';

/**
 * Reads the fact of a line. Errors: `damaged`; `unsupported-format` for a kind that this program does not know: a reader
 * that passed over it could undo what somebody decided.
 */
export function readJournalFact(kind: string, json: JsonReader): JournalFact {
  if (!isKind(kind)) {
    throw new StorageError('unsupported-format', `the journal has facts of the kind ${JSON.stringify(kind)}`);
  }
  return { kind, fact: readers[kind](json) } as JournalFact;
}

function isKind(kind: string): kind is JournalKind {
  return Object.hasOwn(readers, kind);
}

const readers: { readonly [Kind in JournalKind]: (json: JsonReader) => JournalFacts[Kind] } = {
  'issuer-created': (json) => ({
    localNamespace: text(json, 'localNamespace'),
    universalId: optionalText(json, 'universalId'),
    universalIdType: optionalText(json, 'universalIdType'),
  }),
  'facility-created': (json) => ({
    code: text(json, 'code'),
    name: json.field('name').text(),
    patientIssuer: text(json, 'patientIssuer'),
    accessionIssuer: text(json, 'accessionIssuer'),
    assumedCharacterSet: optionalText(json, 'assumedCharacterSet'),
  }),
  'device-created': readDevice,
  'api-key-created': (json) => ({
    apiKeyId: text(json, 'apiKeyId'),
    secretHash: json.field('secretHash').text(sha256Pattern),
    name: json.field('name').text(),
    roles: json.field('roles').list((role) => role.text(notEmpty)),
    facility: optionalText(json, 'facility'),
    device: optionalText(json, 'device'),
  }),
  'api-key-revoked': (json) => ({ apiKeyId: text(json, 'apiKeyId') }),
  quarantined: readQuarantine,
  'quarantine-accepted': readDecision,
  'quarantine-discarded': readDecision,
  'instance-replaced': (json) => ({
    sopInstanceUid: text(json, 'sopInstanceUid'),
    studyInstanceUid: text(json, 'studyInstanceUid'),
    seriesInstanceUid: text(json, 'seriesInstanceUid'),
    ...readEntry(json),
    quarantineId: json.field('quarantineId').count(),
    byQuarantineId: json.field('byQuarantineId').count(),
    reason: text(json, 'reason'),
    message: json.field('message').text(),
    ...readSender(json),
  }),
  'correction-proposed': (json) => ({
    proposedCorrectionId: json.field('proposedCorrectionId').count(),
    sopInstanceUid: text(json, 'sopInstanceUid'),
    studyInstanceUid: text(json, 'studyInstanceUid'),
    ...readEntry(json),
    ...readSender(json),
  }),
  'correction-discarded': (json) => ({
    proposedCorrectionId: json.field('proposedCorrectionId').count(),
    sopInstanceUid: text(json, 'sopInstanceUid'),
    ...readEntry(json),
  }),
  'instance-equal': (json) => ({
    sopInstanceUid: text(json, 'sopInstanceUid'),
    ...readEntry(json),
    sameEncoding: json.field('sameEncoding').boolean(),
    holderSha256: json.field('holderSha256').text(sha256Pattern),
  }),
  'identity-conflict': (json) => ({
    sopInstanceUid: text(json, 'sopInstanceUid'),
    studyInstanceUid: text(json, 'studyInstanceUid'),
    ...readEntry(json),
    facility: text(json, 'facility'),
    device: optionalText(json, 'device'),
  }),
  'segment-superseded': (json) => ({
    segmentId: json.field('segmentId').text(uuidPattern),
    objectKey: text(json, 'objectKey'),
  }),
  checkpoint: (json) => ({
    changeEpoch: json.field('changeEpoch').optional((value) => value.count()),
    changePosition: json.field('changePosition').optional((value) => value.count()),
  }),
  'epoch-ended': (json) => ({ nextEpoch: json.field('nextEpoch').count() }),
  ...retentionReaders,
};

function readDevice(json: JsonReader): DeviceCreated {
  return {
    facility: text(json, 'facility'),
    code: text(json, 'code'),
    manufacturer: optionalText(json, 'manufacturer'),
    model: optionalText(json, 'model'),
    serialNumber: optionalText(json, 'serialNumber'),
    modality: optionalText(json, 'modality'),
    origin: json.field('origin').oneOf('local', 'assembled', 'imported'),
    assumedCharacterSet: optionalText(json, 'assumedCharacterSet'),
    patientIssuer: optionalText(json, 'patientIssuer'),
    accessionIssuer: optionalText(json, 'accessionIssuer'),
    quarantineQuotaBytes: json.field('quarantineQuotaBytes').optional((value) => value.count()),
  };
}

function readQuarantine(json: JsonReader): QuarantineDescription {
  return {
    quarantineId: json.field('quarantineId').count(),
    sha256: json.field('sha256').text(sha256Pattern),
    reason: text(json, 'reason'),
    message: json.field('message').text(),
    ...readSender(json),
    objectKey: text(json, 'objectKey'),
    entryOffset: json.field('entryOffset').count(),
    entryLength: json.field('entryLength').count(),
    segmentId: json.field('segmentId').optional((id) => id.text(uuidPattern)),
    studyInstanceUid: optionalText(json, 'studyInstanceUid'),
    seriesInstanceUid: optionalText(json, 'seriesInstanceUid'),
    sopInstanceUid: optionalText(json, 'sopInstanceUid'),
  };
}

function readDecision(json: JsonReader): QuarantineDecided {
  return {
    ...readQuarantine(json),
    place: json.field('place').optional(readPlace),
    leftoverObjectKey: optionalText(json, 'leftoverObjectKey'),
  };
}

function readPlace(json: JsonReader): JournalPlace {
  return {
    segmentId: json.field('segmentId').text(uuidPattern),
    objectKey: text(json, 'objectKey'),
    entryOffset: json.field('entryOffset').count(),
    entryLength: json.field('entryLength').count(),
  };
}

function readEntry(json: JsonReader): { segmentId: string; sha256: string } {
  return {
    segmentId: json.field('segmentId').text(uuidPattern),
    sha256: json.field('sha256').text(sha256Pattern),
  };
}

function readSender(json: JsonReader) {
  return {
    facility: text(json, 'facility'),
    device: optionalText(json, 'device'),
    principal: text(json, 'principal'),
    receivedAt: json.field('receivedAt').text(timePattern),
  };
}

// One fact of every kind, with every member that it can have. For tests.
import type { JournalFact, JournalKind, JournalLine, QuarantineDescription } from '../journal-facts.ts';
import { sampleRetentionFacts } from './sample-retention-facts.ts';

const segmentId = '018f0000-0000-7000-8000-000000000001';
const sha256 = 'ab'.repeat(32);
const sender = {
  facility: 'hospital',
  device: 'ct-1',
  principal: 'key-1',
  receivedAt: '2026-03-01T08:00:00.000Z',
};
const quarantine: QuarantineDescription = {
  quarantineId: 7,
  sha256,
  reason: 'truncated',
  message: 'the data set ends at byte 100',
  ...sender,
  objectKey: 'quarantine/ab/abc',
  entryOffset: 0,
  entryLength: 100,
  segmentId,
  studyInstanceUid: '1.2',
  seriesInstanceUid: '1.2.3',
  sopInstanceUid: '1.2.3.4',
};
const place = { segmentId, objectKey: 'v1/00/segment.tar', entryOffset: 512, entryLength: 100 };

/** Indexed by kind, so that none can be forgotten. */
export const sampleFacts: {
  readonly [Kind in JournalKind]: Extract<JournalFact, { kind: Kind }>['fact'];
} = {
  'issuer-created': { localNamespace: 'КЗ', universalId: '1.2.3', universalIdType: 'ISO' },
  'facility-created': {
    code: 'hospital',
    name: 'Городская больница №1 "Nord"',
    patientIssuer: 'hospital',
    accessionIssuer: 'ris',
    assumedCharacterSet: 'KZ-1048',
  },
  'device-created': {
    facility: 'hospital',
    code: 'ct-1',
    manufacturer: 'ACME',
    model: 'Scan64',
    serialNumber: '4711',
    modality: 'CT',
    origin: 'local',
    assumedCharacterSet: 'CP949',
    patientIssuer: 'hospital',
    accessionIssuer: 'ris',
    quarantineQuotaBytes: 5_000_000_000,
  },
  'api-key-created': {
    apiKeyId: 'k1',
    secretHash: sha256,
    name: 'CT room 2',
    roles: ['scanner'],
    facility: 'hospital',
    device: 'ct-1',
  },
  'api-key-revoked': { apiKeyId: 'k1' },
  quarantined: quarantine,
  'quarantine-accepted': { ...quarantine, place, leftoverObjectKey: 'quarantine/ab/abc' },
  'quarantine-discarded': { ...quarantine, place, leftoverObjectKey: 'quarantine/ab/abc' },
  'instance-replaced': {
    sopInstanceUid: '1.2.3.4',
    studyInstanceUid: '1.2',
    seriesInstanceUid: '1.2.3',
    segmentId,
    sha256,
    quarantineId: 8,
    byQuarantineId: 7,
    reason: 'duplicate-sop-instance',
    message: 'its SOP Instance UID was given to the instance of entry 7',
    ...sender,
  },
  'correction-proposed': {
    proposedCorrectionId: 3,
    sopInstanceUid: '1.2.3.4',
    studyInstanceUid: '1.2',
    sha256,
    segmentId,
    ...sender,
  },
  'correction-discarded': { proposedCorrectionId: 3, sopInstanceUid: '1.2.3.4', sha256, segmentId },
  'instance-equal': {
    sopInstanceUid: '1.2.3.4',
    sha256,
    segmentId,
    sameEncoding: false,
    holderSha256: 'cd'.repeat(32),
  },
  'identity-conflict': {
    sopInstanceUid: '1.2.3.4',
    studyInstanceUid: '1.2',
    sha256,
    segmentId,
    facility: 'hospital',
    device: 'ct-1',
  },
  'segment-superseded': { segmentId, objectKey: 'v1/00/segment.tar' },
  ...sampleRetentionFacts,
  checkpoint: { changeEpoch: 1, changePosition: 4711 },
  'epoch-ended': { nextEpoch: 2 },
};

/** A line of each kind; the end of an epoch, which stands last, comes last. */
export function sampleLines(): JournalLine[] {
  return Object.entries(sampleFacts).map(
    ([kind, fact], index) =>
      ({
        id: index + 1,
        kind,
        fact,
        decidedBy: 'anna',
        occurredAt: '2026-03-01T08:00:00.000Z',
      }) as JournalLine,
  );
}

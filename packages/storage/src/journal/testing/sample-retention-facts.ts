// One fact of every kind of retention, with every member that it can have. For tests.
import type { RetentionFacts } from '../retention-facts.ts';

const sha256 = 'ab'.repeat(32);
const id = (number: number) => `018f0000-0000-7000-8000-0000000000${String(number).padStart(2, '0')}`;
const instances = [{ seriesInstanceUid: '1.2.3', sopInstanceUid: '1.2.3.4', sha256 }];
const one = { issuer: 'КЗ', patientId: '890101300123' };

/** Indexed by kind, so that none can be forgotten. */
export const sampleRetentionFacts: RetentionFacts = {
  'facility-changed': { code: 'hospital', region: 'Алматы' },
  'device-changed': { facility: 'hospital', code: 'ct-1', commissionedOn: '2019-05-31' },
  'patient-fact-registered': {
    patientFactId: id(1),
    ...one,
    factKind: 'diagnosis',
    diagnosisClass: 'malignant',
    on: '2024-02-29',
    source: 'cancer register',
  },
  'patient-fact-withdrawn': { patientFactId: id(1) },
  'patient-link-decided': { one, other: { issuer: 'hospital', patientId: 'H-7' }, state: 'confirmed' },
  'programme-registered': { studyProgrammeId: id(2), studyInstanceUid: '1.2', programme: 'breast-screening' },
  'programme-withdrawn': { studyProgrammeId: id(2) },
  'schedule-adopted': {
    schedule: 'kazakhstan',
    version: 3,
    text: 'schedule: kazakhstan\n# …\n',
    proposedBy: 'key:planner',
    proposedAt: '2026-03-01T08:00:00.000Z',
  },
  'hold-placed': {
    legalHoldId: id(3),
    reason: 'inquiry',
    authority: 'district court',
    owner: 'legal office',
    reviewOn: '2027-03-01',
    studyInstanceUids: ['1.2', '1.3'],
  },
  'hold-released': { legalHoldId: id(3), reason: 'the inquiry is over' },
  'instances-rejected': {
    rejectionId: id(4),
    studyInstanceUid: '1.2',
    seriesInstanceUid: '1.2.3',
    reasonCode: '113039',
    reasonText: 'data retention expired',
    planId: id(5),
    noteUid: '1.2.9',
    restoreUntil: '2026-04-01T08:00:00.000Z',
    instances,
  },
  'instances-restored': { rejectionId: id(4), reason: 'an instance arrived' },
  'plan-approved': {
    planId: id(5),
    planKind: 'schedule',
    schedule: 'kazakhstan',
    scheduleVersion: 3,
    sha256,
    studies: 1,
    instances: 1,
    bytes: 524_288,
    createdBy: 'key:planner',
    createdAt: '2026-03-01T08:00:00.000Z',
    expiresAt: '2026-06-01T08:00:00.000Z',
  },
  'plan-withdrawn': { planId: id(5) },
  'purge-begun': {
    dispositionId: id(6),
    studyInstanceUid: '1.2',
    facility: 'hospital',
    isWholeStudy: true,
    rejectionId: id(4),
    planId: id(5),
    planSha256: sha256,
    schedule: 'kazakhstan',
    scheduleVersion: 3,
    rule: 'adults',
    reasonCode: '113039',
    contentSha256: sha256,
    instances: 1,
    bytes: 524_288,
    plannedBy: 'key:planner',
    approvedBy: 'key:approver',
    objectKeys: ['v1/00/segment.tar'],
  },
  'instances-disposed': { dispositionId: id(6), studyInstanceUid: '1.2', instances, isLast: true },
  'certificate-issued': {
    certificateId: id(7),
    planId: id(5),
    statement: '{"studies":1}',
    signature: Buffer.alloc(64, 7).toString('base64'),
    publicKey: Buffer.alloc(44, 8).toString('base64'),
  },
};

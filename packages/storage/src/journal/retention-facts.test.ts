import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertJournalLine, encodeJournalBatch } from './encode-journal-batch.ts';
import type { JournalLine } from './journal-facts.ts';
import { parseJournalBatch } from './parse-journal-batch.ts';
import { maximumInstancesOfLine, maximumKeysOfLine, maximumListedStudies } from './read-retention-fact.ts';
import type { RetentionFacts } from './retention-facts.ts';
import { sampleRetentionFacts } from './testing/sample-retention-facts.ts';

type Kind = keyof RetentionFacts;

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((one) => one.isWellFormed());
const uid = fc.stringMatching(/^[0-2]\.[0-9]{1,20}(\.[0-9]{1,10}){0,3}$/);
const uuid = fc.uuid();
const sha256 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const moment = fc
  .date({ min: new Date(0), max: new Date('2999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const day = moment.map((time) => time.slice(0, 10));
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const base64 = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes).toString('base64'));
const patient = { issuer: text, patientId: text };
const instances = fc.array(fc.record({ seriesInstanceUid: uid, sopInstanceUid: uid, sha256 }), {
  maxLength: 5,
});
const count = fc.maxSafeNat();
const ordinal = fc.integer({ min: 1 });
const schedule = { schedule: text, scheduleVersion: ordinal };
const reasonCode = fc.constantFrom('113001', '113037', '113038', '113039');
const rejection = {
  rejectionId: uuid,
  studyInstanceUid: uid,
  seriesInstanceUid: optional(uid),
  reasonCode,
  reasonText: text,
  planId: optional(uuid),
  noteUid: optional(uid),
  restoreUntil: moment,
  instances,
};
const hold = { legalHoldId: uuid, reason: text, authority: text, owner: text, reviewOn: day };

const facts: { readonly [Of in Kind]: fc.Arbitrary<RetentionFacts[Of]> } = {
  'facility-changed': fc.record({ code: text, region: optional(text) }),
  'device-changed': fc.record({ facility: text, code: text, commissionedOn: optional(day) }),
  'patient-fact-registered': fc.oneof(
    fc.record({
      patientFactId: uuid,
      ...patient,
      on: day,
      source: text,
      factKind: fc.constantFrom('birth', 'death', 'contact'),
    }),
    fc.record({
      patientFactId: uuid,
      ...patient,
      on: day,
      source: text,
      factKind: fc.constant('diagnosis'),
      diagnosisClass: text,
    }),
  ),
  'patient-fact-withdrawn': fc.record({ patientFactId: uuid }),
  'patient-link-decided': fc.record({
    one: fc.record(patient),
    other: fc.record(patient),
    state: fc.constantFrom('candidate', 'confirmed', 'refused', 'removed'),
  }),
  'programme-registered': fc.record({ studyProgrammeId: uuid, studyInstanceUid: uid, programme: text }),
  'programme-withdrawn': fc.record({ studyProgrammeId: uuid }),
  'schedule-adopted': fc.record({
    schedule: text,
    version: ordinal,
    text,
    proposedBy: text,
    proposedAt: moment,
  }),
  'hold-placed': fc.oneof(
    fc.record({ ...hold, studyInstanceUids: fc.array(uid, { maxLength: 9 }) }),
    fc.record({ ...hold, condition: text }),
  ),
  'hold-released': fc.record({ legalHoldId: uuid, reason: text }),
  'instances-rejected': fc.oneof(
    fc.record(rejection),
    fc.record({ ...rejection, awaited: fc.array(uid, { minLength: 1, maxLength: 3 }), facility: text }),
  ),
  'instances-restored': fc.record({ rejectionId: uuid, reason: text }),
  'plan-approved': fc.record({
    planId: uuid,
    planKind: fc.constantFrom('schedule', 'rejections'),
    ...schedule,
    sha256,
    studies: count,
    instances: count,
    bytes: count,
    createdBy: text,
    createdAt: moment,
    expiresAt: moment,
  }),
  'plan-withdrawn': fc.record({ planId: uuid }),
  'purge-begun': fc.record({
    dispositionId: uuid,
    studyInstanceUid: uid,
    facility: text,
    isWholeStudy: fc.boolean(),
    rejectionId: uuid,
    planId: uuid,
    planSha256: sha256,
    ...schedule,
    rule: text,
    reasonCode,
    contentSha256: sha256,
    instances: count,
    bytes: count,
    plannedBy: text,
    approvedBy: text,
    objectKeys: fc.array(text, { maxLength: 9 }),
  }),
  'instances-disposed': fc.record({
    dispositionId: uuid,
    studyInstanceUid: uid,
    instances,
    isLast: fc.boolean(),
  }),
  'certificate-issued': fc.record({
    certificateId: uuid,
    planId: uuid,
    statement: text,
    signature: base64(64, 64),
    publicKey: base64(1, 50),
  }),
};

const anyLine = fc
  .oneof(
    ...(Object.keys(facts) as Kind[]).map((kind) =>
      fc.record({
        id: count,
        kind: fc.constant(kind),
        fact: facts[kind],
        decidedBy: text,
        occurredAt: moment,
      }),
    ),
  )
  .map((line) => line as JournalLine);

describe('facts about retention', () => {
  it('come back as they were written, whatever they say', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { minLength: 1, maxLength: 5 }), (lines) => {
        for (const line of lines) expect(assertJournalLine(line)).toBeGreaterThan(0);
        const batch = { epoch: 1, position: 1, previous: undefined, lines };
        expect(parseJournalBatch(encodeJournalBatch(batch))).toEqual(batch);
      }),
      { numRuns: 300 },
    );
  });

  const lineOf = (kind: Kind, change: object): JournalLine =>
    ({
      id: 1,
      kind,
      fact: { ...sampleRetentionFacts[kind], ...change },
      decidedBy: 'anna',
      occurredAt: '2026-03-01T08:00:00.000Z',
    }) as JournalLine;
  const instance = { seriesInstanceUid: '1.2', sopInstanceUid: '1.3', sha256: 'ab'.repeat(32) };
  const many = (length: number) => Array.from({ length }, () => instance);

  it.each<[string, Kind, object]>([
    ['a death with a class', 'patient-fact-registered', { factKind: 'death' }],
    ['a diagnosis without one', 'patient-fact-registered', { diagnosisClass: undefined }],
    ['a day that is none', 'patient-fact-registered', { on: '20240229' }],
    ['a hold of studies and a condition', 'hold-placed', { condition: 'modality: [CT]' }],
    ['a hold of nothing', 'hold-placed', { studyInstanceUids: undefined }],
    ['too many studies', 'hold-placed', { studyInstanceUids: Array(maximumListedStudies + 1).fill('1.2') }],
    ['too many instances', 'instances-rejected', { instances: many(maximumInstancesOfLine + 1) }],
    ['too many tombstones', 'instances-disposed', { instances: many(maximumInstancesOfLine + 1) }],
    ['too many objects', 'purge-begun', { objectKeys: Array(maximumKeysOfLine + 1).fill('v1/00/a') }],
    ['something awaited nowhere', 'instances-rejected', { facility: undefined }],
    ['too much awaited', 'instances-rejected', { awaited: Array(maximumInstancesOfLine + 1).fill('1.2') }],
    ['another reason', 'instances-rejected', { reasonCode: '113002' }],
    ['a version 0', 'schedule-adopted', { version: 0 }],
    ['a short signature', 'certificate-issued', { signature: 'AAAA' }],
    ['an id in capitals', 'plan-withdrawn', { planId: '018F0000-0000-7000-8000-000000000001' }],
  ])('cannot be written with %s', (_what, kind, change) => {
    expect(() => assertJournalLine(lineOf(kind, change))).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    );
  });

  it('of the longest lists fit into a line', () => {
    const uids = (length: number) => Array<string>(length).fill('1'.padEnd(64, '2'));
    const longest = {
      seriesInstanceUid: '1'.padEnd(64, '2'),
      sopInstanceUid: '1'.padEnd(64, '2'),
      sha256: 'ab'.repeat(32),
    };
    const key = `v1/00/${'0'.repeat(32)}/018f0000-0000-7000-8000-000000000001-${'0'.repeat(16)}.tar`;
    assertJournalLine(lineOf('hold-placed', { studyInstanceUids: uids(maximumListedStudies) }));
    assertJournalLine(
      lineOf('instances-rejected', {
        instances: Array.from({ length: maximumInstancesOfLine }, () => longest),
        awaited: uids(maximumInstancesOfLine),
      }),
    );
    assertJournalLine(lineOf('purge-begun', { objectKeys: Array(maximumKeysOfLine).fill(key) }));
  });
});

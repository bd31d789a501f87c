import type { EntryFact } from '@sandyq/database';
import type { JournalFact, QuarantineDescription } from '@sandyq/storage';
import { describe, expect, it } from 'vitest';
import { foldEntryFacts, standingsOf } from './fold-entry-facts.ts';

const here = '018f0000-0000-7000-8000-000000000001';
const elsewhere = '018f0000-0000-7000-8000-000000000002';
const sha256 = 'ab'.repeat(32);
const entry: QuarantineDescription = {
  quarantineId: 7,
  sha256,
  reason: 'foreign-study',
  message: 'the study belongs to a patient of another facility',
  facility: 'hospital',
  principal: 'scanner',
  objectKey: 'v1/00/segment.tar',
  entryOffset: 512,
  entryLength: 100,
  segmentId: here,
  receivedAt: '2026-03-01T08:00:00.000Z',
};
const replaced = {
  sopInstanceUid: '1.2.3.4',
  studyInstanceUid: '1.2',
  seriesInstanceUid: '1.2.3',
  segmentId: here,
  sha256,
  quarantineId: 9,
  byQuarantineId: 8,
  reason: 'duplicate-sop-instance',
  message: 'its SOP Instance UID was given to the instance of entry 8',
  facility: 'hospital',
  principal: 'scanner',
  receivedAt: '2026-03-01T08:00:00.000Z',
};
const correction = { proposedCorrectionId: 3, sopInstanceUid: '1.2.3.4', sha256, segmentId: here };
const proposal = {
  ...correction,
  studyInstanceUid: '1.2',
  facility: 'hospital',
  principal: 'scanner',
  receivedAt: '2026-03-01T08:00:00.000Z',
};
const conflict = {
  sopInstanceUid: '1.2.3.4',
  studyInstanceUid: '1.2',
  sha256,
  segmentId: here,
  facility: 'hospital',
};
const equal = {
  sopInstanceUid: '1.2.3.4',
  sha256,
  segmentId: here,
  sameEncoding: false,
  holderSha256: sha256,
};
const decision = { decidedBy: 'anna', decidedAt: new Date('2026-03-02T10:00:00Z') };

function factsOf(facts: readonly JournalFact[], isOver = false): EntryFact[] {
  return facts.map((fact, index) => {
    const line = { ...fact, id: index + 1, decidedBy: 'anna', occurredAt: '2026-03-02T10:00:00.000Z' };
    return { line, segmentId: here, sha256, isOver };
  });
}

const fold = (...facts: JournalFact[]) => foldEntryFacts(factsOf(facts));
const quarantined: JournalFact = { kind: 'quarantined', fact: entry };

describe('the standing of an entry', () => {
  it('of which nothing was said is none', () => {
    expect(fold()).toEqual({ kind: 'none', quarantine: [], isHeld: false });
  });

  it('is that of its quarantine entry, with everything its row needs', () => {
    expect(fold(quarantined)).toEqual({
      kind: 'quarantined',
      isHeld: false,
      quarantine: [
        {
          quarantineId: 7,
          reason: 'foreign-study',
          message: entry.message,
          facility: 'hospital',
          device: undefined,
          principal: 'scanner',
          studyInstanceUid: undefined,
          seriesInstanceUid: undefined,
          sopInstanceUid: undefined,
          receivedAt: new Date('2026-03-01T08:00:00Z'),
          state: 'open',
          decidedBy: undefined,
          decidedAt: undefined,
          place: undefined,
          leftoverObjectKey: undefined,
        },
      ],
    });
  });

  it.each(['accepted', 'discarded'] as const)('is %s after that was decided', (state) => {
    const kind = `quarantine-${state}` as const;
    expect(fold(quarantined, { kind, fact: entry })).toMatchObject({
      kind: state,
      quarantine: [{ quarantineId: 7, state, ...decision }],
    });
    // The decision alone tells everything: bytes of their own came into this segment by it.
    const place = { segmentId: here, objectKey: 'v1/00/new.tar', entryOffset: 512, entryLength: 100 };
    expect(fold({ kind, fact: { ...entry, segmentId: undefined, place } })).toMatchObject({
      kind: state,
      quarantine: [{ message: entry.message, state, place }],
    });
  });

  it('is moved where its bytes were accepted into another segment', () => {
    const place = { segmentId: elsewhere, objectKey: 'v1/00/new.tar', entryOffset: 512, entryLength: 100 };
    expect(fold(quarantined, { kind: 'quarantine-accepted', fact: { ...entry, place } })).toEqual({
      kind: 'moved',
      quarantine: [],
      isHeld: false,
    });
  });

  it('is held if it was accepted and belongs to another patient, in either order', () => {
    const accepted: JournalFact = { kind: 'quarantine-accepted', fact: entry };
    const held: JournalFact = { kind: 'identity-conflict', fact: conflict };
    expect(fold(quarantined, held, accepted)).toMatchObject({ kind: 'accepted', isHeld: true });
    expect(fold(quarantined, accepted, held)).toMatchObject({ kind: 'accepted', isHeld: true });
    expect(fold(held)).toEqual({ kind: 'identity-conflict', quarantine: [], isHeld: true });
  });

  it('is replaced with both rows of its history', () => {
    const accepted: JournalFact = { kind: 'quarantine-accepted', fact: entry };
    expect(fold(quarantined, accepted, { kind: 'instance-replaced', fact: replaced })).toMatchObject({
      kind: 'replaced',
      isHeld: false,
      quarantine: [
        { quarantineId: 7, state: 'accepted' },
        { quarantineId: 9, state: 'replaced', reason: 'duplicate-sop-instance', ...decision },
      ],
    });
  });

  it('stays decided where a database that had forgotten it judged again, under another number', () => {
    const discarded: JournalFact = { kind: 'quarantine-discarded', fact: entry };
    const again: JournalFact = { kind: 'quarantined', fact: { ...entry, quarantineId: 99 } };
    expect(fold(quarantined, discarded, again)).toMatchObject({
      kind: 'discarded',
      quarantine: [{ quarantineId: 7, state: 'discarded' }],
    });
    const byOther: JournalFact = { kind: 'quarantine-discarded', fact: { ...entry, quarantineId: 99 } };
    expect(fold(quarantined, byOther).quarantine).toMatchObject([{ quarantineId: 99, state: 'discarded' }]);
  });

  it('goes on after one objection was lifted and another raised', () => {
    const accepted: JournalFact = { kind: 'quarantine-accepted', fact: entry };
    const second: JournalFact = {
      kind: 'quarantined',
      fact: { ...entry, quarantineId: 8, reason: 'processing-failure' },
    };
    expect(fold(quarantined, accepted, second)).toMatchObject({
      kind: 'quarantined',
      quarantine: [
        { quarantineId: 7, state: 'accepted' },
        { quarantineId: 8, state: 'open' },
      ],
    });
  });

  it('is that of a proposed correction', () => {
    const proposed: JournalFact = { kind: 'correction-proposed', fact: proposal };
    expect(fold(proposed)).toMatchObject({
      kind: 'correction',
      correction: { proposedCorrectionId: 3, state: 'open', facility: 'hospital' },
    });
    const discarded: JournalFact = { kind: 'correction-discarded', fact: correction };
    expect(fold(proposed, discarded)).toMatchObject({
      kind: 'correction-discarded',
      correction: { state: 'discarded', ...decision },
    });
    expect(fold(discarded).kind).toBe('none');
  });

  it('is equal, for as long as the UID is held by what it was compared with', () => {
    const said: JournalFact = { kind: 'instance-equal', fact: equal };
    expect(fold(said)).toMatchObject({ kind: 'equal', knownEncoding: { sameEncoding: false } });
    expect(foldEntryFacts(factsOf([said], true))).toMatchObject({ kind: 'equal', knownEncoding: undefined });
  });
});

it('standings are told apart by segment and bytes', () => {
  const facts = [
    ...factsOf([quarantined]),
    ...factsOf([{ kind: 'identity-conflict', fact: conflict }]).map((fact) => ({
      ...fact,
      segmentId: elsewhere,
    })),
    ...factsOf([{ kind: 'segment-superseded', fact: { segmentId: here, objectKey: 'k' } }]).map((fact) => ({
      ...fact,
      sha256: undefined,
    })),
  ];
  const standing = standingsOf(facts);
  expect(standing({ segmentId: here, sha256 }).kind).toBe('quarantined');
  expect(standing({ segmentId: elsewhere, sha256 }).kind).toBe('identity-conflict');
  expect(standing({ segmentId: here, sha256: 'cd'.repeat(32) }).kind).toBe('none');
});

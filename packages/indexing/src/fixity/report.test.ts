import { describe, expect, it } from 'vitest';
import { describeCheck } from './check-segment.ts';
import { addFinding, emptyReport, type FixityFinding, summaryOf } from './report.ts';

const finding = (key: string, outcome: FixityFinding['outcome'], store: 'primary' | 'replica' = 'primary') =>
  ({ kind: 'segment', store, key, condition: 'damaged', faults: [], instances: [], outcome }) as const;

describe('a report', () => {
  it('is whole while nothing was found, and when everything that was found is repaired', () => {
    const report = emptyReport();
    expect(summaryOf(report)).toEqual({ damaged: 0, repaired: 0, notRepairable: 0, isWhole: true });
    addFinding(report, finding('a', 'repaired'));
    expect(summaryOf(report)).toEqual({ damaged: 1, repaired: 1, notRepairable: 0, isWhole: true });
    addFinding(report, finding('b', 'found'));
    addFinding(report, finding('c', 'not-repairable'));
    expect(summaryOf(report)).toEqual({ damaged: 3, repaired: 1, notRepairable: 1, isWhole: false });
  });

  it('has what is found twice once, as it was found last; store and replica apart', () => {
    const report = emptyReport();
    addFinding(report, finding('a', 'found'));
    addFinding(report, finding('a', 'found', 'replica'));
    addFinding(report, finding('a', 'repaired'));
    expect(report.findings).toEqual([finding('a', 'repaired'), finding('a', 'found', 'replica')]);
  });
});

describe('the words for the record', () => {
  it('name the first fault and how many there are', () => {
    const fault = { part: 'entry', offset: 512, message: 'block 0 has another CRC-32', ordinal: 1 } as const;
    expect(describeCheck({ outcome: 'damaged', faults: [fault] })).toBe(
      'entry at byte 512: block 0 has another CRC-32',
    );
    expect(describeCheck({ outcome: 'damaged', faults: [fault, fault, fault] })).toMatch(/, and 2 more$/);
    expect(describeCheck({ outcome: 'missing', faults: [] })).toBe('the object is not in the store');
  });
});

import type { FixityFinding, FixityReport } from '@sandyq/indexing';
import { describe, expect, it } from 'vitest';
import { reportJson, reportWords } from './summary.ts';

const frame = { startedAt: new Date('2026-03-01T08:00:00Z'), seconds: 75, isFinished: true };
const read = { segments: 1_200, quarantineObjects: 3, journalBatches: 40, replicaObjects: 0, bytes: 5e9 };
const found: FixityFinding = {
  kind: 'segment',
  store: 'primary',
  key: 'v1/ab/x.tar',
  condition: 'damaged',
  faults: [
    { part: 'entry', ordinal: 2, offset: 4_096, message: 'block 1 has another CRC-32 than certified' },
  ],
  instances: [{ studyInstanceUid: '1.1', seriesInstanceUid: '1.2', sopInstanceUid: '1.3' }],
  outcome: 'found',
};

const words = (findings: FixityFinding[], isFinished = true) =>
  reportWords({ read, findings } satisfies FixityReport, { ...frame, isFinished });

describe('what a run says', () => {
  it('is how much was read, and that it is whole', () => {
    expect(words([])).toMatch(
      /^5\.0 GB read in 1 min 15 s:\n {2}segments {12}1 200\n[\s\S]*Everything is whole\.$/,
    );
    expect(words([])).not.toContain('replica');
  });

  it('is each fault with its place, and how to have it repaired', () => {
    const text = words([found]);
    expect(text).toContain('1 are missing or damaged, 0 of them repaired.');
    expect(text).toMatch(/segment {2}primary {2}damaged {4}entry 2 {2}4096 +1 {2}found {4}v1\/ab\/x\.tar/);
    expect(text).toMatch(/npm run fixity -- --repair$/);
  });

  it('is what could not be repaired, and why; then it offers no repair', () => {
    const text = words([{ ...found, outcome: 'not-repairable', remark: 'there is no replica' }]);
    expect(text).toContain('1 could not be repaired.');
    expect(text).toContain('not-repairable: there is no replica');
    expect(text).not.toContain('--repair');
  });

  it('is that it was interrupted', () => {
    expect(words([], false)).toMatch(/Everything so far is whole\.\n\nIt was interrupted\..*--resume$/);
  });

  it('is, in JSON, all of it', () => {
    expect(reportJson({ read, findings: [found] }, frame)).toEqual({
      startedAt: '2026-03-01T08:00:00.000Z',
      isFinished: true,
      damaged: 1,
      repaired: 0,
      notRepairable: 0,
      isWhole: false,
      read,
      findings: [found],
    });
  });
});

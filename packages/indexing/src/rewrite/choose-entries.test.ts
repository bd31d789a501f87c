import type { ReferencedEntries } from '@sandyq/database';
import type { ReceiptEntry, SegmentReceipt } from '@sandyq/storage';
import { describe, expect, it } from 'vitest';
import { chooseEntries } from './choose-entries.ts';

type Given = Pick<ReceiptEntry, 'sopInstanceUid' | 'sha256'> & Partial<ReceiptEntry>;

function segment(segmentId: string, entries: readonly Given[]) {
  const receipt = {
    segmentId,
    source: { kind: 'received' },
    entries: entries.map((entry, index) => ({
      role: 'part10',
      length: 10,
      ordinal: index + 1,
      offset: 512 + index * 1_024,
      ...entry,
    })),
  } as unknown as SegmentReceipt;
  return { key: `v1/${segmentId}.tar`, receipt };
}

function references(referred: readonly string[], discarded: readonly string[] = []): ReferencedEntries {
  return {
    has: (id, { ordinal }) => referred.includes(`${id} ${ordinal}`),
    isDiscarded: (id, sha256) => discarded.includes(`${id} ${sha256}`),
  };
}

const ordinals = (sources: readonly { readonly ordinals: readonly number[] }[]) =>
  sources.map((source) => source.ordinals);

describe('chooseEntries', () => {
  it('leaves out byte-equal repeats that nothing points to, wherever what is pointed to stands', () => {
    const sources = [
      segment('a', [{ sopInstanceUid: '1', sha256: 'x' }]),
      segment('b', [
        { sopInstanceUid: '1', sha256: 'x' },
        { sopInstanceUid: '2', sha256: 'y' },
      ]),
    ];
    expect(ordinals(chooseEntries(sources, references(['b 1', 'b 2'])))).toEqual([[], [1, 2]]);
    expect(ordinals(chooseEntries(sources, references(['a 1', 'b 2'])))).toEqual([[1], [2]]);
  });

  it('copies both where rows point to both, and other bytes or another UID whoever points to them', () => {
    const sources = [
      segment('a', [{ sopInstanceUid: '1', sha256: 'x' }]),
      segment('b', [
        { sopInstanceUid: '1', sha256: 'x' },
        { sopInstanceUid: '1', sha256: 'y' },
        { sopInstanceUid: '3', sha256: 'x' },
      ]),
    ];
    expect(ordinals(chooseEntries(sources, references(['a 1', 'b 1'])))).toEqual([[1], [1, 2, 3]]);
  });

  it('keeps one of equal bytes that nothing points to: nobody has said that they may go', () => {
    const sources = [
      segment('a', [{ sopInstanceUid: '1', sha256: 'x' }]),
      segment('b', [{ sopInstanceUid: '1', sha256: 'x' }]),
    ];
    expect(ordinals(chooseEntries(sources, references([])))).toEqual([[1], []]);
  });

  it('leaves out what was discarded, by origin and bytes, unless something points to it', () => {
    const sources = [
      segment('a', [
        { sopInstanceUid: '1', sha256: 'x' },
        { sopInstanceUid: '2', sha256: 'y' },
        { sopInstanceUid: '3', sha256: 'z', origin: 'o' },
      ]),
    ];
    expect(ordinals(chooseEntries(sources, references(['a 2'], ['a x', 'a y', 'o z'])))).toEqual([[2]]);
    expect(ordinals(chooseEntries(sources, references(['a 2'], ['b x', 'a z'])))).toEqual([[1, 2, 3]]);
  });

  it('keeps received parts and what was composed of them, also of a repeat', () => {
    const part = { role: 'received' as const, received: { contentType: 'application/octet-stream' } };
    const sources = [
      segment('a', [{ sopInstanceUid: '1', sha256: 'x' }]),
      segment('b', [
        { sopInstanceUid: '1', sha256: 'p', ...part },
        { sopInstanceUid: '1', sha256: 'x' },
        { sopInstanceUid: '2', sha256: 'y' },
      ]),
    ];
    expect(ordinals(chooseEntries(sources, references(['a 1', 'b 3'])))).toEqual([[1], [1, 2, 3]]);
  });
});

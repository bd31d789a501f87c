import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CompactionLimits,
  defaultCompactionLimits as limits,
  type PlannedSegment,
  planCompaction,
} from './plan-compaction.ts';

const MIB = 1024 * 1024;

/** A segment that knows how often each of its instances was copied. */
interface Simulated extends PlannedSegment {
  readonly copies: readonly number[];
}

function received(entries: number, entryBytes: number): Simulated {
  return {
    entries,
    sizeBytes: entries * entryBytes,
    copiedForLittle: 0,
    copies: Array.from({ length: entries }, () => 0),
  };
}

/** Carries a plan out: what is joined stands where its first part stood. */
function apply(segments: readonly Simulated[], { sources, copiedForLittle }: Rewrite): Simulated[] {
  const [first] = sources;
  const joined: Simulated = {
    entries: sources.reduce((sum, { entries }) => sum + entries, 0),
    sizeBytes: sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    copiedForLittle,
    copies: sources.flatMap(({ copies }) => copies.map((count) => count + 1)),
  };
  return segments.flatMap((segment) => {
    if (segment === first) return [joined];
    return sources.includes(segment) ? [] : [segment];
  });
}

type Rewrite = ReturnType<typeof planCompaction<Simulated>>[number];

/** Plans and carries out until there is nothing to do; fails if that does not come. */
function settle(segments: readonly Simulated[], used: CompactionLimits = limits): Simulated[] {
  let settled = [...segments];
  for (let pass = 0; pass < 64; pass += 1) {
    const plan = planCompaction(settled, used);
    if (plan.length === 0) return settled;
    for (const rewrite of plan) settled = apply(settled, rewrite);
  }
  throw new Error('planning does not come to an end');
}

/** Few instances, long ones, long segments: what a series may be. */
const arrival = fc.oneof(
  fc.record({ entries: fc.constant(1), entryBytes: fc.integer({ min: 1_000, max: MIB }) }),
  fc.record({
    entries: fc.integer({ min: 1, max: 300 }),
    entryBytes: fc.integer({ min: 1_000, max: 600_000 }),
  }),
  fc.record({ entries: fc.constant(1), entryBytes: fc.integer({ min: MIB, max: 2_000 * MIB }) }),
);

/** What compaction writes of one instance at most. */
const MOST_COPIES = Math.log2(limits.entries) + limits.copiesForLittle;

describe('planCompaction', () => {
  it('makes one segment of 600 that came one by one', () => {
    const segments = Array.from({ length: 600 }, () => received(1, 10_000));
    const [rewrite, ...others] = planCompaction(segments);
    expect(others).toEqual([]);
    expect(rewrite).toEqual({ sources: segments, copiedForLittle: 0 });
    expect(settle(segments)).toHaveLength(1);
  });

  it('makes segments of up to 256 MiB of a long series, in the order of arrival', () => {
    const segments = Array.from({ length: 600 }, () => received(1, MIB));
    const plan = planCompaction(segments);
    expect(plan.map(({ sources }) => sources.length)).toEqual([256, 256, 88]);
    expect(plan.flatMap(({ sources }) => sources)).toEqual(segments);
  });

  it('leaves alone what is alone, nearly full, or would only be exchanged', () => {
    expect(planCompaction([received(1, 1_000)])).toEqual([]);
    expect(planCompaction([received(1, 200 * MIB), received(1, 1_000)])).toEqual([]);
    expect(planCompaction([received(1_600, 1_000), received(1, 1_000)])).toEqual([]);
    expect(planCompaction([received(1, 150 * MIB), received(1, 150 * MIB)])).toEqual([]);
  });

  it('joins little with much a few times, then gathers until it is worth it', () => {
    let segments = [received(600, 10_000)];
    const counts: number[] = [];
    for (let late = 0; late < 12; late += 1) {
      segments = settle([...segments, received(1, 10_000)]);
      counts.push(segments.length);
    }
    // Four times all of it is copied for one instance; after that the late ones are joined among themselves.
    expect(counts.slice(0, 5)).toEqual([1, 1, 1, 1, 2]);
    expect(Math.max(...counts)).toBeLessThanOrEqual(6);
    expect(Math.max(...segments.flatMap(({ copies }) => copies))).toBeLessThanOrEqual(MOST_COPIES);
  });

  it('never writes an instance more often than it says, however they trickle in', () => {
    const trickle = fc.array(fc.array(arrival, { minLength: 1, maxLength: 8 }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(trickle, (rounds) => {
        let segments: Simulated[] = [];
        for (const round of rounds) {
          segments = settle([
            ...segments,
            ...round.map(({ entries, entryBytes }) => received(entries, entryBytes)),
          ]);
        }
        const total = rounds.flat().reduce((sum, { entries }) => sum + entries, 0);
        expect(segments.reduce((sum, { entries }) => sum + entries, 0)).toBe(total);
        expect(Math.max(...segments.flatMap(({ copies }) => copies))).toBeLessThanOrEqual(MOST_COPIES);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps every limit, and gains an object by every rewrite', () => {
    const arrivals = fc.array(fc.tuple(arrival, fc.integer({ min: 0, max: 6 })), { maxLength: 80 });
    fc.assert(
      fc.property(arrivals, (some) => {
        const segments = some.map(([{ entries, entryBytes }, copiedForLittle]) => ({
          ...received(entries, entryBytes),
          copiedForLittle,
        }));
        const plan = planCompaction(segments);
        const chosen = plan.flatMap(({ sources }) => sources);
        expect(new Set(chosen).size).toBe(chosen.length);
        for (const { sources } of plan) {
          expect(sources.length).toBeGreaterThan(1);
          expect(sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThanOrEqual(
            limits.segmentBytes,
          );
          expect(sources.reduce((sum, { entries }) => sum + entries, 0)).toBeLessThanOrEqual(limits.entries);
          expect(Math.max(...sources.map(({ sizeBytes }) => sizeBytes))).toBeLessThan(limits.fullBytes);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('leaves few segments of a trickle: about the logarithm of what one can hold', () => {
    let segments: Simulated[] = [];
    for (let count = 0; count < 3_000; count += 1) segments = settle([...segments, received(1, 5_000)]);
    expect(segments.length).toBeLessThanOrEqual(2 + Math.log2(limits.entries));
    expect(Math.max(...segments.flatMap(({ copies }) => copies))).toBeLessThanOrEqual(MOST_COPIES);
  });
});

import { describe, expect, it } from 'vitest';
import type { ComparedCase, Goal, MeasuredTurn } from './bench-case.ts';
import { verdictsOf } from './goals.ts';
import { markdownOf } from './report/markdown.ts';
import { plotOf } from './report/plot.ts';
import type { ComparedResult } from './run-compared.ts';

const throughput: Goal[] = [
  { measure: 'perSecond', against: 'peer', ratio: 5 },
  { measure: 'perSecond', against: 'floor', ratio: 0.7 },
];

describe('verdicts', () => {
  it('compare turns of the same round, and take the median', () => {
    // Ours 600, 100, 500 against 100, 100, 50: ratios 6, 1, 10.
    const result = resultOf([600, 100, 500], [100, 100, 50]);
    expect(verdictsOf(result)[0]).toMatchObject({ ratio: 6, state: 'met' });
  });

  it('compare with the floor of the same round', () => {
    // Ours 400, 100, 300 against 500, 100, 600: ratios 0.8, 1, 0.5.
    const result = resultOf([400, 100, 300], [100, 100, 100], [500, 100, 600, 500]);
    expect(
      verdictsOf({ ...result, floor: result.floor && { ...result.floor, isVoid: false } })[1],
    ).toMatchObject({
      ratio: 0.8,
      state: 'met',
    });
  });

  it('bind the smaller one of two throughput goals', () => {
    const nearTheFloor = resultOf([400], [100], [500, 500]);
    expect(verdictsOf(nearTheFloor).map(({ state }) => state)).toEqual(['not binding', 'met']);
    const farFromBoth = resultOf([400], [100], [600, 600]);
    expect(verdictsOf(farFromBoth).map(({ state }) => state)).toEqual(['missed', 'missed']);
  });

  it('take the best of several peers', () => {
    const result = resultOf([400], [100]);
    const faster = { name: 'faster', turns: [turn(200)], failure: undefined };
    expect(verdictsOf({ ...result, targets: [...result.targets, faster] })[0]?.ratio).toBe(2);
  });

  it('are void where the floor moved', () => {
    const result = resultOf([400], [100], [500, 800]);
    expect(verdictsOf(result).map(({ state }) => state)).toEqual(['missed', 'void']);
  });

  it('want latencies and CPU to be smaller', () => {
    const goals: Goal[] = [{ measure: 'p50Ms', against: 'peer', ratio: 1 / 4 }];
    expect(verdictsOf(resultOf([400], [100], undefined, goals))[0]?.state).toBe('met');
    expect(verdictsOf(resultOf([399], [100], undefined, goals))[0]?.state).toBe('missed');
  });

  it('say what was not measured', () => {
    const goals: Goal[] = [{ measure: 'serverCpuMsPerOperation', against: 'peer', ratio: 1 / 4 }];
    expect(verdictsOf(resultOf([400], [100], undefined, goals))[0]?.state).toBe('not measured');
    expect(verdictsOf(resultOf([400], []))[0]?.state).toBe('not measured');
  });
});

it('reports every goal in words and in the plot', () => {
  const result = resultOf([400], [100], [500, 500]);
  const compared = [{ ...result, verdicts: verdictsOf(result) }];
  const markdown = markdownOf({
    seed: 1,
    isQuick: false,
    rounds: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    machine: 'machine',
    targets: [],
    compared,
    checks: [],
  });
  expect(markdown).toContain('| work of a test | a second | peer | ≥ 5× | 4.00 | not binding |');
  expect(markdown).toContain('| work of a test | a second | floor | ≥ 0.7 | 0.800 | met |');
  const plot = plotOf(compared);
  expect(plot.match(/<rect /g)?.length).toBe(3);
  expect(plot).toContain('a-case: a second, ≥ 0.7 of the floor');
});

/** Rates of turns of ours, of a peer, and of the floor; its last is the one after all rounds. */
function resultOf(
  own: readonly number[],
  peer: readonly number[],
  floor?: readonly number[],
  goals = throughput,
): ComparedResult {
  const benchCase: ComparedCase = {
    kind: 'compared',
    name: 'a-case',
    work: 'work of a test',
    goals,
    run: () => Promise.reject(new Error('not run')),
  };
  const turnsOf = (name: string, rates: readonly number[]) => ({
    name,
    turns: rates.map(turn),
    failure: undefined,
  });
  return {
    benchCase,
    targets: [turnsOf('sandyq', own), turnsOf('peer', peer)],
    floor: floor && {
      turns: floor.slice(0, -1).map(turn),
      after: turn(floor.at(-1) ?? 0),
      isVoid: Math.max(...floor) / Math.min(...floor) > 1.3,
    },
  };
}

/** A second of so many operations, one after the other. */
function turn(rate: number): MeasuredTurn {
  const latenciesMs = Array.from({ length: rate }, () => 1_000 / rate);
  return { operations: rate, seconds: 1, bytes: rate, latenciesMs, clientCpuSeconds: 0, server: undefined };
}

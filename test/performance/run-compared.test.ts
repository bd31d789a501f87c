import { expect, it } from 'vitest';
import type { ComparedCase, Floor, Measured, Scale, Target, Turn } from './bench-case.ts';
import { runCompared } from './run-compared.ts';

const scale: Scale = { isQuick: true, rounds: 2, seconds: 0, mostSeconds: 1, of: (quick) => quick };
const floor: Floor = { url: 'http://127.0.0.1:1', pid: process.pid, stop: () => Promise.resolve() };

it('lets the targets and the floor take turns, each time in another order, and the floor once more', async () => {
  const { order, benchCase } = recorded();
  const result = await runCompared(benchCase, runOf(['sandyq', 'peer']));
  expect(order.join(', ')).toBe(
    'sandyq 0, peer 0, floor 0, peer 1, floor 1, sandyq 1, floor 2, sandyq 2, peer 2, floor 3',
  );
  expect(result.targets.map(({ turns }) => turns.length)).toEqual([2, 2]);
  expect(result.floor?.turns.map(({ operations }) => operations)).toEqual([1, 2]);
  expect(result.floor).toMatchObject({ after: { operations: 3 }, isVoid: true });
});

it.each([
  { rates: [100, 129, 100, 128], isVoid: false },
  { rates: [100, 100, 100, 131], isVoid: true },
  { rates: [100, 50, 100, 100], isVoid: true },
  { rates: [0, 0, 0, 0], isVoid: true },
])('a floor of $rates a second: is void: $isVoid', async ({ rates, isVoid }) => {
  const { benchCase } = recorded();
  const runFloor = async (_floor: Floor, { round }: Turn): Promise<Measured> => ({
    operations: rates[round - 1] ?? 1,
    seconds: 1,
    bytes: 0,
    latenciesMs: [1],
    clientCpuSeconds: 0,
  });
  const run = { ...runOf(['sandyq']), scale: { ...scale, rounds: 3 } };
  const result = await runCompared({ ...benchCase, floor: runFloor }, run);
  expect(result.floor?.isVoid).toBe(isVoid);
});

it('goes on without a target that failed', async () => {
  const { order, benchCase } = recorded('peer');
  const result = await runCompared(benchCase, runOf(['sandyq', 'peer']));
  expect(result.targets.map(({ failure }) => failure)).toEqual([undefined, 'peer is ill']);
  expect(order.filter((turn) => turn.startsWith('peer'))).toEqual(['peer 0']);
  expect(result.targets[0]?.turns.length).toBe(2);
});

it('has no floor without our archive, whose answers the floor gives', async () => {
  const { order, benchCase } = recorded();
  const result = await runCompared(benchCase, runOf(['peer']));
  expect(result.floor).toBeUndefined();
  expect(order).toEqual(['peer 0', 'peer 1', 'peer 2']);
});

function runOf(names: readonly string[]) {
  const targets = names.map((name): Target => ({ name, dicomWebUrl: 'http://127.0.0.1:1', pids: () => [] }));
  return { targets, floor, scale, seed: 1, note: () => undefined };
}

/** A case that does nothing: in round 2 it counts two operations, and so on. */
function recorded(ill?: string) {
  const order: string[] = [];
  const take = async (name: string, round: number): Promise<Measured> => {
    order.push(`${name} ${round}`);
    if (name === ill) throw new Error(`${name} is ill`);
    return { operations: round, seconds: 1, bytes: 0, latenciesMs: [1], clientCpuSeconds: 0 };
  };
  const benchCase: ComparedCase = {
    kind: 'compared',
    name: 'a-case',
    work: 'work of a test',
    goals: [],
    run: ({ name }, { round }) => take(name, round),
    floor: (_floor, { round }) => take('floor', round),
  };
  return { order, benchCase };
}

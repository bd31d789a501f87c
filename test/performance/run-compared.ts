/**
 * One case against all targets: prepared, then turns in alternation, in another order every round, between two turns of the
 * floor. The machine is never alone, so what counts is what was measured within seconds of each other.
 */
import { SeededRandom } from '../support/seeded-random.ts';
import { OWN_NAME } from './bench-arguments.ts';
import type { ComparedCase, Floor, Measured, MeasuredTurn, Scale, Target, Turn } from './bench-case.ts';
import { figureOf, rounded } from './measures.ts';
import { watchProcesses } from './process-sampler.ts';
import { workBetween } from './storage-work.ts';

/** What a case is run with. */
export interface ComparedRun {
  /** Ours and others, in any order. */
  readonly targets: readonly Target[];
  readonly floor: Floor | undefined;
  readonly scale: Scale;
  readonly seed: number;
  /** Says what is going on. */
  readonly note: (text: string) => void;
}

/** What one target did. */
export interface TargetTurns {
  readonly name: string;
  readonly turns: readonly MeasuredTurn[];
  /** Why it has no turns, or fewer. */
  readonly failure: string | undefined;
}

/** The floor around a case. */
export interface FloorTurns {
  readonly before: MeasuredTurn;
  readonly after: MeasuredTurn;
  /** The two differ so much that nothing can be said of what was between. */
  readonly isVoid: boolean;
}

/** Everything that was measured of a case. */
export interface ComparedResult {
  readonly benchCase: ComparedCase;
  readonly targets: readonly TargetTurns[];
  readonly floor: FloorTurns | undefined;
}

/** Floors may differ by so much. */
export const MOST_FLOOR_RATIO = 1.3;
const FLOOR_NAME = 'floor';

/** A target that fails is out of this case; the others go on. */
export async function runCompared(benchCase: ComparedCase, run: ComparedRun): Promise<ComparedResult> {
  const states = await prepareAll(benchCase, run);
  const before = await floorTurn(benchCase, run, 0);
  // The first turn of each warms it up and is not counted.
  for (let round = 0; round <= run.scale.rounds; round += 1) {
    for (const state of rotated(states, round)) await takeTurn(state, benchCase, run, round);
  }
  const after = await floorTurn(benchCase, run, run.scale.rounds + 1);
  return {
    benchCase,
    targets: states.map(({ target, turns, failure }) => ({
      name: target.name,
      turns: turns.slice(1),
      failure,
    })),
    floor: before && after && { before, after, isVoid: isVoid(before, after) },
  };
}

interface State {
  readonly target: Target;
  readonly turns: MeasuredTurn[];
  failure: string | undefined;
}

async function prepareAll(benchCase: ComparedCase, { targets, scale, note }: ComparedRun): Promise<State[]> {
  const states: State[] = [];
  for (const target of targets) {
    note(`${benchCase.name}: prepare ${target.name}`);
    const failure = await failureOf(async () => benchCase.prepare?.(target, scale));
    states.push({ target, turns: [], failure });
  }
  return states;
}

async function takeTurn(
  state: State,
  benchCase: ComparedCase,
  { scale, seed, note }: ComparedRun,
  round: number,
): Promise<void> {
  const { target, turns } = state;
  if (state.failure !== undefined) return;
  const turn: Turn = { round, scale, random: randomOf(seed, benchCase.name, target.name, round) };
  state.failure = await failureOf(async () => {
    const measured = await measure(target, () => benchCase.run(target, turn));
    turns.push(measured);
    note(`${benchCase.name}: ${target.name}, turn ${round}: ${rateOf(measured)}`);
  });
  if (state.failure !== undefined) note(`${benchCase.name}: ${target.name} failed: ${state.failure}`);
}

async function floorTurn(
  { name, floor: runFloor }: ComparedCase,
  { floor, targets, scale, seed, note }: ComparedRun,
  round: number,
): Promise<MeasuredTurn | undefined> {
  const own = targets.find((target) => target.name === OWN_NAME);
  if (floor === undefined || runFloor === undefined || own === undefined) return undefined;
  const turn = (what: string): Turn => ({
    round,
    scale,
    random: randomOf(seed, name, FLOOR_NAME, round, what),
  });
  let measured: MeasuredTurn | undefined;
  const failure = await failureOf(async () => {
    await runFloor(floor, turn('to warm up'), own);
    measured = await measure({ pids: () => [floor.pid] }, () => runFloor(floor, turn('measured'), own));
  });
  note(`${name}: floor: ${failure ?? rateOf(measured)}`);
  return measured;
}

async function measure(
  target: Pick<Target, 'pids' | 'storageWork'>,
  work: () => Promise<Measured>,
): Promise<MeasuredTurn> {
  const pids = target.pids();
  const before = await target.storageWork?.();
  const watch = pids.length > 0 ? watchProcesses(pids) : undefined;
  try {
    const measured = { ...(await work()), server: watch?.stop() };
    const after = await target.storageWork?.();
    return { ...measured, work: before && after && workBetween(before, after) };
  } catch (error) {
    watch?.stop();
    throw error;
  }
}

function rateOf(measured: MeasuredTurn | undefined): string {
  const rate = measured && figureOf(measured, 'perSecond');
  return rate === undefined ? 'not measured' : `${rounded(rate)}/s`;
}

function isVoid(before: MeasuredTurn, after: MeasuredTurn): boolean {
  const ratio = (figureOf(before, 'perSecond') ?? 0) / (figureOf(after, 'perSecond') ?? 0);
  return !(ratio <= MOST_FLOOR_RATIO && ratio >= 1 / MOST_FLOOR_RATIO);
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const at = by % Math.max(1, items.length);
  return [...items.slice(at), ...items.slice(0, at)];
}

/** FNV-1a of everything that the randomness depends on. */
export function randomOf(...parts: readonly (string | number)[]): SeededRandom {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(parts.join('\n'))) hash = Math.imul(hash ^ byte, 0x01000193);
  return new SeededRandom(hash >>> 0);
}

async function failureOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

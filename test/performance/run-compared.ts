/**
 * One case against all targets: prepared, then turns in alternation, in another order every round, the floor among them and once
 * more at the end. The machine is never alone, so what counts is what was measured within seconds of each other.
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

/** The floor in a case. */
export interface FloorTurns {
  /** One a round, as those of the targets. */
  readonly turns: readonly MeasuredTurn[];
  /** After all rounds. */
  readonly after: MeasuredTurn;
  /** Its turns differ so much that the machine was not quiet: a ratio to any of them says as much of what else ran. */
  readonly isVoid: boolean;
}

/** Everything that was measured of a case. */
export interface ComparedResult {
  readonly benchCase: ComparedCase;
  readonly targets: readonly TargetTurns[];
  readonly floor: FloorTurns | undefined;
}

/** The floor's best and worst turn may differ by so much. */
export const MOST_FLOOR_RATIO = 1.3;
const FLOOR_NAME = 'floor';

/** A target that fails is out of this case; the others go on. */
export async function runCompared(benchCase: ComparedCase, run: ComparedRun): Promise<ComparedResult> {
  const { targets, floor, scale } = run;
  const states: State[] = [];
  for (const target of targets) {
    run.note(`${benchCase.name}: prepare ${target.name}`);
    const failure = await failureOf(async () => benchCase.prepare?.(target, scale));
    const work = (turn: Turn) => benchCase.run(target, turn);
    states.push({ name: target.name, source: target, work, turns: [], failure });
  }
  const floorState = floor && floorStateOf(benchCase, floor, targets);
  const participants = floorState === undefined ? states : [...states, floorState];
  // The first turn of each warms it up and is not counted.
  for (let round = 0; round <= scale.rounds; round += 1) {
    for (const state of rotated(participants, round)) await takeTurn(state, benchCase, run, round);
  }
  if (floorState !== undefined) await takeTurn(floorState, benchCase, run, scale.rounds + 1);
  return {
    benchCase,
    targets: states.map(({ name, turns, failure }) => ({ name, turns: turns.slice(1), failure })),
    floor: floorState && floorTurnsOf(floorState),
  };
}

/** Whoever takes turns. */
interface State {
  readonly name: string;
  readonly source: Pick<Target, 'pids' | 'storageWork'>;
  readonly work: (turn: Turn) => Promise<Measured>;
  readonly turns: MeasuredTurn[];
  failure: string | undefined;
}

/** Undefined where the case has no floor, or our archive, whose answers it gives, is not there. */
function floorStateOf(
  { floor: runFloor }: ComparedCase,
  floor: Floor,
  targets: readonly Target[],
): State | undefined {
  const own = targets.find(({ name }) => name === OWN_NAME);
  if (runFloor === undefined || own === undefined) return undefined;
  const source = { pids: () => [floor.pid] };
  return {
    name: FLOOR_NAME,
    source,
    work: (turn) => runFloor(floor, turn, own),
    turns: [],
    failure: undefined,
  };
}

/** Undefined where a turn failed. */
function floorTurnsOf({ turns, failure }: State): FloorTurns | undefined {
  const [counted, after] = [turns.slice(1, -1), turns.at(-1)];
  if (failure !== undefined || counted.length === 0 || after === undefined) return undefined;
  return { turns: counted, after, isVoid: isVoid([...counted, after]) };
}

async function takeTurn(
  state: State,
  benchCase: ComparedCase,
  { scale, seed, note }: ComparedRun,
  round: number,
): Promise<void> {
  const { name, source, work, turns } = state;
  if (state.failure !== undefined) return;
  const turn: Turn = { round, scale, random: randomOf(seed, benchCase.name, name, round) };
  state.failure = await failureOf(async () => {
    const measured = await measure(source, () => work(turn));
    turns.push(measured);
    note(`${benchCase.name}: ${name}, turn ${round}: ${rateOf(measured)}`);
  });
  if (state.failure !== undefined) note(`${benchCase.name}: ${name} failed: ${state.failure}`);
}

async function measure(source: State['source'], work: () => Promise<Measured>): Promise<MeasuredTurn> {
  const pids = source.pids();
  const before = await source.storageWork?.();
  const watch = pids.length > 0 ? watchProcesses(pids) : undefined;
  try {
    const measured = { ...(await work()), server: watch?.stop() };
    const after = await source.storageWork?.();
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

function isVoid(turns: readonly MeasuredTurn[]): boolean {
  const rates = turns.map((turn) => figureOf(turn, 'perSecond') ?? 0);
  return !(Math.max(...rates) / Math.min(...rates) <= MOST_FLOOR_RATIO);
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

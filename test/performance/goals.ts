/** Whether goals are met: ratios of what was measured side by side. */
import { OWN_NAME } from './bench-arguments.ts';
import type { Goal, Measure, MeasuredTurn } from './bench-case.ts';
import { figureOf, MEASURES } from './measures.ts';
import type { ComparedResult } from './run-compared.ts';
import { median } from './statistics.ts';

/** `not binding`: missed, but the goal against the other of peer and floor is the smaller one, and met. */
export type VerdictState = 'met' | 'missed' | 'not binding' | 'void' | 'not measured';

/** A goal and what became of it. */
export interface Verdict {
  readonly goal: Goal;
  /** Ours divided by the other's; undefined if one is not known. */
  readonly ratio: number | undefined;
  readonly state: VerdictState;
}

/** One verdict for each goal of the case. Of several peers the one counts that makes it hardest. */
export function verdictsOf(result: ComparedResult): Verdict[] {
  const verdicts = result.benchCase.goals.map((goal): Verdict => {
    const ratio = ratioOf(result, goal);
    return { goal, ratio, state: stateOf(result, goal, ratio) };
  });
  // A throughput goal is the smaller of the peer goal and the floor goal.
  const isMet = (measure: Measure) =>
    MEASURES[measure].isThroughput &&
    verdicts.some(({ goal, state }) => goal.measure === measure && state === 'met');
  return verdicts.map((verdict) =>
    verdict.state === 'missed' && isMet(verdict.goal.measure)
      ? { ...verdict, state: 'not binding' }
      : verdict,
  );
}

/** `≥ 5×` and the like. */
export function boundText({ measure, ratio }: Goal): string {
  if (MEASURES[measure].isThroughput) return `≥ ${ratio}${ratio < 1 ? '' : '×'}`;
  return ratio < 1 ? `≤ 1/${Number((1 / ratio).toFixed(2))}` : `≤ ${ratio}×`;
}

function stateOf({ floor }: ComparedResult, goal: Goal, ratio: number | undefined): VerdictState {
  if (ratio === undefined || Number.isNaN(ratio)) return 'not measured';
  if (goal.against === 'floor' && floor?.isVoid === true) return 'void';
  return (MEASURES[goal.measure].isThroughput ? ratio >= goal.ratio : ratio <= goal.ratio) ? 'met' : 'missed';
}

function ratioOf({ targets, floor }: ComparedResult, { measure, against }: Goal): number | undefined {
  const own = targets.find(({ name }) => name === OWN_NAME)?.turns ?? [];
  if (against === 'floor') return medianOrNothing(pairwise(own, floor?.turns ?? [], measure));
  const ratios = targets
    .filter(({ name }) => name !== OWN_NAME)
    .flatMap(({ turns }) => medianOrNothing(pairwise(own, turns, measure)) ?? []);
  if (ratios.length === 0) return undefined;
  return MEASURES[measure].isThroughput ? Math.min(...ratios) : Math.max(...ratios);
}

function medianOrNothing(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : median(values);
}

/** Turn by turn of the same round: what disturbed one has disturbed the other. */
function pairwise(own: readonly MeasuredTurn[], other: readonly MeasuredTurn[], measure: Measure): number[] {
  return own.flatMap((turn, round) => {
    const opposite = other[round];
    if (opposite === undefined) return [];
    const [ours, theirs] = [figureOf(turn, measure), figureOf(opposite, measure)];
    return ours === undefined || theirs === undefined ? [] : [ours / theirs];
  });
}

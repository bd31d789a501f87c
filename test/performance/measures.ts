/** Numbers out of turns: what goals look at and reports show. */
import type { Measure, MeasuredTurn } from './bench-case.ts';
import { percentile } from './statistics.ts';

/** How a measure is found and printed, and which way is better. */
export interface MeasureFormat {
  readonly title: string;
  readonly isThroughput: boolean;
  /** Undefined where it could not be measured. */
  readonly of: (turn: MeasuredTurn) => number | undefined;
  readonly format: (value: number) => string;
}

const MEGA = 1_000_000;

/** All measures in the order of a report. */
export const MEASURES: Readonly<Record<Measure, MeasureFormat>> = {
  perSecond: {
    title: 'a second',
    isThroughput: true,
    of: ({ operations, seconds }) => operations / seconds,
    format: rounded,
  },
  megabytesPerSecond: {
    title: 'MB/s',
    isThroughput: true,
    of: ({ bytes, seconds }) => bytes / MEGA / seconds,
    format: rounded,
  },
  p50Ms: {
    title: 'p50 ms',
    isThroughput: false,
    of: ({ latenciesMs }) => percentile(latenciesMs, 0.5),
    format: rounded,
  },
  p99Ms: {
    title: 'p99 ms',
    isThroughput: false,
    of: ({ latenciesMs }) => percentile(latenciesMs, 0.99),
    format: rounded,
  },
  serverCpuMsPerOperation: {
    title: 'server CPU ms each',
    isThroughput: false,
    of: ({ server, operations }) => server && (server.cpuSeconds * 1_000) / operations,
    format: rounded,
  },
  peakBytes: {
    title: 'peak memory MB',
    isThroughput: false,
    of: ({ server }) => server?.peakBytes,
    format: (bytes) => rounded(bytes / MEGA),
  },
};

/** Undefined where it could not be measured. */
export function figureOf(turn: MeasuredTurn, measure: Measure): number | undefined {
  return MEASURES[measure].of(turn);
}

/** Of the benchmark's own process. */
export function clientCpuMsPerOperation({ clientCpuSeconds, operations }: MeasuredTurn): number {
  return (clientCpuSeconds * 1_000) / operations;
}

/** Three figures, no more. */
export function rounded(value: number): string {
  if (Number.isNaN(value)) return '';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toPrecision(3);
}

/**
 * The goals as a picture: one bar a goal, its length how many times better than promised (or worse), on a logarithmic
 * scale with the promise in the middle.
 */
import { boundText, type Verdict } from '../goals.ts';
import { MEASURES, rounded } from '../measures.ts';
import type { ComparedOutcome } from './report.ts';

const ROW_HEIGHT = 18;
const LABEL_WIDTH = 470;
const PLOT_WIDTH = 420;
const TEXT_WIDTH = 150;
const TOP = 46;
/** Bars end at so many times better or worse. */
const MOST_FACTOR = 32;
const GRID = [1 / 16, 1 / 4, 1, 4, 16];
const COLOURS = { met: '#2a7d4f', missed: '#c0392b', other: '#8a8f98' } as const;

/** An SVG document. */
export function plotOf(compared: readonly ComparedOutcome[]): string {
  const rows = compared.flatMap(({ benchCase, verdicts }) =>
    verdicts.flatMap((verdict) =>
      verdict.ratio === undefined || !(verdict.ratio > 0)
        ? []
        : [{ name: benchCase.name, verdict, ratio: verdict.ratio }],
    ),
  );
  const height = TOP + rows.length * ROW_HEIGHT + 12;
  const width = LABEL_WIDTH + PLOT_WIDTH + TEXT_WIDTH;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(12, 18, 'Goals of the benchmark: right of the line is better than promised', 'font-weight="bold"'),
    ...GRID.map((factor) => gridLine(factor, height)),
    ...rows.flatMap(({ name, verdict, ratio }, index) => bar(name, verdict, ratio, TOP + index * ROW_HEIGHT)),
    '</svg>',
    '',
  ].join('\n');
}

/** How many times better than the goal; below 1 it is missed. */
function factorOf({ goal }: Verdict, ratio: number): number {
  return MEASURES[goal.measure].isThroughput ? ratio / goal.ratio : goal.ratio / ratio;
}

function bar(name: string, verdict: Verdict, ratio: number, y: number): string[] {
  const { goal, state } = verdict;
  const [zero, end] = [place(1), place(factorOf(verdict, ratio))];
  const colour = state === 'met' || state === 'missed' ? COLOURS[state] : COLOURS.other;
  const x = Math.min(zero, end).toFixed(1);
  const width = Math.max(1, Math.abs(end - zero)).toFixed(1);
  return [
    text(12, y + 13, `${name}: ${MEASURES[goal.measure].title}, ${boundText(goal)} of the ${goal.against}`),
    `<rect x="${x}" y="${y + 3}" width="${width}" height="${ROW_HEIGHT - 6}" fill="${colour}"/>`,
    text(LABEL_WIDTH + PLOT_WIDTH + 12, y + 13, `${rounded(ratio)}, ${state}`),
  ];
}

function gridLine(factor: number, height: number): string {
  const x = place(factor).toFixed(1);
  const colour = factor === 1 ? '#333' : '#ddd';
  const label = factor < 1 ? `1/${1 / factor}` : String(factor);
  return `<line x1="${x}" y1="${TOP - 6}" x2="${x}" y2="${height - 8}" stroke="${colour}"/>${text(place(factor) - 8, TOP - 10, label)}`;
}

function place(factor: number): number {
  const bounded = Math.max(1 / MOST_FACTOR, Math.min(MOST_FACTOR, factor));
  return LABEL_WIDTH + (PLOT_WIDTH / 2) * (1 + Math.log2(bounded) / Math.log2(MOST_FACTOR));
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escaped}</text>`;
}

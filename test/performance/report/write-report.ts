/** Puts a run's reports where they can be read: JSON for programs, Markdown and a plot for people. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MeasuredTurn } from '../bench-case.ts';
import { percentile } from '../statistics.ts';
import { goalsTable, markdownOf } from './markdown.ts';
import { plotOf } from './plot.ts';
import type { Report } from './report.ts';

const BEGIN = '<!-- bench: begin -->';
const END = '<!-- bench: end -->';

/** Writes bench.json, bench.md and bench.svg; returns the Markdown. */
export async function writeReport(folder: string, report: Report): Promise<string> {
  await mkdir(folder, { recursive: true });
  const markdown = markdownOf(report);
  await writeFile(join(folder, 'bench.json'), `${JSON.stringify(dataOf(report), undefined, 2)}\n`);
  await writeFile(join(folder, 'bench.md'), markdown);
  await writeFile(join(folder, 'bench.svg'), plotOf(report.compared));
  return markdown;
}

/** Writes the goals into the page between its marks, and the plot beside it. Throws if the marks are not there. */
export async function updateDocs(page: string, plot: string, report: Report): Promise<void> {
  const text = await readFile(page, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${page} has no place for the table`);
  const { startedAt, machine, rounds, seed } = report;
  const caption = `${startedAt.slice(0, 10)}, ${machine}; ${rounds} rounds, seed ${seed}.`;
  const inner = `${BEGIN}\n${caption}\n\n${goalsTable(report)}\n`;
  await writeFile(page, `${text.slice(0, from)}${inner}${text.slice(to)}`);
  await writeFile(plot, plotOf(report.compared));
}

function dataOf({ compared, checks, ...run }: Report): unknown {
  return {
    ...run,
    compared: compared.map(({ benchCase, targets, floor, verdicts }) => ({
      name: benchCase.name,
      work: benchCase.work,
      targets: targets.map(({ turns, ...target }) => ({ ...target, turns: turns.map(turnData) })),
      floor: floor && { ...floor, turns: floor.turns.map(turnData), after: turnData(floor.after) },
      verdicts,
    })),
    checks: checks.map(({ check, report, failure }) => ({
      name: check.name,
      work: check.work,
      bounds: report?.bounds,
      data: report?.data,
      failure,
    })),
  };
}

/** Thousands of single latencies say no more than these. */
function turnData({ latenciesMs, ...turn }: MeasuredTurn) {
  const at = (share: number) => percentile(latenciesMs, share);
  return { ...turn, latencyMs: { p50: at(0.5), p90: at(0.9), p99: at(0.99), most: at(1) } };
}

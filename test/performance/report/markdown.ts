/** A run as Markdown: the table of goals, what each target did, and the tables of the checks. */
import type { Measure, MeasuredTurn, StorageWork } from '../bench-case.ts';
import { boundText, type Verdict } from '../goals.ts';
import { clientCpuMsPerOperation, figureOf, MEASURES, rounded } from '../measures.ts';
import { median } from '../statistics.ts';
import { type CheckOutcome, type ComparedOutcome, failuresOf, type Report } from './report.ts';

const KILO = 1_000;
const ALL_MEASURES = Object.keys(MEASURES) as Measure[];

/** The whole report. */
export function markdownOf(report: Report): string {
  const failures = failuresOf(report);
  return [
    heading(report),
    '## Goals',
    goalsTable(report),
    ...(failures.length === 0 ? [] : ['## Failed', failures.map((line) => `- ${line}`).join('\n')]),
    '## Figures',
    'Medians of the turns. Client: CPU of the benchmark itself for one operation, which no target is charged with.',
    figuresTable(report.compared),
    '## Work',
    'What our archive did to bytes for one operation, by its own counters, beside the bytes that were sent; PostgreSQL not included.',
    workTable(report.compared),
    ...report.checks.flatMap(({ check, report: found }) =>
      found === undefined ? [] : [`## ${check.work}`, found.markdown],
    ),
    '',
  ].join('\n\n');
}

/** One line for each goal: for docs/performance.md too. */
export function goalsTable({ compared, checks }: Report): string {
  return table(
    ['work', 'measure', 'against', 'goal', 'measured', ''],
    [
      ...compared.flatMap((outcome) => outcome.verdicts.map((verdict) => goalRow(outcome, verdict))),
      ...checks.flatMap(boundRows),
    ],
  );
}

function heading({ seed, isQuick, rounds, startedAt, machine, targets }: Report): string {
  const names = targets.map(({ name, dicomWebUrl }) => `${name} (${dicomWebUrl})`).join(', ');
  const quick = isQuick ? ' A quick run: it says whether everything works, not how fast it is.' : '';
  return `# Benchmark\n\n${startedAt}, ${machine}; seed ${seed}, ${rounds} rounds; ${names}.${quick}`;
}

function goalRow({ benchCase }: ComparedOutcome, { goal, ratio, state }: Verdict): string[] {
  const measured = ratio === undefined ? '' : rounded(ratio);
  return [benchCase.work, MEASURES[goal.measure].title, goal.against, boundText(goal), measured, state];
}

function boundRows({ check, report }: CheckOutcome): string[][] {
  return (report?.bounds ?? []).map(({ what, value, most, unit }) => [
    check.work,
    what,
    '',
    `≤ ${rounded(most)} ${unit}`,
    `${rounded(value)} ${unit}`,
    value <= most ? 'met' : 'missed',
  ]);
}

function figuresTable(compared: readonly ComparedOutcome[]): string {
  const titles = ALL_MEASURES.map((measure) => MEASURES[measure].title);
  return table(
    ['case', 'target', ...titles, 'client CPU ms each'],
    compared.flatMap(({ benchCase, targets, floor }) => [
      ...targets.map(({ name, turns }) => figuresRow(benchCase.name, name, turns)),
      ...(floor === undefined
        ? []
        : [
            figuresRow(benchCase.name, 'floor', floor.turns),
            figuresRow(benchCase.name, floor.isVoid ? 'floor, at the end: void' : 'floor, at the end', [
              floor.after,
            ]),
          ]),
    ]),
  );
}

function workTable(compared: readonly ComparedOutcome[]): string {
  const columns: readonly [title: string, name: keyof StorageWork, unit: number][] = [
    ['hashed KB', 'hashedBytes', KILO],
    ['written KB', 'writtenBytes', KILO],
    ['read KB', 'readBytes', KILO],
    ['fsyncs of files', 'fileSyncs', 1],
    ['of directories', 'directorySyncs', 1],
  ];
  return table(
    ['case', 'payload KB', ...columns.map(([title]) => title)],
    compared.flatMap(({ benchCase, targets }) =>
      targets.flatMap(({ turns }) => {
        const each = (of: (turn: MeasuredTurn) => number | undefined): number[] =>
          turns.flatMap((turn) => of(turn) ?? []);
        const payload = each(({ bytes, operations }) => bytes / KILO / operations);
        const rows = columns.map(([, name, unit]) =>
          each(({ work, operations }) => work && work[name] / unit / operations),
        );
        if (rows.some(({ length }) => length === 0)) return [];
        return [[benchCase.name, ...[payload, ...rows].map((values) => rounded(median(values)))]];
      }),
    ),
  );
}

function figuresRow(caseName: string, target: string, turns: readonly MeasuredTurn[]): string[] {
  const figures = ALL_MEASURES.map((measure) => {
    const values = turns.flatMap((turn) => figureOf(turn, measure) ?? []);
    return values.length === 0 ? '' : MEASURES[measure].format(median(values));
  });
  const client = turns.length === 0 ? '' : rounded(median(turns.map(clientCpuMsPerOperation)));
  return [caseName, target, ...figures, client];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

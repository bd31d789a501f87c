/** The table of random rounds: what broke, how often, and what came of it. */
import type { Wrong } from './ledger.ts';
import type { RandomRoundsReport } from './random-rounds.ts';

const FALSE_ANSWERS: ReadonlySet<Wrong['kind']> = new Set([
  'false refusal',
  'false verdict',
  'not found',
  'no time to come back',
  'never answered',
]);

const HEAD = [
  'fault',
  'rounds',
  'acknowledged',
  'turned away',
  'lost',
  'altered',
  'served wrong',
  'false answers',
  'leaks',
  'damage',
  'reported',
  'recovery ms: median',
  'max',
];

/** Prints it to standard error. */
export function printFaultTable(where: string, seed: number, report: RandomRoundsReport): void {
  const faults = [...new Set(report.rounds.map(({ fault }) => fault))].sort();
  const rows = [HEAD, ...faults.map((fault) => rowOf(fault, report)), rowOf(undefined, report)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  process.stderr.write(
    `\n  random faults on ${where}, SANDYQ_TEST_SEED=${seed}\n  ${lines.join('\n  ')}\n\n`,
  );
}

/** Of one fault, or of all. */
function rowOf(fault: string | undefined, { rounds, ledger, damages }: RandomRoundsReport): string[] {
  const own = rounds.filter((round) => fault === undefined || round.fault === fault);
  const numbers = new Set(own.map(({ number }) => number));
  const isOwn = ({ round }: { readonly round: number }): boolean => fault === undefined || numbers.has(round);
  const wrong = ledger.wrong.filter(isOwn);
  const count = (kind: Wrong['kind']): number => wrong.filter((each) => each.kind === kind).length;
  const injured = damages.filter(isOwn);
  const times = own.map(({ recoveryMs }) => recoveryMs).sort((left, right) => left - right);
  return [
    fault ?? 'all',
    own.length,
    ledger.allAcknowledged().filter(({ acknowledgedIn = 0 }) => isOwn({ round: acknowledgedIn })).length,
    [...ledger.turnedAway].reduce((sum, [round, times]) => sum + (isOwn({ round }) ? times : 0), 0),
    count('lost'),
    count('altered') + count('not whole'),
    count('wrong bytes served'),
    wrong.filter(({ kind }) => FALSE_ANSWERS.has(kind)).length,
    count('leak'),
    injured.length,
    injured.filter(({ isReported }) => isReported).length,
    Math.round(times[Math.floor(times.length / 2)] ?? 0),
    Math.round(times.at(-1) ?? 0),
  ].map(String);
}

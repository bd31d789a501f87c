/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';
import type { Scale, Target } from './bench-case.ts';

/** What was asked for. */
export interface BenchArguments {
  readonly targets: readonly Target[];
  /** Names of cases, or beginnings of names; empty: all. */
  readonly cases: readonly string[];
  readonly scale: Scale;
  readonly seed: number;
  /** No case begins after so long. */
  readonly minutes: number;
  /** Where the reports go. */
  readonly resultsFolder: string;
  readonly hasFloor: boolean;
  /** Whether the table in docs/performance.md is written anew. */
  readonly updatesDocs: boolean;
  readonly isHelp: boolean;
}

/** Of our own archive. */
export const OWN_NAME = 'sandyq';

/** For `--help`. */
export const USAGE = `npm run bench -- [options]

  --target NAME=URL[,pid=PID…]  drive this archive too (its DICOMweb root; it should be empty); PIDs are the roots of its
                                processes, for CPU and memory. May be repeated. NAME "${OWN_NAME}" takes the place of the
                                archive that is started otherwise. All others are peers: the best of them counts.
  --cases A,B                   only these cases, or those whose names begin so, in this order
  --quick                       little of everything: whether it works, not how fast
  --rounds N                    how often the targets take turns (5, quick 2)
  --minutes N                   begins no case after so long; what was measured by then is reported
  --seed N                      the load follows from it; drawn and printed otherwise
  --results FOLDER              for bench.json, bench.md, bench.svg (test/performance/results)
  --no-floor                    without the machine's own limits
  --update-docs                 writes the table of docs/performance.md
`;

const QUICK_ROUNDS = 2;
const FULL_ROUNDS = 5;
const QUICK_SECONDS = 0.3;
const FULL_SECONDS = 3;
const QUICK_MOST_SECONDS = 10;
const FULL_MOST_SECONDS = 30;

/** Throws with the reason if they cannot be understood. */
export function readArguments(
  args: readonly string[],
  { drawSeed, defaultFolder }: { readonly drawSeed: () => number; readonly defaultFolder: string },
): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      target: { type: 'string', multiple: true, default: [] },
      cases: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seed: { type: 'string' },
      minutes: { type: 'string' },
      results: { type: 'string', default: defaultFolder },
      'no-floor': { type: 'boolean', default: false },
      'update-docs': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const targets = values.target.map(readTarget);
  if (new Set(targets.map(({ name }) => name)).size < targets.length) {
    throw new Error('two targets have the same name');
  }
  return {
    targets,
    cases: values.cases.split(',').filter(Boolean),
    scale: scaleOf(values.quick, wholeNumber('--rounds', values.rounds)),
    seed: wholeNumber('--seed', values.seed) ?? drawSeed(),
    minutes: wholeNumber('--minutes', values.minutes) ?? Number.POSITIVE_INFINITY,
    resultsFolder: values.results,
    hasFloor: !values['no-floor'],
    updatesDocs: values['update-docs'],
    isHelp: values.help,
  };
}

function scaleOf(isQuick: boolean, rounds = isQuick ? QUICK_ROUNDS : FULL_ROUNDS): Scale {
  return {
    isQuick,
    rounds,
    seconds: isQuick ? QUICK_SECONDS : FULL_SECONDS,
    mostSeconds: isQuick ? QUICK_MOST_SECONDS : FULL_MOST_SECONDS,
    of: (quick, full) => (isQuick ? quick : full),
  };
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${option} must be a whole number above 0`);
  return Number(text);
}

function readTarget(text: string): Target {
  const [, name, url, list = ''] = /^([\w-]+)=(https?:\/\/[^,]+)((?:,pid=\d+)*)$/.exec(text) ?? [];
  if (name === undefined || url === undefined) {
    throw new Error(`--target ${text}: expected NAME=URL or NAME=URL,pid=PID`);
  }
  const pids = [...list.matchAll(/\d+/g)].map(([digits]) => Number(digits));
  return { name, dicomWebUrl: url.replace(/\/+$/, ''), pids: () => pids };
}

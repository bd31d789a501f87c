/**
 * `npm run bench`: what the archive does on this machine beside others and beside the machine's own limit. Ratios count, not
 * numbers: the machine is never alone. Exits with 1 if a case failed or a bound was passed; a missed goal is only reported.
 */
import { randomInt } from 'node:crypto';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { type BenchArguments, OWN_NAME, readArguments, USAGE } from './bench-arguments.ts';
import type { BenchCase, CheckCase, ComparedCase, Target } from './bench-case.ts';
import { selectCases } from './cases/all-cases.ts';
import { startFloor } from './floor/start-floor.ts';
import { verdictsOf } from './goals.ts';
import { StoredLoad } from './load/stored-load.ts';
import { startOwnArchive } from './own-archive.ts';
import {
  type CheckOutcome,
  type ComparedOutcome,
  failuresOf,
  missedGoals,
  type Report,
} from './report/report.ts';
import { updateDocs, writeReport } from './report/write-report.ts';
import { randomOf, runCompared } from './run-compared.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const bench = readArguments(process.argv.slice(2), {
  drawSeed: () => randomInt(1, 10 ** 9),
  defaultFolder: join(import.meta.dirname, 'results'),
});
if (bench.isHelp) console.log(USAGE);
else await main(bench);

async function main(bench: BenchArguments): Promise<void> {
  console.error(`seed ${bench.seed}`);
  const startedAt = new Date().toISOString();
  const load = new StoredLoad((name) => randomOf(bench.seed, name));
  const cases = selectCases(load, bench.cases);
  const checks = await checkAll(cases.filter(isCheck), bench);
  const { targets, compared } = await compareAll(cases.filter(isCompared), bench);
  const report: Report = {
    seed: bench.seed,
    isQuick: bench.scale.isQuick,
    rounds: bench.scale.rounds,
    startedAt,
    machine: machineName(),
    targets,
    compared,
    checks,
  };
  console.log(await writeReport(bench.resultsFolder, report));
  if (bench.updatesDocs)
    await updateDocs(join(docs, 'performance.md'), join(docs, 'performance.svg'), report);
  for (const missed of missedGoals(report)) console.error(`missed: ${missed}`);
  for (const failure of failuresOf(report)) {
    console.error(`failed: ${failure}`);
    process.exitCode = 1;
  }
}

function isCheck(benchCase: BenchCase): benchCase is CheckCase {
  return benchCase.kind === 'check';
}

/** Whether `--minutes` are over: says so of the case that is left out. */
function isTooLate({ minutes }: BenchArguments, { name }: BenchCase): boolean {
  const isOver = performance.now() > minutes * 60_000;
  if (isOver) console.error(`not measured: ${name}: ${minutes} minutes are over`);
  return isOver;
}

function isCompared(benchCase: BenchCase): benchCase is ComparedCase {
  return benchCase.kind === 'compared';
}

/** Starts our archive unless there is one, and the floor; ends both. */
async function compareAll(cases: readonly ComparedCase[], bench: BenchArguments) {
  const compared: ComparedOutcome[] = [];
  if (cases.length === 0) return { targets: bench.targets, compared };
  const isGiven = bench.targets.some(({ name }) => name === OWN_NAME);
  const own = isGiven ? undefined : await startOwnArchive();
  const floor = bench.hasFloor ? await startFloor({ processes: availableParallelism() }) : undefined;
  const targets: Target[] = [...(own === undefined ? [] : [own]), ...bench.targets];
  try {
    const { scale, seed } = bench;
    for (const benchCase of cases) {
      if (isTooLate(bench, benchCase)) continue;
      const result = await runCompared(benchCase, { targets, floor, scale, seed, note: console.error });
      compared.push({ ...result, verdicts: verdictsOf(result) });
    }
  } finally {
    await floor?.stop();
    await own?.stop();
  }
  return { targets: targets.map(({ name, dicomWebUrl }) => ({ name, dicomWebUrl })), compared };
}

/** Checks start what they need; one that fails does not keep the others. */
async function checkAll(checks: readonly CheckCase[], bench: BenchArguments): Promise<CheckOutcome[]> {
  const outcomes: CheckOutcome[] = [];
  for (const check of checks) {
    if (isTooLate(bench, check)) continue;
    console.error(check.name);
    try {
      outcomes.push({ check, report: await check.run(bench.scale), failure: undefined });
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      outcomes.push({ check, report: undefined, failure });
    }
  }
  return outcomes;
}

function machineName(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model.trim() ?? 'CPU'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`;
}

/**
 * `npm test [-- VITEST ARGUMENT…]`: the checks, then all tests; the last line counts both.
 * With arguments (a path, `--project unit`, `-t NAME`) only those tests run, and no checks.
 */
import path from 'node:path';
import { parseCLI, startVitest } from 'vitest/node';
import { runChecks } from './check.ts';
import { closingLine, type Tally, TallyReporter } from './test-tally.ts';

const args = process.argv.slice(2);
if (args.length === 0) process.env['SANDYQ_TEST_WHOLE_RUN'] = 'true';
const checks = args.length === 0 ? await runChecks() : [];
const tests = await runTests();
const failedChecks = checks.filter(({ passed }) => !passed);
const tally: Tally = {
  ...tests,
  passed: tests.passed + checks.length - failedChecks.length,
  failed: tests.failed + failedChecks.length,
};

for (const [reason, count] of tally.skipReasons) console.log(`skipped (${count}): ${reason}`);
for (const { name } of failedChecks) console.log(`failed: check ${name} (see above)`);
if (tally.failed > 0) process.exitCode = 1;
console.log(closingLine(tally));

async function runTests(): Promise<Tally> {
  const reporter = new TallyReporter();
  const { filter, options } = parseCLI(['vitest', 'run', ...args]);
  const root = path.dirname(import.meta.dirname);
  await startVitest(filter, { ...options, root, reporters: ['default', reporter] });
  // Without a tally vitest itself failed, and has said why.
  return reporter.tally ?? { passed: 0, failed: 1, skipped: 0, skipReasons: new Map() };
}

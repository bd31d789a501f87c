import { expect, it } from 'vitest';
import type { TestModule } from 'vitest/node';
import { closingLine, TallyReporter } from './test-tally.ts';

type State = 'passed' | 'failed' | 'skipped' | 'pending';

/** As much of a test file's results as the reporter reads. */
function fileWith(tests: readonly (readonly [State, string?])[], errors: readonly string[] = []): TestModule {
  const cases = tests.map(([state, note], index) => ({
    fullName: `case ${index}`,
    result: () => ({ state, note }),
  }));
  const all = (only?: State) => cases.filter((one) => only === undefined || one.result().state === only);
  const children = { allTests: all, allSuites: () => [] };
  return { relativeModuleId: 'a.test.ts', errors: () => errors, children } as unknown as TestModule;
}

function tallyOf(modules: readonly TestModule[], unhandled: readonly unknown[] = []) {
  const reporter = new TallyReporter();
  reporter.onTestRunEnd(modules, unhandled);
  return reporter.tally ?? expect.unreachable('no tally');
}

it('counts tests, files that could not run, and errors outside of tests', () => {
  const sound = fileWith([['passed'], ['passed'], ['failed'], ['skipped', 'no corpus']]);
  const broken = fileWith([], ['SyntaxError']);
  const tally = tallyOf([sound, broken], [new Error('unhandled')]);
  expect(closingLine(tally)).toBe('2 passed, 3 failed, 1 skipped');
});

it('says why tests were skipped, or which', () => {
  const tally = tallyOf([fileWith([['skipped', 'no corpus'], ['skipped', 'no corpus'], ['skipped']])]);
  expect([...tally.skipReasons]).toEqual([
    ['no corpus', 2],
    ['a.test.ts: case 2', 1],
  ]);
});

it('counts a test that never ran as skipped, not as passed', () => {
  expect(tallyOf([fileWith([['pending']])])).toMatchObject({ passed: 0, failed: 0, skipped: 1 });
});

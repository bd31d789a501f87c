/** Counts the results of a test run and the reasons of skipped tests. */
import type { Reporter, TestModule } from 'vitest/node';

/** What a run amounts to. */
export interface Tally {
  readonly passed: number;
  /** Failed tests, files that could not be run, and errors outside of tests. */
  readonly failed: number;
  readonly skipped: number;
  /** Reason → how many tests were skipped for it. */
  readonly skipReasons: ReadonlyMap<string, number>;
}

/** A vitest reporter that writes nothing and keeps the tally of the run. */
export class TallyReporter implements Reporter {
  tally: Tally | undefined;

  /** Called by vitest when all tests have ended. */
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const states = tests.map((test) => test.result().state);
    const faultyFiles = modules.filter((module) => suiteErrors(module) > 0).length;
    this.tally = {
      passed: states.filter((state) => state === 'passed').length,
      failed: states.filter((state) => state === 'failed').length + faultyFiles + unhandledErrors.length,
      skipped: states.filter((state) => state === 'skipped' || state === 'pending').length,
      skipReasons: countReasons(modules),
    };
  }
}

/** Errors of a file outside of its tests: it can't be loaded, or a hook failed. */
function suiteErrors(module: TestModule): number {
  const suites = [...module.children.allSuites()].flatMap((suite) => suite.errors());
  return module.errors().length + suites.length;
}

function countReasons(modules: readonly TestModule[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const module of modules) {
    for (const test of module.children.allTests('skipped')) {
      const result = test.result();
      const note = result.state === 'skipped' ? result.note : undefined;
      const reason = note ?? `${module.relativeModuleId}: ${test.fullName}`;
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  }
  return counts;
}

/** The last line of a run, for people and for continuous integration. */
export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

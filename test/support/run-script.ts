/** Runs a command line of the archive as `npm run` does, in a process of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** How it ended. */
export interface ScriptResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 300_000;
const scripts = join(import.meta.dirname, '..', '..', 'scripts');

/** `script`: file of scripts/. Of the test's own environment it gets what every program has. */
export function runScript(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<ScriptResult> {
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(scripts, script), ...args],
      { env: { PATH, HOME, TMPDIR, ...environment }, maxBuffer: MAX_OUTPUT_BYTES, timeout: TIMEOUT_MS },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

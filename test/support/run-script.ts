/** Runs a command line of the archive as `npm run` does, in a process of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { bareEnvironment } from './bare-environment.ts';

/** How it ended. */
export interface ScriptResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 300_000;
const scripts = join(import.meta.dirname, '..', '..', 'scripts');

/** `script`: file of scripts/. */
export function runScript(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ScriptResult> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(scripts, script), ...args],
      { env: { ...bareEnvironment(), ...environment }, maxBuffer: MAX_OUTPUT_BYTES, timeout: TIMEOUT_MS },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

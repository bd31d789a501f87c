/** `npm run check`: types, lint, format and layers, all of them; says which failed and exits 1. */
import { spawn } from 'node:child_process';
import path from 'node:path';

/** How one check ended. */
export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
}

const root = path.dirname(import.meta.dirname);
const CHECKS: readonly { name: string; script: string; args: readonly string[] }[] = [
  { name: 'types', script: 'node_modules/typescript/bin/tsc', args: ['--noEmit'] },
  { name: 'lint', script: 'node_modules/oxlint/bin/oxlint', args: ['--type-aware', '--quiet'] },
  { name: 'format', script: 'node_modules/@biomejs/biome/bin/biome', args: ['check', '--log-level=error'] },
  { name: 'layers', script: 'scripts/layer-check.ts', args: [] },
];

/** Runs every check, prints one line for each, and what those that failed said. */
export async function runChecks(): Promise<CheckResult[]> {
  return Promise.all(CHECKS.map(({ name, script, args }) => runCheck(name, [script, ...args])));
}

async function runCheck(name: string, command: readonly string[]): Promise<CheckResult> {
  const started = performance.now();
  const { passed, output } = await runNode(command);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${passed ? '✓' : '✗'} ${name} (${seconds} s)${passed ? '' : `\n\n${output.trim()}\n`}`);
  return { name, passed };
}

async function runNode(command: readonly string[]): Promise<{ passed: boolean; output: string }> {
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ passed: code === 0, output }));
  });
}

if (import.meta.main) {
  const failed = (await runChecks()).filter(({ passed }) => !passed);
  if (failed.length > 0) {
    console.log(`\n${failed.map(({ name }) => name).join(', ')} failed`);
    process.exitCode = 1;
  }
}

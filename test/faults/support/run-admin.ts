/** `npm run admin` and `npm run fixity` as a person runs them: a process of its own, told by its environment. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { bareEnvironment } from '../../support/bare-environment.ts';

/** Settings of processes, e.g. SANDYQ_DATA. */
export type Settings = Readonly<Record<string, string>>;

/** How a command ended. */
export interface AdminResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const SCRIPTS = join(import.meta.dirname, '..', '..', '..', 'scripts');

/** Starts a command of `npm run admin`; whoever called it waits for its end. */
export function startAdmin(settings: Settings, args: readonly string[]) {
  return startScript('admin.ts', settings, args);
}

/** Runs a command of `npm run admin` to its end. */
export function runAdmin(settings: Settings, ...args: string[]): Promise<AdminResult> {
  return endOf(startAdmin(settings, args));
}

/** Runs a command of `npm run admin` that must succeed; returns what it printed. */
export async function mustAdmin(settings: Settings, ...args: string[]): Promise<string> {
  return mustSucceed(`admin -- ${args.join(' ')}`, await runAdmin(settings, ...args));
}

/** Runs `npm run fixity`, which must find everything whole; returns what it printed. */
export async function mustBeWhole(settings: Settings, ...args: string[]): Promise<string> {
  return mustSucceed(`fixity -- ${args.join(' ')}`, await endOf(startScript('fixity.ts', settings, args)));
}

function startScript(script: string, settings: Settings, args: readonly string[]) {
  const env = { ...bareEnvironment(), ...settings };
  return spawn(process.execPath, [join(SCRIPTS, script), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function endOf(child: ReturnType<typeof startScript>): Promise<AdminResult> {
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  return { code: child.exitCode, stdout, stderr };
}

function mustSucceed(command: string, { code, stdout, stderr }: AdminResult): string {
  if (code === 0) return stdout;
  throw new Error(`npm run ${command} ended with ${code}:\n${stdout}${stderr}`);
}

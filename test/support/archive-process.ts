/** One process of the archive, as it runs in a hospital: `node services/NAME/src/main.ts`, told by its environment alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bareEnvironment } from './bare-environment.ts';

/** The services that have a main.ts. */
export type ServiceName = 'ingest' | 'index' | 'retrieval' | 'standalone';

/** A process that listens and is ready. */
export interface ArchiveProcess {
  readonly name: ServiceName;
  readonly pid: number;
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** Everything it wrote to standard output and standard error so far. */
  readonly output: () => string;
  /** Whether it has ended, asked or not. */
  readonly hasEnded: () => boolean;
  /** SIGTERM; throws with the output unless it ends with code 0 within 10 s. */
  readonly stop: () => Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  readonly kill: () => Promise<void>;
}

/** How a process ended that was not meant to serve. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

const READY_MS = 60_000;
/** Design §10: SIGTERM drains and exits within 10 s. */
const STOP_MS = 10_000;
const repository = join(import.meta.dirname, '..', '..');
/** As `npm start` gives them to Node. */
const nodeFlags = JSON.parse(
  readFileSync(join(repository, 'scripts/bootstrap/node-flags.json'), 'utf8'),
) as string[];

/**
 * Starts the service on a free port, as one process unless told otherwise, and waits until `/readyz` answers 200. Throws
 * with its output if it does not come up within `readyMs`.
 */
export async function startArchiveProcess(
  name: ServiceName,
  environment: Readonly<Record<string, string>>,
  readyMs = READY_MS,
): Promise<ArchiveProcess> {
  const spawned = spawnService(name, { SANDYQ_PORT: '0', SANDYQ_PROCESSES: '1', ...environment });
  try {
    const url = await readyUrl(spawned, readyMs);
    const { child } = spawned;
    return {
      name,
      pid: child.pid ?? 0,
      url,
      output: spawned.output,
      hasEnded: () => hasEnded(child),
      stop: () => stop(name, spawned),
      kill: () => end(spawned, 'SIGKILL'),
    };
  } catch (error) {
    await end(spawned, 'SIGKILL');
    throw error;
  }
}

/** Runs a service that is expected to refuse to start; kills it and throws if it does not end by itself. */
export async function runToItsEnd(
  name: ServiceName,
  environment: Readonly<Record<string, string>>,
): Promise<Ending> {
  const { child, output, ended } = spawnService(name, environment);
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_MS);
  await ended;
  clearTimeout(timer);
  return { code: child.exitCode, signal: child.signalCode, output: output() };
}

interface Spawned {
  readonly name: ServiceName;
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<void>;
}

function spawnService(name: ServiceName, environment: Readonly<Record<string, string>>): Spawned {
  const main = join(repository, 'services', name, 'src', 'main.ts');
  const child = spawn(process.execPath, [...nodeFlags, main], {
    cwd: repository,
    env: { ...bareEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
  }
  const killWithTest = (): boolean => child.kill('SIGKILL');
  process.once('exit', killWithTest);
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      chunks.push(String(error));
      resolve();
    });
    child.once('close', () => resolve());
  }).then(() => void process.off('exit', killWithTest));
  return { name, child, output: () => chunks.join(''), ended };
}

async function readyUrl(spawned: Spawned, readyMs: number): Promise<string> {
  const deadline = performance.now() + readyMs;
  while (performance.now() < deadline && !hasEnded(spawned.child)) {
    const port = /"event":"listening","port":(\d+)/.exec(spawned.output())?.[1];
    const url = `http://127.0.0.1:${port}`;
    if (port !== undefined && (await isReady(url))) return url;
    await sleep(50);
  }
  throw new Error(`${spawned.name} did not get ready:\n${spawned.output()}`);
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`);
  await answer.body?.cancel();
  return answer.status === 200;
}

async function stop(name: ServiceName, spawned: Spawned): Promise<void> {
  const { child, output } = spawned;
  if (hasEnded(child)) throw new Error(`${name} had ended before it was told to:\n${tail(output())}`);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await end(spawned, 'SIGTERM');
  clearTimeout(timer);
  if (child.exitCode !== 0) {
    throw new Error(
      `${name} ended with ${child.exitCode ?? child.signalCode} after SIGTERM:\n${tail(output())}`,
    );
  }
}

async function end({ child, ended }: Spawned, signal: NodeJS.Signals): Promise<void> {
  if (!hasEnded(child)) child.kill(signal);
  await ended;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function tail(output: string): string {
  return output.slice(-8_000);
}

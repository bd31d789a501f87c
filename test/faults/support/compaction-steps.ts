/** The steps of compaction at which a process can be made to stop, and such a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bareEnvironment } from '../../support/bare-environment.ts';
import type { ArchiveEnvironment } from './archive-tools.ts';

/** Sealed in the spool; put, not read back; everything swapped, not committed; committed; before and after the first deletion. */
export const compactionSteps = [
  'spooled',
  'put',
  'before commit',
  'committed',
  'before delete',
  'deleted',
] as const;

export type CompactionStep = (typeof compactionSteps)[number];

/** Starts a process that compacts a study, waits until it is at the step, and kills it with SIGKILL. */
export async function killAt(
  step: CompactionStep,
  study: string,
  environment: ArchiveEnvironment,
): Promise<void> {
  const { child, output } = start({ ...environment, PAUSE_AT: step, STUDY: study });
  const ended = once(child, 'close');
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', () => {
      if (output().includes(`at ${step}`)) resolve();
    });
    child.once('close', () => reject(new Error(`it ended before "${step}":\n${output()}`)));
  });
  child.kill('SIGKILL');
  await ended;
}

/** Lets a process compact all studies, or one, and clear away; throws with its output unless it ends with code 0. */
export async function compactToTheEnd(environment: ArchiveEnvironment, study?: string): Promise<void> {
  const { child, output } = start({ ...environment, ...(study !== undefined && { STUDY: study }) });
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`compacting ended with ${child.exitCode}:\n${output()}`);
}

function start(environment: Readonly<Record<string, string>>): { child: ChildProcess; output: () => string } {
  const script = join(import.meta.dirname, 'compacting-process.ts');
  const child = spawn(process.execPath, [script], {
    env: { ...bareEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
  }
  const killWithTest = () => child.kill('SIGKILL');
  process.once('exit', killWithTest);
  child.once('close', () => process.off('exit', killWithTest));
  return { child, output: () => chunks.join('') };
}

/** The steps of a disposition at which a process can be made to stop, and such a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bareEnvironment } from '../../support/bare-environment.ts';
import type { ArchiveEnvironment } from './archive-tools.ts';

/**
 * Hidden, not in the store's journal; begun, not committed; committed, not in the store's journal; journalled; one object
 * deleted; ended, not committed; committed, not in the store's journal; certified, not committed.
 */
export const wholeStudySteps = [
  'rejected',
  'beginning',
  'begun',
  'journalled',
  'deleted',
  'ending',
  'ended',
  'certifying',
] as const;

/** What lies beside it: copied; swapped, not committed; committed; one object deleted. */
export const partSteps = ['put', 'swapping', 'swapped', 'deleted'] as const;

export type DispositionStep = (typeof wholeStudySteps)[number] | (typeof partSteps)[number];

/** A plan, and where its execution is to be killed. */
export interface KilledPlan {
  readonly step: DispositionStep;
  readonly planId: string;
}

/** Those that are not in the store's journal come last: whoever goes on after them would write their lines too. */
const LAST: readonly DispositionStep[] = ['begun', 'ended', 'rejected'];

/** Starts a process that carries these plans out, waits until each is at its step, and kills it with SIGKILL. */
export async function killAtSteps(
  plans: readonly KilledPlan[],
  environment: ArchiveEnvironment,
): Promise<void> {
  const script = join(import.meta.dirname, 'disposing-process.ts');
  const inOrder = plans.toSorted((a, b) => LAST.indexOf(a.step) - LAST.indexOf(b.step));
  const child = spawn(process.execPath, [script], {
    env: { ...bareEnvironment(), ...environment, PLANS: JSON.stringify(inOrder) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await allAtTheirSteps(child);
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}

function allAtTheirSteps(child: ChildProcess): Promise<void> {
  const killWithTest = () => child.kill('SIGKILL');
  process.once('exit', killWithTest);
  return new Promise((resolve, reject) => {
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('all are at their steps\n')) resolve();
      });
    child.once('close', () => {
      process.off('exit', killWithTest);
      reject(new Error(`it ended before all were at their steps:\n${output}`));
    });
  });
}

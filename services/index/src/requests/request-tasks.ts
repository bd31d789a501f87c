/** The tasks of what is asked of retention: each kind waits for its own kind only. */
import type { Archive } from '@sandyq/service';
import type { BackgroundTask } from '../background.ts';
import { requestedDryRun, requestedExecution } from './requested-execution.ts';
import { requestedPlan } from './requested-plan.ts';
import { requestedWhatIf } from './requested-what-if.ts';
import { createRequestedWork } from './work-off-requests.ts';

/** Somebody waits for what was asked for. */
const IDLE_MS = 500;

export function requestTasks(archive: Archive): BackgroundTask[] {
  const works = [
    requestedWhatIf(archive),
    requestedPlan(archive),
    requestedDryRun(archive),
    requestedExecution(archive),
  ];
  return works.map((work) => ({
    name: `requested-${work.kind}`,
    idleMs: IDLE_MS,
    run: createRequestedWork(archive, work),
  }));
}

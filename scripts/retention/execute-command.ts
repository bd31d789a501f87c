/** `execute`: an approved plan, carried out as far as it can be today; `resume`: what was begun and not ended. */
import { dispositionsToResume, readPlan } from '@sandyq/database';
import {
  describeCertificate,
  describeExecution,
  type ExecutionReport,
  executePlan,
  issueCertificates,
  type Resumption,
  resumeDispositions,
  type Tally,
} from '@sandyq/disposition';
import { certificatePorts, executionPorts, purgePorts } from '@sandyq/index';
import { Command } from 'commander';
import type { ExitCode } from '../admin/administration.ts';
import { bytesOf, numberOf } from '../admin/options.ts';
import { show } from '../admin/show.ts';
import { formatBytes, formatCount, formatTime } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import type { Acting, RunActing } from './acting.ts';
import { type ExecuteOptions, showDryRun, withExecute } from './execute-option.ts';
import { createStudyProgress } from './study-progress.ts';

interface ExecutionOptions extends ExecuteOptions {
  readonly studiesPerSecond?: number;
  readonly bytesPerSecond?: number;
}

/** Exit code 1: nothing was done, it was stopped, or studies are held or wait. */
export function executeCommand(run: RunActing): Command {
  return withExecute(new Command('execute'))
    .description(
      'carry an approved plan out: hide its studies; delete those whose grace has passed. Ctrl-C stops it; repeat it to go on',
    )
    .argument('<plan>', 'as "plans" shows it')
    .option('--studies-per-second <n>', 'at most so many', numberOf)
    .option('--bytes-per-second <size>', 'of studies, at most so many', bytesOf)
    .action((planId: string, options: ExecutionOptions) => run((acting) => execute(acting, planId, options)));
}

async function execute(
  { archive, actor, terminal }: Acting,
  planId: string,
  options: ExecutionOptions,
): Promise<ExitCode> {
  const isDryRun = options.execute !== true;
  // Before anything is deleted it is certain that it can be certified.
  const certifying = isDryRun ? undefined : await certificatePorts(archive);
  const { studies } = await readPlan(archive.database, planId);
  const progress = createStudyProgress(process.stderr, studies, () => performance.now());
  const report = await untilInterrupted((signal) =>
    executePlan(executionPorts(archive), {
      planId,
      executedBy: actor.principalId,
      isDryRun,
      studiesPerSecond: options.studiesPerSecond,
      bytesPerSecond: options.bytesPerSecond,
      signal,
      onProgress: ({ looked }) => progress.advanceTo(looked),
    }),
  ).finally(() => progress.stop());
  if (certifying === undefined) {
    return showDryRun({ terminal }, executionWords(report), { options, value: describeExecution(report) });
  }
  const certificates = await issueCertificates(certifying, planId, actor.principalId);
  const described = { ...describeExecution(report), certificates: certificates.map(describeCertificate) };
  show(terminal, options, described, () =>
    [executionWords(report), ...certificates.map(({ certificateId }) => certificateHint(certificateId))].join(
      '\n\n',
    ),
  );
  return report.isStopped || report.held.studies + report.waiting.studies > 0 ? 1 : 0;
}

function certificateHint(certificateId: string): string {
  return `Certificate ${certificateId}: npm run retention -- certificate ${certificateId} --output FILE`;
}

/** Ctrl-C ends the work between two steps. */
async function untilInterrupted<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  try {
    return await work(interrupted.signal);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  }
}

function executionWords(report: ExecutionReport): string {
  const { isDryRun, graceEnds, reasons } = report;
  const would = isDryRun ? 'would be ' : '';
  const tallies: readonly (readonly [what: string, tally: Tally])[] = [
    [`${would}hidden`, report.rejected],
    [`${would}deleted`, report.purged],
    [`${would}moved to the cold tier`, report.transferred],
    [`${would}left out: they have changed`, report.skipped],
    ['hidden, still restorable', report.inGrace],
    ['under a legal hold', report.held],
    ['waiting', report.waiting],
  ];
  const rows = tallies
    .filter(([, { studies }]) => studies > 0)
    .map(([what, { studies, instances, bytes }]) => [
      what,
      formatCount(studies),
      formatCount(instances),
      formatBytes(bytes),
    ]);
  return [
    rows.length === 0 ? 'Nothing is left to be done.' : table(['', 'STUDIES', 'INSTANCES', 'BYTES'], rows),
    ...(graceEnds === undefined
      ? []
      : [`From ${formatTime(graceEnds)} on what is hidden is deleted: repeat the command then.`]),
    ...(reasons.length === 0
      ? []
      : [
          table(
            ['STUDY', 'WHY'],
            reasons.map(({ studyInstanceUid, why }) => [studyInstanceUid, why]),
          ),
        ]),
    ...(report.isStopped ? ['It was stopped. Repeat the command to go on.'] : []),
    ...(report.isEnded ? ['The plan is carried out.'] : []),
  ].join('\n\n');
}

/** Most dispositions that a dry run names. */
const MOST_NAMED = 100;

/** Exit code 1: nothing was done, or something waits. */
export function resumeCommand(run: RunActing): Command {
  return withExecute(new Command('resume'))
    .description('end what was begun: the running archive does it too, by itself')
    .action((options: ExecuteOptions) => run((acting) => resume(acting, options)));
}

async function resume({ archive, terminal }: Acting, options: ExecuteOptions): Promise<ExitCode> {
  if (options.execute !== true) {
    const begun = await dispositionsToResume(archive.database, undefined, MOST_NAMED);
    const described = begun.map(({ dispositionId, studyInstanceUid, begunAt, planId }) => ({
      dispositionId,
      studyInstanceUid,
      begunAt,
      planId,
    }));
    const value = { dispositions: described };
    if (begun.length === 0)
      return show(terminal, options, value, () => 'Everything that was begun has ended.');
    const rows = begun.map((one) => [one.studyInstanceUid, formatTime(one.begunAt), one.planId]);
    return showDryRun({ terminal }, table(['STUDY', 'BEGUN', 'PLAN'], rows), { options, value });
  }
  const resumption = await untilInterrupted((signal) => resumeUnlessStopped(archive, signal));
  if (resumption === undefined) {
    terminal.note('It was stopped. Repeat the command to go on.');
    return 1;
  }
  show(terminal, options, resumption, () =>
    [
      `${formatCount(resumption.ended)} ended, ${formatCount(resumption.waiting)} wait.`,
      ...(resumption.ended === 0
        ? []
        : ['Their certificates: npm run retention -- certificates PLAN --issue']),
    ].join('\n'),
  );
  return resumption.waiting > 0 ? 1 : 0;
}

/** Undefined: it was stopped. */
async function resumeUnlessStopped(
  archive: Acting['archive'],
  signal: AbortSignal,
): Promise<Resumption | undefined> {
  try {
    return await resumeDispositions(purgePorts(archive), signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    return undefined;
  }
}

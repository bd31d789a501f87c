/** `reconcile`: store and index are compared, and brought together again where they differ. */
import { reconcileArchive } from '@sandyq/index';
import { isAnythingWrong, type ReconcileReport } from '@sandyq/indexing';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { formatCount } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import type { ExitCode, Run } from './administration.ts';
import { type OutputOptions, withJson } from './options.ts';
import { show } from './show.ts';

interface ReconcileOptions extends OutputOptions {
  readonly execute?: boolean;
}

/** Exit code 1: something is missing or damaged, or could not be indexed. */
export function reconcileCommand(run: Run): Command {
  return withJson(new Command('reconcile'))
    .description(
      'compare object store and index: what either does not know or has lost, e.g. after an older database was restored',
    )
    .option(
      '--dry-run',
      'say what would be done, change nothing (this is what it does unless told otherwise)',
    )
    .option('--execute', 'do it: index what is unknown, mark what is missing or damaged, clear up')
    .action((options: ReconcileOptions & { dryRun?: boolean }) =>
      run(async ({ archive, terminal }): Promise<ExitCode> => {
        const dryRun = options.dryRun === true || options.execute !== true;
        const progress = createProgress();
        const report = await reconcileArchive(archive, { dryRun, onProgress: progress.update }).finally(
          progress.stop,
        );
        show(terminal, options, { dryRun, ...report }, () => reportWords(report, dryRun));
        if (dryRun && wouldDo(report) > 0)
          terminal.note('Nothing was done. Repeat the command with --execute to do it.');
        return isAnythingWrong(report) ? 1 : 0;
      }),
    );
}

/** A counter on a terminal; the number of segments is not known before its end. */
function createProgress() {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const format = '{value} segments listed, {unknown} unknown, {replayed} indexed';
  const bar = new SingleBar({ stream: process.stderr, format, clearOnComplete: true, hideCursor: true });
  bar.start(0, 0, { unknown: 0, replayed: 0 });
  return {
    update: ({ listed, unknown, replayed }: ReconcileReport) => bar.update(listed, { unknown, replayed }),
    stop: () => bar.stop(),
  };
}

function wouldDo(report: ReconcileReport): number {
  const { unknown, incomplete, missing, damaged, missingQuarantine, unlisted, foreign } = report;
  const found = unknown + incomplete + report.spoolFilesRemoved + report.spoolSegmentsRecovered;
  return found + [missing, damaged, missingQuarantine, unlisted, foreign].flat().length;
}

function reportWords(report: ReconcileReport, dryRun: boolean): string {
  return [
    `${formatCount(report.listed)} segments in the store, ${formatCount(report.unknown)} of them unknown to the database.`,
    '',
    table(
      ['FOUND', 'COUNT', dryRun ? 'WOULD BE' : 'NOW'],
      rowsOf(report, dryRun)
        .filter(([, count]) => count > 0)
        .map(([what, count, outcome]) => [what, count, outcome]),
    ),
    ...keys('Damaged, kept', report.damaged),
    ...keys('Missing from the store', report.missing),
    ...keys('Quarantine objects that are missing or damaged', report.missingQuarantine),
    ...keys('Whole, but could not be indexed: see the log', report.failed),
    ...keys('Quarantine objects without an entry, kept', report.unlisted),
    ...keys('Not of this archive, kept', report.foreign),
    ...(report.unnamed > 0
      ? ['', `${formatCount(report.unnamed)} more are not named here: npm run admin -- damage list`]
      : []),
  ].join('\n');
}

/** What is found, how often, and what becomes or has become of it. */
function rowsOf(report: ReconcileReport, dryRun: boolean): [what: string, count: number, outcome: string][] {
  const done = (dry: string, now: string): string => (dryRun ? dry : now);
  const { replayed, superseded, disposed, restored, instances, unfinishedRemoved = 0 } = report;
  return [
    [
      'unknown segments',
      report.unknown,
      done(
        'verified and indexed',
        `${replayed} indexed, ${superseded} superseded, ${disposed} disposed of before`,
      ),
    ],
    ['segments too young to be looked at', report.young, 'left for the next time'],
    ['segments with lost rows', report.incomplete, done('replayed', `${restored} replayed`)],
    ['segments that are whole again', report.whole, 'marked whole'],
    ['missing segments', report.missing.length, done('marked', `marked, ${instances} instances unavailable`)],
    ['damaged segments', report.damaged.length, done('marked or noted', 'marked or noted')],
    ['segments that could not be indexed', report.failed.length, 'noted'],
    ['quarantine entries without their object', report.missingQuarantine.length, 'marked'],
    ['quarantine objects without an entry', report.unlisted.length, 'noted'],
    ['objects that are not of this archive', report.foreign.length, 'noted'],
    ['segments held elsewhere in whole', report.duplicates, 'superseded in the background'],
    ['unsealed files of dead processes', report.spoolFilesRemoved, 'removed'],
    ['sealed segments of dead processes', report.spoolSegmentsRecovered, done('stored', 'stored')],
    ['unfinished uploads', unfinishedRemoved, 'removed'],
  ];
}

function keys(title: string, list: readonly string[]): string[] {
  return list.length === 0 ? [] : ['', `${title}:`, ...list.map((key) => `  ${key}`)];
}

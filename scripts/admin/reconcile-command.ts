/** `reconcile`: segments of the store that the index does not know are verified and indexed. */
import { RECONCILE_MINIMUM_AGE_MS, reconcilePorts } from '@sandyq/index';
import { type ReconcileReport, reconcile } from '@sandyq/indexing';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { formatCount } from '../terminal/format.ts';
import type { ExitCode, Run } from './administration.ts';
import { type OutputOptions, withJson } from './options.ts';
import { show } from './show.ts';

interface ReconcileOptions extends OutputOptions {
  readonly dryRun?: boolean;
}

export function reconcileCommand(run: Run): Command {
  return withJson(new Command('reconcile'))
    .description(
      'index what the object store holds and the database does not know, e.g. after an older database was restored',
    )
    .option('--dry-run', 'say what would be done, change nothing')
    .action((options: ReconcileOptions) =>
      run(async ({ archive, terminal }): Promise<ExitCode> => {
        const dryRun = options.dryRun ?? false;
        const progress = createProgress();
        const report = await reconcile(reconcilePorts(archive), {
          dryRun,
          minimumAgeMs: RECONCILE_MINIMUM_AGE_MS,
          now: () => new Date(),
          onProgress: progress.update,
        }).finally(progress.stop);
        show(terminal, options, { dryRun, ...report }, () => reportWords(report, dryRun));
        return report.damaged.length === 0 ? 0 : 1;
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

function reportWords({ listed, unknown, replayed, damaged }: ReconcileReport, dryRun: boolean): string {
  const lines = [
    `${formatCount(listed)} segments in the store, ${formatCount(unknown)} of them unknown to the database.`,
  ];
  if (dryRun && unknown > 0) lines.push('They would be verified and indexed.');
  if (!dryRun && unknown > 0) lines.push(`${formatCount(replayed)} were verified and indexed.`);
  if (damaged.length > 0)
    lines.push('', 'Damaged, kept and not indexed:', ...damaged.map((key) => `  ${key}`));
  return lines.join('\n');
}

/** `compact`: joins the small segments of series into fewer and larger ones, now. */
import { compactionPorts } from '@sandyq/index';
import { type CompactionReport, compactNow, pace } from '@sandyq/indexing';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { formatBytes, formatCount } from '../terminal/format.ts';
import type { ExitCode, Run } from './administration.ts';
import { bytesOf, type OutputOptions, withJson } from './options.ts';
import { show } from './show.ts';

interface CompactOptions extends OutputOptions {
  readonly study?: string;
  readonly rate?: number;
  readonly dryRun?: boolean;
}

export function compactCommand(run: Run): Command {
  return withJson(new Command('compact'))
    .description(
      'join the small objects of series into fewer and larger ones now, as the archive does by itself',
    )
    .option('--study <uid>', 'only the series of this study')
    .option(
      '--rate <bytes>',
      'copy at most so many bytes a second, e.g. 200MiB; 0: as fast as it goes; default: SANDYQ_COMPACT_BYTES_PER_SECOND',
      bytesOf,
    )
    .option('--dry-run', 'say what would be done, change nothing')
    .action((options: CompactOptions) =>
      run(async ({ archive, terminal }): Promise<ExitCode> => {
        const dryRun = options.dryRun ?? false;
        const progress = createProgress();
        const report = await compactNow(compactionPorts(archive), {
          dryRun,
          studyInstanceUid: options.study,
          pace: pace({ bytesPerSecond: options.rate ?? archive.settings.compactBytesPerSecond }),
          onProgress: progress.update,
        }).finally(progress.stop);
        show(terminal, options, { dryRun, ...report }, () => reportWords(report, dryRun));
        return report.damaged.length === 0 ? 0 : 1;
      }),
    );
}

/** A counter on a terminal; how many series there are is not known before the end. */
function createProgress() {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const format = '{value} series, {rewritten} objects joined into {made}';
  const bar = new SingleBar({ stream: process.stderr, format, clearOnComplete: true, hideCursor: true });
  bar.start(0, 0, { rewritten: 0, made: 0 });
  return {
    update: ({ series, rewritten, made }: CompactionReport) => bar.update(series, { rewritten, made }),
    stop: () => bar.stop(),
  };
}

function reportWords(report: CompactionReport, dryRun: boolean): string {
  const { series, joined, later, rewritten, made, bytes, damaged } = report;
  const lines = [`${formatCount(series)} series lie in more than one object.`];
  if (joined > 0) {
    lines.push(
      `${formatCount(joined)} of them ${dryRun ? 'would be' : 'were'} joined: ${formatCount(rewritten)} objects ` +
        `into ${formatCount(made)}, ${formatBytes(bytes)}.`,
    );
  }
  if (joined > 0 && !dryRun) lines.push('The old objects are deleted when their grace has passed.');
  if (later > 0) lines.push(`${formatCount(later)} are in use, and come up again by themselves.`);
  if (damaged.length > 0) {
    lines.push('', 'Damaged, their series were left as they are:', ...damaged.map((key) => `  ${key}`));
  }
  return lines.join('\n');
}

/** `cold`: the cold tier: how much lies in it, moving there what may lie there, bringing studies back. */
import {
  type ColdMoveReport,
  type ColdTierPorts,
  movableStudy,
  moveDueStudies,
  moveStudyToCold,
  recallStudy,
  type StudyMove,
} from '@sandyq/disposition';
import { coldTierPorts, type DescribedColdTier, describeColdTier } from '@sandyq/index';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import type { ExitCode } from '../admin/administration.ts';
import { type OutputOptions, withJson } from '../admin/options.ts';
import { show } from '../admin/show.ts';
import { formatBytes, formatCount } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import type { Acting, RunActing } from './acting.ts';
import { type ExecuteOptions, showDryRun, withExecute } from './execute-option.ts';

export function coldCommand(run: RunActing): Command {
  const command = new Command('cold').description(
    'the cold tier: a slower store for what is seldom asked for',
  );
  withJson(command.command('status'))
    .description('where it is, how much lies there, and what waits to come back')
    .action((options: OutputOptions) =>
      run(async ({ archive, terminal }) => {
        const described = await describeColdTier(archive);
        return show(terminal, options, described, () => statusWords(described));
      }),
    );
  withExecute(command.command('move'))
    .description('move what the schedule in force lets lie there, and no hold binds')
    .option('--study <uid>', 'this study, whatever the schedule says; not one under a hold')
    .action((options: MoveOptions) => run((acting) => move(acting, options)));
  withJson(command.command('recall'))
    .description('bring a study back; the running archive does it')
    .argument('<study>', 'Study Instance UID')
    .action((studyInstanceUid: string, options: OutputOptions) =>
      run(async ({ archive, terminal }) => {
        const segments = await recallStudy(archive.database, studyInstanceUid);
        return show(terminal, options, { segments }, () =>
          segments === 0
            ? 'Nothing of it lies in the cold tier, or it is on its way back already.'
            : `Objects to be brought back: ${formatCount(segments)}. How far: npm run retention -- cold status`,
        );
      }),
    );
  return command;
}

interface MoveOptions extends ExecuteOptions {
  readonly study?: string;
}

const NO_COLD_TIER = 'No cold tier is configured: set SANDYQ_COLD_FOLDER, or S3_COLD_ENDPOINT and its keys.';

async function move(acting: Acting, options: MoveOptions): Promise<ExitCode> {
  const { archive, terminal } = acting;
  const ports = coldTierPorts(archive);
  if (ports === undefined) {
    terminal.note(NO_COLD_TIER);
    return 1;
  }
  const { study, execute: isExecuted = false } = options;
  if (study !== undefined) return moveOne(acting, ports, study, options);
  const progress = createProgress();
  const report = await moveDueStudies(archive.database, {
    ports: isExecuted ? ports : undefined,
    hasReplica: archive.settings.replica !== undefined,
    now: new Date(),
    onProgress: progress.update,
  }).finally(progress.stop);
  const words = reportWords(report, isExecuted);
  const value = { executed: isExecuted, ...report };
  if (!isExecuted) return showDryRun(acting, words, { options, value });
  return show(terminal, options, value, () => words);
}

async function moveOne(
  acting: Acting,
  ports: ColdTierPorts,
  studyInstanceUid: string,
  options: MoveOptions,
): Promise<ExitCode> {
  const movable = await movableStudy(ports, studyInstanceUid, new Date());
  if (movable === undefined)
    return show(acting.terminal, options, { executed: false }, () => 'All of it lies in the cold tier.');
  const { bytes, waiting } = movable;
  if (options.execute !== true) {
    const words = bytes > 0 ? `It would be moved, ${formatBytes(bytes)}.` : 'Nothing of it can be moved now.';
    const value = { executed: false, bytes, waiting };
    return showDryRun(acting, [words, ...leftWords(Object.entries(waiting))].join('\n'), { options, value });
  }
  const moved = await moveStudyToCold(ports, studyInstanceUid);
  show(acting.terminal, options, { executed: true, ...moved }, () => studyWords(moved));
  return moved.left.length === 0 ? 0 : 1;
}

function createProgress() {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const format = '{value} studies looked at, {moved} moved, {bytes}';
  const bar = new SingleBar({ stream: process.stderr, format, clearOnComplete: true, hideCursor: true });
  bar.start(0, 0, { moved: 0, bytes: formatBytes(0) });
  return {
    update: ({ studies, moved, bytes }: ColdMoveReport) =>
      bar.update(studies, { moved, bytes: formatBytes(bytes) }),
    stop: () => bar.stop(),
  };
}

function reportWords(report: ColdMoveReport, isExecuted: boolean): string {
  const { studies, due, moved, bytes, waiting, held, recalled, left } = report;
  const lines = [
    `${formatCount(studies)} studies were looked at; ${formatCount(due)} may lie in the cold tier and do not yet.`,
    `${formatCount(moved)} ${isExecuted ? 'were' : 'would be'} moved, ${formatBytes(bytes)}.`,
  ];
  if (waiting > 0) lines.push(`${formatCount(waiting)} wait: nothing of them can be moved now.`);
  if (held > 0) lines.push(`${formatCount(held)} stay because of a legal hold.`);
  if (recalled > 0) lines.push(`${formatCount(recalled)} stay because somebody wanted them back lately.`);
  return [...lines, ...leftWords(Object.entries(left))].join('\n');
}

function studyWords({ moved, bytes, already, left }: StudyMove): string {
  const counts = Object.entries(Object.groupBy(left, ({ why }) => why));
  return [
    `Objects moved: ${formatCount(moved)} (${formatBytes(bytes)}); there before: ${formatCount(already)}.`,
    ...leftWords(counts.map(([why, members]) => [why, members?.length ?? 0])),
  ].join('\n');
}

const REASONS: Readonly<Record<string, string>> = {
  compaction: 'are to be joined first',
  verdicts: 'are still to be judged',
  replication: 'are not in the replica yet',
  damage: 'are damaged (npm run fixity -- --repair)',
  changed: 'were rewritten meanwhile',
  disposed: 'are disposed of',
  conflict: 'have something else under their key in the cold tier',
};

function leftWords(counts: readonly (readonly [string, number])[]): string[] {
  return counts.map(
    ([why, count]) => `Objects that stay, since they ${REASONS[why] ?? why}: ${formatCount(count)}.`,
  );
}

function statusWords(described: DescribedColdTier): string {
  const { target, isReachable, reads, recallsWaiting, hotCopies, hotCopyBytes } = described;
  const lines =
    target === undefined
      ? [NO_COLD_TIER]
      : [
          `The cold tier is ${target}, which ${isReachable ? 'answers' : 'does not answer now'}.`,
          reads === 'through'
            ? 'Readers read it as it lies there, and what they read is brought back.'
            : 'Readers are told to come again until what they want is brought back.',
        ];
  const row = (name: string, segments: number, bytes: number) => [
    name,
    formatCount(segments),
    formatBytes(bytes),
  ];
  lines.push(
    '',
    table(
      ['TIER', 'OBJECTS', 'BYTES'],
      [
        row('hot', described.hotSegments, described.hotBytes),
        row('cold', described.coldSegments, described.coldBytes),
      ],
    ),
  );
  if (recallsWaiting > 0) lines.push('', `Objects that are to come back: ${formatCount(recallsWaiting)}.`);
  if (hotCopies > 0)
    lines.push(
      '',
      `Cold objects that the hot store still has, until their grace has passed: ${formatCount(hotCopies)} (${formatBytes(hotCopyBytes)}).`,
    );
  return lines.join('\n');
}

/** `reject`, `restore`, `rejections`: what is hidden from everybody, and shown again. */
import { listRejections, type Rejection, type RejectionState } from '@sandyq/database';
import { type RejectionRequest, rejectByHand, restoreByHand, surveyRejection } from '@sandyq/disposition';
import { describeRejection, rejectionPorts } from '@sandyq/index';
import { rejectionReasons } from '@sandyq/retention';
import { Command, Option } from 'commander';
import type { ExitCode } from '../admin/administration.ts';
import { numberOf, type OutputOptions, withJson } from '../admin/options.ts';
import { show } from '../admin/show.ts';
import { formatTime } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import type { Acting, RunActing } from './acting.ts';
import { type ExecuteOptions, showDryRun, withExecute } from './execute-option.ts';

/** Words for the codes of PS3.16 CID 7011. */
const REASONS = { quality: '113001', safety: '113037', worklist: '113038', expired: '113039' } as const;

interface RejectOptions extends ExecuteOptions {
  readonly series?: string;
  readonly instance?: readonly string[];
  readonly reason: keyof typeof REASONS;
  readonly comment: string;
}

export function rejectCommand(run: RunActing): Command {
  return withExecute(new Command('reject'))
    .description('hide a study, a series or instances, and refuse them when they are sent again; restorable')
    .argument('<study>', 'Study Instance UID')
    .option('--series <uid>', 'only this series')
    .option('--instance <uid...>', 'only these instances of the series')
    .addOption(new Option('--reason <reason>', 'why').choices(Object.keys(REASONS)).makeOptionMandatory())
    .requiredOption('--comment <text>', 'why, in words')
    .action((study: string, options: RejectOptions) => run((acting) => reject(acting, study, options)));
}

async function reject(
  { archive, actor, terminal }: Acting,
  studyInstanceUid: string,
  options: RejectOptions,
): Promise<ExitCode> {
  const ports = rejectionPorts(archive);
  const request: RejectionRequest = {
    studyInstanceUid,
    seriesInstanceUid: options.series,
    sopInstanceUids: options.instance,
    reason: REASONS[options.reason],
    comment: options.comment,
  };
  if (options.execute !== true) {
    const instances = await surveyRejection(ports, request);
    if (options.json === true) return show(terminal, options, { instances }, () => '');
    return showDryRun({ terminal }, `It would hide ${countOf(instances)}.`);
  }
  const rejection = await rejectByHand(ports, request, actor);
  const { rejectionId, instances, restoreUntil } = rejection;
  return show(terminal, options, describeRejection(rejection), () =>
    [
      `Rejected: ${countOf(instances)} hidden. Nothing of it is purged before ${formatTime(restoreUntil)}.`,
      `Show them again: npm run retention -- restore ${rejectionId} --reason "…"`,
    ].join('\n'),
  );
}

function countOf(instances: number): string {
  return `${instances} ${instances === 1 ? 'instance' : 'instances'}`;
}

export function restoreCommand(run: RunActing): Command {
  return withJson(new Command('restore'))
    .description('show again what a rejection hid, until its purge has begun')
    .argument('<id>', 'of the rejection, as `rejections` shows it')
    .requiredOption('--reason <text>', 'why')
    .action((rejectionId: string, options: OutputOptions & { readonly reason: string }) =>
      run(async ({ archive, actor, terminal }) => {
        const request = { rejectionId, reason: options.reason };
        const restored = await restoreByHand(rejectionPorts(archive), request, actor);
        return show(
          terminal,
          options,
          describeRejection(restored),
          () => `What rejection ${rejectionId} hid is shown again.`,
        );
      }),
    );
}

interface ListOptions extends OutputOptions {
  readonly study?: string;
  readonly state?: RejectionState;
  readonly limit: number;
  readonly before?: string;
}

export function rejectionsCommand(run: RunActing): Command {
  return withJson(new Command('rejections'))
    .description('what was rejected, newest first')
    .option('--study <uid>', 'of this study only')
    .addOption(
      new Option('--state <state>', 'of this state only').choices([
        'rejected',
        'restored',
        'purging',
        'purged',
      ]),
    )
    .option('--limit <n>', 'at most so many', numberOf, 100)
    .option('--before <id>', 'only those before it: the next page')
    .action((options: ListOptions) =>
      run(async ({ archive, terminal }) => {
        const { study: studyInstanceUid, state, before, limit } = options;
        const found = await listRejections(archive.database, { studyInstanceUid, state, before }, limit);
        const next = found.length === limit ? found.at(-1)?.rejectionId : undefined;
        if (next !== undefined) terminal.note(`There may be more: --before ${next}`);
        const described = { rejections: found.map(describeRejection), next };
        return show(terminal, options, described, () => rejectionsTable(found));
      }),
    );
}

function rejectionsTable(rejections: readonly Rejection[]): string {
  if (rejections.length === 0) return 'There are none.';
  return table(
    [
      'ID',
      'STATE',
      'REASON',
      'STUDY',
      'SERIES',
      'INSTANCES',
      'REJECTED',
      'BY',
      'RESTORABLE UNTIL',
      'COMMENT',
    ],
    rejections.map((one) => [
      one.rejectionId,
      one.state,
      rejectionReasons[one.reasonCode],
      one.studyInstanceUid,
      one.seriesInstanceUid ?? 'all',
      String(one.instances),
      formatTime(one.rejectedAt),
      one.rejectedBy,
      formatTime(one.restoreUntil),
      one.reasonText,
    ]),
  );
}

/** `reject`, `restore`, `rejections`: what is hidden from everybody, and shown again. */
import { listRejections, type RejectionState } from '@sandyq/database';
import { type RejectionRequest, rejectByHand, restoreByHand, surveyRejection } from '@sandyq/disposition';
import { describeRejection, rejectionPorts } from '@sandyq/index';
import { parseRejectionReason, type RejectionReasonCode, rejectionReasons } from '@sandyq/retention';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ExitCode } from '../admin/administration.ts';
import { type OutputOptions, withJson } from '../admin/options.ts';
import { show } from '../admin/show.ts';
import { formatTime } from '../terminal/format.ts';
import type { Acting, RunActing } from './acting.ts';
import { type ExecuteOptions, showDryRun, withExecute } from './execute-option.ts';
import { type PageOptions, showPage, withPages } from './pages.ts';
import { namesOfPeople } from './people.ts';

/** Words for the codes of PS3.16 CID 7011; the codes are taken, too. */
const REASONS: ReadonlyMap<string, RejectionReasonCode> = new Map([
  ['quality', '113001'],
  ['safety', '113037'],
  ['worklist', '113038'],
  ['expired', '113039'],
]);

interface RejectOptions extends ExecuteOptions {
  readonly series?: string;
  readonly instance?: readonly string[];
  readonly reason: RejectionReasonCode;
  readonly comment: string;
}

export function rejectCommand(run: RunActing): Command {
  return withExecute(new Command('reject'))
    .description('hide a study, a series or instances, and refuse them when they are sent again; restorable')
    .argument('<study>', 'Study Instance UID')
    .option('--series <uid>', 'only this series')
    .option('--instance <uid...>', 'only these instances of the series')
    .requiredOption('--reason <reason>', `why: ${REASON_WORDS}`, reasonOf)
    .requiredOption('--comment <text>', 'why, in words')
    .action((study: string, options: RejectOptions) => run((acting) => reject(acting, study, options)));
}

const REASON_WORDS = [...REASONS].map(([word, code]) => `${word} (or ${code})`).join(', ');

function reasonOf(text: string): RejectionReasonCode {
  const code = REASONS.get(text) ?? parseRejectionReason(text);
  if (code !== undefined) return code;
  throw new InvalidArgumentError(`It must be one of ${REASON_WORDS}.`);
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
    reason: options.reason,
    comment: options.comment,
  };
  if (options.execute !== true) {
    const instances = await surveyRejection(ports, request);
    return showDryRun({ terminal }, `It would hide ${countOf(instances)}.`, {
      options,
      value: { instances },
    });
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

interface ListOptions extends PageOptions {
  readonly study?: string;
  readonly state?: RejectionState;
  readonly before?: string;
}

const STATES = ['rejected', 'restored', 'purging', 'purged'] as const satisfies readonly RejectionState[];

export function rejectionsCommand(run: RunActing): Command {
  return withPages(new Command('rejections'), 'before')
    .description('what was rejected, newest first')
    .option('--study <uid>', 'of this study only')
    .addOption(new Option('--state <state>', 'of this state only').choices(STATES))
    .action((options: ListOptions) => run((acting) => rejections(acting, options)));
}

async function rejections({ archive, terminal }: Acting, options: ListOptions): Promise<ExitCode> {
  const { study: studyInstanceUid, state, before, limit } = options;
  const rows = await listRejections(archive.database, { studyInstanceUid, state, before }, limit);
  const nameOf = await namesOfPeople(
    archive.database,
    rows.map(({ rejectedBy }) => rejectedBy),
  );
  return showPage(terminal, options, {
    name: 'rejections',
    rows,
    next: 'before',
    idOf: (one) => one.rejectionId,
    describe: describeRejection,
    columns: [
      ['ID', (one) => one.rejectionId],
      ['STATE', (one) => one.state],
      ['REASON', (one) => rejectionReasons[one.reasonCode]],
      ['STUDY', (one) => one.studyInstanceUid],
      ['SERIES', (one) => one.seriesInstanceUid ?? 'all'],
      ['INSTANCES', (one) => one.instances],
      ['REJECTED', (one) => formatTime(one.rejectedAt)],
      ['BY', (one) => nameOf(one.rejectedBy)],
      ['RESTORABLE UNTIL', (one) => formatTime(one.restoreUntil)],
      ['COMMENT', (one) => one.reasonText],
    ],
  });
}

/** `explain`: why a study is kept, until when, and what stands in the way of its end. */
import { type Explanation, explainStudy, type JudgedExplanation } from '@sandyq/disposition';
import {
  isRetentionError,
  parseSchedule,
  RetentionError,
  type RetentionSchedule,
  rejectionReasons,
} from '@sandyq/retention';
import { Command } from 'commander';
import { type OutputOptions, withJson } from '../admin/options.ts';
import { show } from '../admin/show.ts';
import { formatBytes, formatTime } from '../terminal/format.ts';
import { details, table } from '../terminal/table.ts';
import { readUserText } from '../terminal/user-file.ts';
import type { RunActing } from './acting.ts';

interface ExplainOptions extends OutputOptions {
  readonly schedule?: string;
}

export function explainCommand(run: RunActing): Command {
  return withJson(new Command('explain'))
    .description('why a study is kept, until when, and what stands in the way of its end')
    .argument('<study>', 'Study Instance UID')
    .option(
      '--schedule <schedule>',
      'by another schedule than the one in force: NAME, NAME@VERSION, or a file',
    )
    .action((studyInstanceUid: string, options: ExplainOptions) =>
      run(async ({ archive, terminal }) => {
        const schedule = await scheduleOption(options.schedule);
        const request = { studyInstanceUid, schedule, now: new Date() };
        const explanation = await explainStudy(archive.database, request);
        return show(terminal, options, explanation, () => explanationWords(explanation));
      }),
    );
}

/** What `--schedule` names: a file is read, anything else is left to be found. */
export async function scheduleOption(
  named: string | undefined,
): Promise<string | RetentionSchedule | undefined> {
  if (named === undefined || !/[/\\]|\.(ya?ml|json)$/i.test(named)) return named;
  const text = await readUserText(named);
  try {
    return parseSchedule(text);
  } catch (error) {
    if (!isRetentionError(error)) throw error;
    throw new RetentionError(error.code, `${named}, ${error.message}`, { cause: error });
  }
}

function explanationWords(explanation: Explanation): string {
  const { judged, rejections, plans, dispositions, inQuarantine } = explanation;
  const parts = [
    judged === undefined
      ? 'Nothing of this study is in the archive.'
      : judgedWords(explanation.studyInstanceUid, judged),
  ];
  if (inQuarantine > 0) parts.push(`${inQuarantine} of it in quarantine: decide that first.`);
  if (rejections.length > 0)
    parts.push(
      table(
        ['REJECTION', 'STATE', 'OF', 'REASON', 'INSTANCES', 'RESTORABLE UNTIL'],
        rejections.map((one) => [
          one.rejectionId,
          one.state,
          one.seriesInstanceUid ?? 'the study',
          rejectionReasons[one.reasonCode],
          one.instances,
          formatTime(one.restoreUntil),
        ]),
      ),
    );
  if (plans.length > 0)
    parts.push(
      table(
        ['PLAN', 'STATE', 'OF THIS STUDY', ''],
        plans.map((one) => [one.planId, one.planState, one.itemState, one.outcome]),
      ),
    );
  if (dispositions.length > 0)
    parts.push(
      table(
        ['DISPOSED OF', 'WHAT', 'INSTANCES', 'PLAN'],
        dispositions.map((one) => [
          one.endedAt === undefined ? `since ${formatTime(one.begunAt)}` : formatTime(one.endedAt),
          one.isWholeStudy ? 'the study' : 'a part of it',
          one.instances,
          one.planId,
        ]),
      ),
    );
  return parts.join('\n\n');
}

function judgedWords(studyInstanceUid: string, judged: JudgedExplanation): string {
  const { holds, problems } = judged;
  const parts = [
    details([
      ['study', studyInstanceUid],
      ['facility', judged.facility],
      [
        'in the store',
        `${judged.instances} ${judged.instances === 1 ? 'instance' : 'instances'}, ${formatBytes(judged.bytes)}`,
      ],
      [
        'schedule',
        `${judged.schedule}@${judged.scheduleVersion}${judged.isInForce ? ', in force' : ', not in force'}`,
      ],
      ['verdict', `${judged.verdict}, as of ${judged.today}${holds.length > 0 ? '; held' : ''}`],
      ['decided by', judged.decidedBy ?? 'no rule'],
      ['may go from', judged.earliestDisposition ?? 'not known'],
      ['overdue from', judged.overdueFrom],
      ['cold tier from', judged.coldFrom],
      [
        'clock',
        `${judged.clock}, ${judged.clockSource === 'study-date' ? 'the study date' : 'first received'}`,
      ],
      ['last contact', judged.lastContact],
    ]),
    table(
      ['RULE', 'APPLIES', 'MAY GO FROM', 'OVERDUE FROM', 'THEN', 'TITLE'],
      judged.rules.map((one) => [
        one.rule,
        one.applies === 'yes' ? 'yes' : `may: ${one.missing.join(', ')}`,
        one.earliestDisposition ?? `not known: ${one.missing.join(', ')}`,
        one.overdueFrom,
        one.atEnd,
        one.title,
      ]),
    ),
  ];
  if (problems.length > 0)
    parts.push(['A person has to look at it:', ...problems.map(({ text }) => `- ${text}`)].join('\n'));
  if (holds.length > 0)
    parts.push(
      table(
        ['HOLD', 'AUTHORITY', 'OWNER', 'REVIEW', 'REASON'],
        holds.map((one) => [one.legalHoldId, one.authority, one.owner, one.reviewOn, one.reason]),
      ),
    );
  return parts.join('\n\n');
}

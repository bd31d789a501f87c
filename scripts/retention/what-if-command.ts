/** `what-if`: what a schedule would mean for every study that is here. */
import { readArchiveSize } from '@sandyq/database';
import { type Amount, findSchedule, type WhatIf, whatIf } from '@sandyq/disposition';
import { Command } from 'commander';
import type { ExitCode } from '../admin/administration.ts';
import { type OutputOptions, withJson } from '../admin/options.ts';
import { show } from '../admin/show.ts';
import { formatBytes, formatCount } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import type { Acting, RunActing } from './acting.ts';
import { scheduleOption } from './explain-command.ts';
import { createStudyProgress } from './study-progress.ts';

interface WhatIfOptions extends OutputOptions {
  readonly facility?: string;
}

export function whatIfCommand(run: RunActing): Command {
  return withJson(new Command('what-if'))
    .description('what a schedule would mean: counts, bytes, facilities, years. Nothing is changed')
    .argument('[schedule]', 'NAME, NAME@VERSION, or a file; default: the one in force')
    .option('--facility <code>', 'of this facility only')
    .action((named: string | undefined, options: WhatIfOptions) =>
      run((acting) => reckon(acting, named, options)),
    );
}

async function reckon(
  { archive, terminal }: Acting,
  named: string | undefined,
  options: WhatIfOptions,
): Promise<ExitCode> {
  const { database } = archive;
  const now = new Date();
  const option = await scheduleOption(named);
  const rules = typeof option === 'object' ? option : (await findSchedule(database, option, now)).rules;
  const { studies } = await readArchiveSize(database, undefined);
  const progress = createStudyProgress(process.stderr, studies, () => performance.now());
  try {
    const { facility } = options;
    const onProgress = (count: number) => progress.advanceTo(count);
    const result = await whatIf(database, { rules, facility, now, onProgress });
    progress.stop();
    const { schedule, version: scheduleVersion } = rules;
    return show(terminal, options, { schedule, scheduleVersion, ...result }, () => whatIfWords(result));
  } finally {
    progress.stop();
  }
}

const cells = ({ studies, instances, bytes }: Amount) => [
  formatCount(studies),
  formatCount(instances),
  formatBytes(bytes),
];

function whatIfWords(result: WhatIf): string {
  const { total, held, verdicts, rules, facilities, years, problems, changes } = result;
  const parts = [
    table(
      ['VERDICT', 'STUDIES', 'INSTANCES', 'BYTES'],
      [
        ...verdicts.map((one) => [one.verdict, ...cells(one)]),
        ['all', ...cells(total)],
        ...(held.studies > 0 ? [['due, but held', ...cells(held)]] : []),
      ],
    ),
    table(
      ['DECIDED BY', 'STUDIES', 'INSTANCES', 'BYTES'],
      rules.map((one) => [one.rule ?? 'no rule', ...cells(one)]),
    ),
    table(
      ['MAY GO FROM', 'STUDIES', 'INSTANCES', 'BYTES'],
      years.map((one) => [one.year, ...cells(one)]),
    ),
    table(
      ['FACILITY', 'STUDIES', 'INSTANCES', 'BYTES', 'DUE NOW', 'BYTES'],
      facilities.map((one) => [
        one.facility,
        ...cells(one),
        formatCount(one.due.studies),
        formatBytes(one.due.bytes),
      ]),
    ),
  ];
  if (problems.length > 0)
    parts.push(
      table(
        ['INPUT', 'IS', 'STUDIES'],
        problems.map((one) => [
          one.input,
          one.kind === 'missing' ? 'missing' : 'contradicted',
          formatCount(one.studies),
        ]),
      ),
    );
  if (changes !== undefined)
    parts.push(
      changes.length === 0
        ? 'Every verdict is that of the schedule in force.'
        : table(
            ['IN FORCE', 'WOULD BE', 'STUDIES'],
            changes.map((one) => [one.from, one.to, formatCount(one.studies)]),
          ),
    );
  return parts.join('\n\n');
}

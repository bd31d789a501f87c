/** `quarantine judge-again`: what was refused for its SOP Instance UID is compared once more with the instance that has it. */
import { facilityByCode } from '@sandyq/database';
import { quarantinePorts } from '@sandyq/index';
import {
  type JudgedAgain,
  type JudgedAllAgain,
  judgeAllAgain,
  judgeQuarantinedAgain,
} from '@sandyq/indexing';
import type { Command } from 'commander';
import { details } from '../terminal/table.ts';
import type { Administration, ExitCode, Run } from './administration.ts';
import { numberOf, type OutputOptions, withYes } from './options.ts';
import { show, showPlan } from './show.ts';

interface JudgeAgainOptions extends OutputOptions {
  readonly yes?: boolean;
  readonly facility?: string;
}

export function addJudgeAgain(command: Command, run: Run): void {
  withYes(command.command('judge-again'))
    .description('compare once more with the instance that has the SOP Instance UID: pixel values too')
    .argument('[id]', 'as the list shows it; without it every open entry of this reason', numberOf)
    .option('--facility <code>', 'of this facility only')
    .action((id: number | undefined, options: JudgeAgainOptions) =>
      run((administration) =>
        id === undefined ? judgeAll(administration, options) : judgeOne(administration, id, options),
      ),
    );
}

async function judgeOne(
  administration: Administration,
  id: number,
  options: JudgeAgainOptions,
): Promise<ExitCode> {
  const { archive, terminal, decidedBy } = administration;
  if (options.yes !== true) return showPlan(administration, planOf(`Quarantine entry ${id}`));
  const judged = await judgeQuarantinedAgain(quarantinePorts(archive), id, decidedBy);
  return show(terminal, options, judged, () => wordsOf(judged));
}

async function judgeAll(administration: Administration, options: JudgeAgainOptions): Promise<ExitCode> {
  const { archive, terminal, decidedBy } = administration;
  const { facility } = options;
  const facilityId =
    facility === undefined ? undefined : (await facilityByCode(archive.database, facility)).facilityId;
  if (options.yes !== true)
    return showPlan(administration, planOf('Every open entry of the reason duplicate-sop-instance'));
  const counts = await judgeAllAgain(quarantinePorts(archive), { facilityId }, { decidedBy });
  return show(terminal, options, counts, () => countsOf(counts));
}

function planOf(what: string): string {
  return (
    `${what} would be compared once more with the instance that has its SOP Instance UID. What is the same, in another ` +
    'encoding or not, would be closed, and its bytes given up once those of the instance were read again; what only has other ' +
    'patient or study attributes would become a proposed correction; the rest stays as it is.'
  );
}

function wordsOf({ quarantineId, verdict, sopInstanceUid, doubt }: JudgedAgain): string {
  const entry = `Quarantine entry ${quarantineId}`;
  if (verdict.kind === 'failed') {
    const why = doubt === undefined ? 'it is another instance' : `pixel values cannot be compared (${doubt})`;
    return `${entry} stays open: ${why}. SOP instance ${sopInstanceUid}.`;
  }
  if (verdict.warning === 'proposed-correction')
    return `${entry} is a proposed correction of SOP instance ${sopInstanceUid} now.`;
  return `${entry} is closed: the archive holds the same as SOP instance ${sopInstanceUid}.`;
}

function countsOf({ equal, corrections, different, inDoubt, skipped }: JudgedAllAgain): string {
  return details([
    ['the same: closed', equal],
    ['proposed corrections now', corrections],
    ['another instance: open', different],
    ['not comparable: open', inDoubt],
    ['skipped', skipped],
  ]);
}

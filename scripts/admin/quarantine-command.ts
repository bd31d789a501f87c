/** `quarantine`: what could not be accepted, and the decisions on it. */
import {
  deviceByCode,
  facilityByCode,
  findQuarantined,
  listQuarantine,
  type Quarantined,
  type QuarantineState,
} from '@sandyq/database';
import { describeQuarantined, discardPorts, quarantinePorts } from '@sandyq/index';
import {
  acceptQuarantined,
  discardQuarantined,
  exportQuarantined,
  QuarantineError,
  replaceByQuarantined,
} from '@sandyq/indexing';
import { Command, Option } from 'commander';
import { formatBytes, formatTime } from '../terminal/format.ts';
import { details, table } from '../terminal/table.ts';
import { userPath } from '../terminal/user-path.ts';
import type { Administration, ExitCode, Run } from './administration.ts';
import { addJudgeAgain } from './judge-again-command.ts';
import {
  type ListOptions,
  numberOf,
  type OutputOptions,
  withJson,
  withListOptions,
  withYes,
} from './options.ts';
import {
  acceptancePlan,
  acceptedWords,
  discardPlan,
  replacedWords,
  replacementPlan,
} from './quarantine-words.ts';
import { show, showPlan } from './show.ts';

export function quarantineCommand(run: Run): Command {
  const command = new Command('quarantine').description('what could not be accepted');
  withListOptions(command.command('list'))
    .description('show entries, newest first')
    .option('--reason <reason>', 'of this reason only, e.g. truncated')
    .addOption(
      new Option('--state <state>')
        .choices(['open', 'accepted', 'replaced', 'discarded', 'all'])
        .default('open'),
    )
    .action((options: QuarantineListOptions) => run((administration) => list(administration, options)));
  withJson(command.command('show'))
    .description('show one entry')
    .argument('<id>', 'as the list shows it', numberOf)
    .action((id: number, options: OutputOptions) =>
      run(async ({ archive, terminal }) => {
        const entry = describeQuarantined(await entryOf(archive.database, id));
        return show(terminal, options, entry, () => entryWords(entry));
      }),
    );
  command
    .command('export')
    .description('write the bytes, verified, to a new file')
    .argument('<id>', 'as the list shows it', numberOf)
    .argument('<file>')
    .action((id: number, file: string) =>
      run(async ({ archive, terminal }) => {
        const { path, size } = await exportQuarantined(archive, id, userPath(file));
        terminal.print(`${path}: ${formatBytes(size)}, the bytes of quarantine entry ${id}.`);
        return 0;
      }),
    );
  decision(command, run, {
    name: 'accept',
    description: 'lift the objection: the bytes are read and judged anew, or join their study',
    plan: acceptancePlan,
    decide: async ({ archive, decidedBy }, id) => {
      const accepted = await acceptQuarantined(quarantinePorts(archive), id, decidedBy);
      return { value: accepted, words: acceptedWords(accepted) };
    },
  });
  decision(command, run, {
    name: 'replace',
    description: 'give the SOP Instance UID to this instance; the one that has it goes to quarantine',
    plan: replacementPlan,
    decide: async ({ archive, decidedBy }, id) => {
      const replaced = await replaceByQuarantined(quarantinePorts(archive), id, decidedBy);
      return { value: replaced, words: replacedWords(replaced) };
    },
  });
  addJudgeAgain(command, run);
  decision(command, run, {
    name: 'discard',
    description: 'give the bytes up for good',
    plan: discardPlan,
    decide: async ({ archive, decidedBy }, id) => {
      const discarded = await discardQuarantined(discardPorts(archive), id, decidedBy);
      return { value: discarded, words: `Quarantine entry ${id} is discarded.` };
    },
  });
  return command;
}

interface QuarantineListOptions extends ListOptions {
  readonly reason?: string;
  readonly state: QuarantineState | 'all';
}

async function list(
  { archive, terminal }: Administration,
  options: QuarantineListOptions,
): Promise<ExitCode> {
  const { database } = archive;
  const { facility, device, reason, state, before, limit } = options;
  const rows = await listQuarantine(
    database,
    {
      facilityId: facility === undefined ? undefined : (await facilityByCode(database, facility)).facilityId,
      deviceId: device === undefined ? undefined : (await deviceByCode(database, device)).deviceId,
      reason,
      state: state === 'all' ? undefined : state,
      before,
    },
    limit,
  );
  const entries = rows.map(describeQuarantined);
  const next = rows.length === limit ? rows.at(-1)?.quarantineId : undefined;
  if (next !== undefined) terminal.note(`There may be more: --before ${next}`);
  return show(terminal, options, { entries, next }, () =>
    table(
      ['ID', 'STATE', 'REASON', 'FACILITY', 'DEVICE', 'SIZE', 'TIMES', 'LAST RECEIVED', 'SOP INSTANCE UID'],
      entries.map((entry) => [
        entry.id,
        entry.state,
        entry.reason,
        entry.facility,
        entry.device,
        formatBytes(entry.sizeBytes),
        entry.timesReceived,
        formatTime(entry.lastReceivedAt),
        entry.sopInstanceUid,
      ]),
    ),
  );
}

interface Decision {
  readonly name: string;
  readonly description: string;
  readonly plan: (entry: Quarantined) => string;
  readonly decide: (administration: Administration, id: number) => Promise<{ value: object; words: string }>;
}

function decision(command: Command, run: Run, { name, description, plan, decide }: Decision): void {
  withYes(command.command(name))
    .description(description)
    .argument('<id>', 'as the list shows it', numberOf)
    .action((id: number, options: OutputOptions & { yes?: boolean }) =>
      run(async (administration) => {
        const { archive, terminal } = administration;
        const entry = await entryOf(archive.database, id);
        if (entry.state !== 'open') {
          throw new QuarantineError('decided', `Quarantine entry ${id} is ${entry.state} already.`);
        }
        if (options.yes !== true) return showPlan(administration, plan(entry));
        const { value, words } = await decide(administration, id);
        return show(terminal, options, value, () => words);
      }),
    );
}

async function entryOf(database: Administration['archive']['database'], id: number): Promise<Quarantined> {
  const entry = await findQuarantined(database, id);
  if (entry !== undefined) return entry;
  throw new QuarantineError('not-found', `There is no quarantine entry ${id}.`);
}

function entryWords(entry: ReturnType<typeof describeQuarantined>): string {
  return details([
    ['id', entry.id],
    ['state', entry.state],
    ['reason', entry.reason],
    ['message', entry.message],
    ['facility', entry.facility],
    ['device', entry.device],
    ['sent by', entry.principal],
    ['study', entry.studyInstanceUid],
    ['series', entry.seriesInstanceUid],
    ['SOP instance', entry.sopInstanceUid],
    ['size', `${formatBytes(entry.sizeBytes)} (${entry.sizeBytes} bytes)`],
    ['SHA-256', entry.sha256],
    ['kept as', entry.keptAs === 'object' ? 'an object of its own' : 'an entry of a segment'],
    ['object', entry.objectKey],
    ['received', receivedWords(entry)],
    ['decided', entry.decidedBy && `${formatTime(entry.decidedAt)} by ${entry.decidedBy}`],
  ]);
}

function receivedWords({
  receivedAt,
  lastReceivedAt,
  timesReceived,
}: ReturnType<typeof describeQuarantined>): string {
  if (timesReceived === 1) return formatTime(receivedAt);
  return `${formatTime(receivedAt)}, ${timesReceived} times in all, last ${formatTime(lastReceivedAt)}`;
}

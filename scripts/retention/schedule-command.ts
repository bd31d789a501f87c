/** `schedule`: versions of retention schedules, proposed by one person and adopted by another. */
import { listSchedules, readSchedule, type ScheduleVersion } from '@sandyq/database';
import {
  adoptProposed,
  DispositionError,
  describeAdoption,
  describeSchedule,
  findReadySchedule,
  proposeSchedule,
  readySchedules,
  scheduleInForce,
  surveyAdoption,
} from '@sandyq/disposition';
import { parseSchedule, type RetentionSchedule } from '@sandyq/retention';
import { Command } from 'commander';
import type { ExitCode } from '../admin/administration.ts';
import { type OutputOptions, withJson } from '../admin/options.ts';
import { show } from '../admin/show.ts';
import { formatTime } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import { readUserText } from '../terminal/user-file.ts';
import { type Acting, assertNamed, type RunActing } from './acting.ts';
import { adoptionWords } from './adoption-words.ts';
import { type ExecuteOptions, showDryRun, withExecute } from './execute-option.ts';
import { namesOfPeople } from './people.ts';
import { referenceOf, scheduleWords } from './schedule-words.ts';

export function scheduleCommand(run: RunActing): Command {
  const command = new Command('schedule').description(
    'retention schedules: how long what is kept; proposed by one person, adopted by another',
  );
  addReady(command, run);
  addCheck(command, run);
  addPropose(command, run);
  withJson(command.command('list'))
    .description('every version that was proposed or adopted')
    .action((options: OutputOptions) => run((acting) => list(acting, options)));
  withJson(command.command('show'))
    .description('one version, with its text')
    .argument('<name@version>', 'e.g. kz-2025-draft@1')
    .action((reference: string, options: OutputOptions) =>
      run((acting) => showOne(acting, reference, options)),
    );
  withExecute(command.command('adopt'))
    .description(
      'sign a version off: it is in force from its day on. Needs another operator than proposed it',
    )
    .argument('<name@version>', 'e.g. kz-2025-draft@1')
    .action((reference: string, options: ExecuteOptions) =>
      run((acting) => adopt(acting, reference, options)),
    );
  return command;
}

function addReady(command: Command, run: RunActing): void {
  withJson(command.command('ready'))
    .description('schedules that come with the archive, to be compared with the law and proposed')
    .action((options: OutputOptions) =>
      run(async ({ terminal }) => {
        const schedules = (await readySchedules()).map(({ rules }) => summaryOf(rules));
        return show(terminal, options, { schedules }, () =>
          table(
            ['NAME', 'VERSION', 'FROM', 'RULES', 'TITLE'],
            schedules.map((one) => [one.schedule, one.version, one.effectiveFrom, one.rules, one.title]),
          ),
        );
      }),
    );
}

function summaryOf({ schedule, version, title, source, timeZone, effective, rules }: RetentionSchedule) {
  const { from: effectiveFrom, until: effectiveUntil } = effective;
  return { schedule, version, title, source, timeZone, effectiveFrom, effectiveUntil, rules: rules.length };
}

function addCheck(command: Command, run: RunActing): void {
  withJson(command.command('check'))
    .description('whether a schedule can be read, and what it says')
    .argument('<file>', 'YAML or JSON; or the name of one that comes with the archive')
    .action((file: string, options: OutputOptions) =>
      run(async ({ terminal }) => {
        const rules = parseSchedule(await textOf(file));
        return show(terminal, options, { ...summaryOf(rules), rules: rules.rules }, () =>
          scheduleWords(rules),
        );
      }),
    );
}

function addPropose(command: Command, run: RunActing): void {
  withJson(command.command('propose'))
    .description('keep a version for another person to adopt; nothing is judged by it yet')
    .argument('<file>', 'YAML or JSON; or the name of one that comes with the archive')
    .action((file: string, options: OutputOptions) =>
      run(async ({ archive, actor, terminal }) => {
        assertNamed({ archive, actor }, 'Proposing a schedule');
        const proposed = await proposeSchedule(archive, await textOf(file), actor);
        const name = referenceOf(proposed);
        return show(terminal, options, describeSchedule(proposed), () =>
          [
            `${name} is proposed.`,
            `What it would mean: npm run retention -- what-if ${name}`,
            `To be adopted by another operator: npm run retention -- schedule adopt ${name} --key-file FILE`,
          ].join('\n'),
        );
      }),
    );
}

/** Of a file, or of a schedule that comes with the archive. */
async function textOf(file: string): Promise<string> {
  const ready = await findReadySchedule(file);
  return ready?.text ?? (await readUserText(file));
}

function namedBy(reference: string): { schedule: string; version: number } {
  const [, schedule, version] = /^(.+)@([1-9]\d{0,8})$/.exec(reference) ?? [];
  if (schedule !== undefined) return { schedule, version: Number(version) };
  throw new DispositionError('bad-input', `${reference} is no version of a schedule: write NAME@VERSION.`);
}

async function list({ archive, terminal }: Acting, options: OutputOptions): Promise<ExitCode> {
  const versions = await listSchedules(archive.database);
  const inForce = (await scheduleInForce(archive.database, new Date()))?.written;
  const isInForce = (one: ScheduleVersion) =>
    one.schedule === inForce?.schedule && one.version === inForce.version;
  const schedules = versions.map((one) => ({ ...describeSchedule(one), isInForce: isInForce(one) }));
  const nameOf = await namesOfPeople(
    archive.database,
    versions.flatMap(({ proposedBy, adoptedBy }) => [proposedBy, adoptedBy]),
  );
  return show(terminal, options, { schedules }, () =>
    table(
      ['SCHEDULE', 'STATE', 'FROM', 'UNTIL', 'PROPOSED BY', 'ADOPTED BY', 'ADOPTED'],
      versions.map((one) => [
        referenceOf(one),
        isInForce(one) ? 'in force' : one.adoptedAt === undefined ? 'proposed' : 'adopted',
        one.effectiveFrom,
        one.effectiveUntil,
        nameOf(one.proposedBy),
        nameOf(one.adoptedBy),
        formatTime(one.adoptedAt),
      ]),
    ),
  );
}

async function showOne(
  { archive, terminal }: Acting,
  reference: string,
  options: OutputOptions,
): Promise<ExitCode> {
  const { schedule, version } = namedBy(reference);
  const written = await readSchedule(archive.database, schedule, version);
  const described = { ...describeSchedule(written), text: written.text };
  return show(
    terminal,
    options,
    described,
    () => `${scheduleWords(parseSchedule(written.text))}\n\n${written.text}`,
  );
}

/** What it means for plans is said before it is decided, and once more with the decision. */
async function adopt(acting: Acting, reference: string, options: ExecuteOptions): Promise<ExitCode> {
  const { archive, actor, terminal } = acting;
  const named = namedBy(reference);
  const isDryRun = options.execute !== true;
  const tried = await adoptProposed(archive, { ...named, isDryRun: true }, actor);
  const survey = await surveyAdoption(archive.database, { ...named, now: new Date() });
  const adoption = describeAdoption(survey);
  const { text } = await readSchedule(archive.database, named.schedule, named.version);
  if (isDryRun) {
    const nameOf = await namesOfPeople(archive.database, [tried.proposedBy]);
    const words = [
      scheduleWords(parseSchedule(text)),
      `It was proposed by ${nameOf(tried.proposedBy)} and would be adopted. Then:`,
      adoptionWords(reference, adoption),
    ].join('\n\n');
    const dry = {
      ...describeSchedule(await readSchedule(archive.database, named.schedule, named.version)),
      dryRun: true,
    };
    return showDryRun(
      acting,
      options.json === true ? JSON.stringify({ ...dry, adoption }, undefined, 2) : words,
    );
  }
  const adopted = await adoptProposed(archive, named, actor);
  return show(terminal, options, { ...describeSchedule(adopted), adoption }, () =>
    [`${reference} is adopted.`, adoptionWords(reference, adoption)].join('\n\n'),
  );
}

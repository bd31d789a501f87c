/** `holds`: legal holds, placed by one person at once, released by another. */
import { type HoldRecord, holdById, listHolds, type WrittenScope } from '@sandyq/database';
import { isWellFormedUid } from '@sandyq/dicom';
import {
  assertReleasable,
  type HoldRequest,
  type HoldSurvey,
  placeLegalHold,
  readHoldScope,
  releaseLegalHold,
  surveyHold,
} from '@sandyq/disposition';
import { describeHold } from '@sandyq/index';
import { dayIn } from '@sandyq/retention';
import { Command, Option } from 'commander';
import type { ExitCode } from '../admin/administration.ts';
import { type OutputOptions, withJson } from '../admin/options.ts';
import { show } from '../admin/show.ts';
import { formatTime } from '../terminal/format.ts';
import { details, table } from '../terminal/table.ts';
import { readUserText } from '../terminal/user-file.ts';
import { UserFileError } from '../terminal/user-path.ts';
import { type Acting, assertNamed, type RunActing } from './acting.ts';
import { type ExecuteOptions, showDryRun, withExecute } from './execute-option.ts';
import { type PageOptions, showPage, withPages } from './pages.ts';
import { namesOfPeople } from './people.ts';

/** Studies that are named one by one. */
const STUDIES_SHOWN = 20;

export function holdsCommand(run: RunActing): Command {
  const command = new Command('holds').description(
    'legal holds: what may not be disposed of, whatever a schedule says',
  );
  addList(command, run);
  addShow(command, run);
  addPlace(command, run);
  addRelease(command, run);
  return command;
}

interface ListOptions extends PageOptions {
  readonly released?: boolean;
  readonly reviewDue?: boolean;
  readonly after?: string;
}

function addList(command: Command, run: RunActing): void {
  withPages(command.command('list'), 'after')
    .description('holds in force, in the order of their placing')
    .option('--released', 'also those that are over')
    .option('--review-due', 'only those whose review date has come: does anybody still need them?')
    .action((options: ListOptions) => run((acting) => list(acting, options)));
}

async function list({ archive, terminal }: Acting, options: ListOptions): Promise<ExitCode> {
  const { released: includeReleased, reviewDue, after, limit } = options;
  const reviewDueOn = reviewDue === true ? dayIn('UTC', new Date()) : undefined;
  const rows = await listHolds(archive.database, { includeReleased, reviewDueOn, after }, limit);
  const nameOf = await namesOfPeople(
    archive.database,
    rows.map(({ placedBy }) => placedBy),
  );
  return showPage(terminal, options, {
    name: 'holds',
    rows,
    next: 'after',
    idOf: (hold) => hold.legalHoldId,
    describe: describeHold,
    columns: [
      ['ID', (hold) => hold.legalHoldId],
      ['STATE', stateOf],
      ['BINDS', (hold) => scopeWords(hold.writtenScope)],
      ['AUTHORITY', (hold) => hold.authority],
      ['OWNER', (hold) => hold.owner],
      ['REVIEW', (hold) => hold.reviewOn],
      ['PLACED', (hold) => formatTime(hold.placedAt)],
      ['BY', (hold) => nameOf(hold.placedBy)],
      ['REASON', (hold) => hold.reason],
    ],
  });
}

function stateOf({ releasedAt }: HoldRecord): string {
  return releasedAt === undefined ? 'in force' : 'released';
}

function scopeWords(scope: WrittenScope): string {
  return scope.kind === 'studies' ? `${scope.studyInstanceUids.length} listed` : 'a query';
}

function addShow(command: Command, run: RunActing): void {
  withJson(command.command('show'))
    .description('one hold, and which studies it binds now')
    .argument('<id>', 'as the list shows it')
    .action((id: string, options: OutputOptions) =>
      run(async ({ archive, terminal }) => {
        const hold = await holdById(archive.database, id);
        const survey = await surveyHold(archive.database, hold.writtenScope, surveyOptions());
        const words = [
          await holdWords(archive, hold),
          surveyWords(survey, hold.releasedAt === undefined ? 'It binds' : 'It would bind'),
        ];
        return show(terminal, options, { ...describeHold(hold), binds: survey }, () => words.join('\n\n'));
      }),
    );
}

function surveyOptions() {
  return { now: new Date(), shown: STUDIES_SHOWN };
}

async function holdWords({ database }: Acting['archive'], hold: HoldRecord): Promise<string> {
  const { writtenScope: scope } = hold;
  const nameOf = await namesOfPeople(database, [hold.placedBy, hold.releasedBy]);
  return details([
    ['id', hold.legalHoldId],
    ['state', stateOf(hold)],
    ['reason', hold.reason],
    ['authority', hold.authority],
    ['owner', hold.owner],
    ['scope', scope.kind === 'studies' ? scopeWords(scope) : scope.condition.trim()],
    ['review on', hold.reviewOn],
    ['placed', `${formatTime(hold.placedAt)} by ${nameOf(hold.placedBy)}`],
    ['released', hold.releasedAt && `${formatTime(hold.releasedAt)} by ${nameOf(hold.releasedBy) ?? ''}`],
    ['why released', hold.releaseReason],
  ]);
}

function surveyWords({ studies, undecided, absent, shown }: HoldSurvey, verb: string): string {
  const lines = [
    `${verb} ${studies} ${studies === 1 ? 'study' : 'studies'} of the archive now.`,
    ...(undecided > 0
      ? [`Of these, ${undecided} only because something that the condition asks for is not known of them.`]
      : []),
    ...(absent > 0 ? [`${absent} listed ones are not in the archive: they are bound when they come.`] : []),
  ];
  if (shown.length === 0) return lines.join('\n');
  const rows = shown.map(({ studyInstanceUid, facility, binds }) => [
    studyInstanceUid,
    facility,
    binds === 'yes' ? 'meant' : 'may be meant',
  ]);
  const more = studies > shown.length ? [`… and ${studies - shown.length} more.`] : [];
  return [...lines, '', table(['STUDY', 'FACILITY', ''], rows), ...more].join('\n');
}

interface PlaceOptions extends OutputOptions {
  readonly reason: string;
  readonly authority: string;
  readonly owner: string;
  readonly reviewOn: string;
  readonly study?: readonly string[];
  readonly studiesFile?: string;
  readonly where?: string;
  readonly whereFile?: string;
  readonly dryRun?: boolean;
}

function addPlace(command: Command, run: RunActing): void {
  withJson(command.command('place'))
    .description('place a hold, at once: on listed studies, or on all that meet a condition, now and later')
    .requiredOption('--reason <text>', 'why')
    .requiredOption('--authority <text>', 'who ordered it: a court, a prosecutor, an inquiry')
    .requiredOption('--owner <text>', 'whom to ask')
    .requiredOption('--review-on <day>', 'when somebody looks whether it is still needed, e.g. 2027-01-31')
    .option('--study <uid...>', 'these studies')
    .option('--studies-file <file>', 'these studies, one Study Instance UID a line')
    .option('--where <condition>', 'all that meet it, e.g. \'patient: [{ issuer: north, id: "123" }]\'')
    .addOption(new Option('--where-file <file>', 'the same, from a YAML file').conflicts('where'))
    .addOption(new Option('--dry-run', 'only say which studies it would bind'))
    .action((options: PlaceOptions) => run((acting) => place(acting, options)));
}

async function place({ archive, actor, terminal }: Acting, options: PlaceOptions) {
  const request = await requestOf(options);
  if (options.dryRun === true) {
    const survey = await surveyHold(archive.database, readHoldScope(request), surveyOptions());
    return show(terminal, options, { binds: survey }, () => surveyWords(survey, 'It would bind'));
  }
  assertNamed({ archive, actor }, 'Placing a hold');
  const ports = { ...archive, now: () => new Date() };
  const placed = await placeLegalHold(ports, request, actor);
  return show(terminal, options, describeHold(placed), () =>
    [
      `Hold ${placed.legalHoldId} is in force.`,
      `What it binds: npm run retention -- holds show ${placed.legalHoldId}`,
    ].join('\n'),
  );
}

async function requestOf(options: PlaceOptions): Promise<HoldRequest> {
  const { reason, authority, owner, reviewOn, study, studiesFile, where, whereFile } = options;
  const listed = studiesFile === undefined ? [] : await studiesIn(studiesFile);
  const studies = [...(study ?? []), ...listed];
  const condition = whereFile === undefined ? where : await readUserText(whereFile);
  const isListed = study !== undefined || studiesFile !== undefined;
  return { reason, authority, owner, reviewOn, condition, studies: isListed ? studies : undefined };
}

/** Blank lines, and those that begin with `#`, are left out. */
async function studiesIn(file: string): Promise<string[]> {
  const lines = (await readUserText(file)).split('\n').map((line) => line.trim());
  const isStudy = (line: string) => line !== '' && !line.startsWith('#');
  const wrong = lines.findIndex((line) => isStudy(line) && !isWellFormedUid(line));
  if (wrong < 0) return lines.filter(isStudy);
  throw new UserFileError(
    `Line ${wrong + 1} of ${file} is no Study Instance UID: write one a line, and nothing else. No hold was placed.`,
  );
}

type ReleaseOptions = ExecuteOptions & { readonly reason: string };

function addRelease(command: Command, run: RunActing): void {
  withExecute(command.command('release'))
    .description('end a hold: another operator than placed it, with an API key')
    .argument('<id>', 'as the list shows it')
    .requiredOption('--reason <text>', 'why it may end')
    .action((legalHoldId: string, options: ReleaseOptions) =>
      run((acting) => release(acting, legalHoldId, options)),
    );
}

async function release(
  { archive, actor, terminal }: Acting,
  legalHoldId: string,
  options: ReleaseOptions,
): Promise<ExitCode> {
  const hold = await assertReleasable(archive, legalHoldId, actor);
  if (options.execute !== true) {
    const survey = await surveyHold(archive.database, hold.writtenScope, surveyOptions());
    const words = [await holdWords(archive, hold), surveyWords(survey, 'It would no longer bind')];
    const value = { ...describeHold(hold), binds: survey };
    return showDryRun({ terminal }, words.join('\n\n'), { options, value });
  }
  const ports = { ...archive, now: () => new Date() };
  const released = await releaseLegalHold(ports, { legalHoldId, reason: options.reason }, actor);
  return show(terminal, options, describeHold(released), () => `Hold ${legalHoldId} is released.`);
}

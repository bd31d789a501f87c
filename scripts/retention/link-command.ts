/** `links`: which patients are one person, which are not, and of whom nobody has said so yet. */
import { listPatientLinks, type PatientLinkDecision, type PatientLinkState } from '@sandyq/database';
import { decideLink } from '@sandyq/disposition';
import { candidatesPage, describeLink, parseCandidateCursor } from '@sandyq/index';
import type { NamedPatient } from '@sandyq/storage';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ExitCode } from '../admin/administration.ts';
import { numberOf, type OutputOptions, withJson } from '../admin/options.ts';
import { show } from '../admin/show.ts';
import { formatTime } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import type { Acting, RunActing } from './acting.ts';
import { type PageOptions, showPage, withPages } from './pages.ts';
import { namesOfPeople } from './people.ts';

const STATES = ['candidate', 'confirmed', 'refused'] as const satisfies readonly PatientLinkState[];

export function linksCommand(run: RunActing): Command {
  const command = new Command('links').description(
    'which patients are one person: rules over "the same patient" follow confirmed links, and what is undecided is not destroyed',
  );
  addList(command, run);
  addCandidates(command, run);
  addDecision(command, run, {
    name: 'propose',
    state: 'candidate',
    description: 'say that two may be one person',
  });
  addDecision(command, run, {
    name: 'confirm',
    state: 'confirmed',
    description: 'say that two are one person',
  });
  addDecision(command, run, { name: 'refuse', state: 'refused', description: 'say that two are two people' });
  addDecision(command, run, {
    name: 'remove',
    state: 'removed',
    description: 'take back what was said of two',
  });
  return command;
}

interface ListOptions extends PageOptions {
  readonly state?: PatientLinkState;
  readonly after?: number;
}

function addList(command: Command, run: RunActing): void {
  withPages(command.command('list'), 'after', numberOf)
    .description('links that somebody has proposed, confirmed or refused')
    .addOption(new Option('--state <state>', 'only those').choices(STATES))
    .action((options: ListOptions) => run((acting) => list(acting, options)));
}

async function list({ archive, terminal }: Acting, options: ListOptions): Promise<ExitCode> {
  const { state, limit, after } = options;
  const rows = await listPatientLinks(archive.database, { state, after }, limit);
  const nameOf = await namesOfPeople(
    archive.database,
    rows.map(({ decidedBy }) => decidedBy),
  );
  return showPage(terminal, options, {
    name: 'links',
    rows,
    next: 'after',
    idOf: (link) => link.patientLinkId,
    describe: describeLink,
    columns: [
      ['ID', (link) => link.patientLinkId],
      ['ONE', (link) => identifierWords(link.one)],
      ['OTHER', (link) => identifierWords(link.other)],
      ['STATE', (link) => link.state],
      ['DECIDED', (link) => formatTime(link.decidedAt)],
      ['BY', (link) => nameOf(link.decidedBy)],
    ],
  });
}

/** Pages that are looked through for one list. */
const MOST_PAGES = 100;

function addCandidates(command: Command, run: RunActing): void {
  withJson(command.command('candidates'))
    .description(
      'patients of the same name and birth date under other identifiers, of whom nobody has said anything',
    )
    .option('--limit <n>', 'at most so many', numberOf, 100)
    .option('--after <cursor>', 'the next page', cursorOf)
    .action((options: OutputOptions & { limit: number; after?: ReturnType<typeof cursorOf> }) =>
      run(async ({ archive, terminal }) => {
        let page = await candidatesPage(archive.database, options.after, options.limit);
        for (let pages = 1; page.candidates.length === 0 && page.next !== undefined; pages += 1) {
          if (pages === MOST_PAGES) break;
          page = await candidatesPage(archive.database, cursorOf(page.next), options.limit);
        }
        if (page.next !== undefined) terminal.note(`There may be more: --after ${page.next}`);
        return show(terminal, options, page, () =>
          table(
            ['NAME', 'BORN', 'ONE', 'OTHER'],
            page.candidates.map(({ name, birthDate, one, other }) => [
              name,
              birthDate,
              sideWords(one),
              sideWords(other),
            ]),
          ),
        );
      }),
    );
}

function cursorOf(text: string) {
  const cursor = parseCandidateCursor(text);
  if (cursor !== undefined) return cursor;
  throw new InvalidArgumentError('It must be what the page before said.');
}

const DECIDED: Readonly<Record<PatientLinkDecision['state'], string>> = {
  candidate: 'They may be one person: until somebody decides, the studies of both are kept.',
  confirmed: 'They are one person.',
  refused: 'They are two people.',
  removed: 'What was said of the two is taken back.',
};

interface Decision {
  readonly name: string;
  readonly state: PatientLinkDecision['state'];
  readonly description: string;
}

function addDecision(command: Command, run: RunActing, { name, state, description }: Decision): void {
  withJson(command.command(name))
    .description(description)
    .argument('<issuer>', 'who assigned the Patient ID of the one')
    .argument('<patient>', 'Patient ID')
    .argument('<other-issuer>', 'who assigned that of the other')
    .argument('<other-patient>', 'Patient ID')
    .action(
      (issuer: string, patientId: string, otherIssuer: string, otherId: string, options: OutputOptions) =>
        run(async ({ archive, actor, terminal }) => {
          const [one, other] = [
            { issuer, patientId },
            { issuer: otherIssuer, patientId: otherId },
          ];
          const ports = { ...archive, now: () => new Date() };
          const instances = await decideLink(ports, { one, other, state }, actor);
          return show(terminal, options, { one, other, state, instances }, () =>
            [
              DECIDED[state],
              ...(instances.shown > 0 ? [`${instances.shown} instances that were held out are shown.`] : []),
              ...(instances.heldAgain > 0 ? [`${instances.heldAgain} instances are held out again.`] : []),
            ].join('\n'),
          );
        }),
    );
}

/** Without an identifier a study is named instead: no link can. */
function sideWords({
  identifiers,
  studyInstanceUid,
}: {
  identifiers: readonly NamedPatient[];
  studyInstanceUid: string;
}) {
  return identifiers.length === 0 ? `no Patient ID: study ${studyInstanceUid}` : identifierWords(identifiers);
}

function identifierWords(identifiers: readonly NamedPatient[]): string {
  return identifiers.map(({ issuer, patientId }) => `${issuer} ${patientId}`).join(', ');
}

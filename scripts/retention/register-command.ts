/** `facts`, `programmes`, `senders`: registers that schedules ask, because images do not say it. */
import { listPatientFacts, listProgrammes, type PatientFactKind } from '@sandyq/database';
import {
  changeCommissioned,
  changeRegion,
  DispositionError,
  type FactRequest,
  importFacts,
  importProgrammes,
  isDispositionError,
  type OpenText,
  type Registered,
  registerFact,
  registerStudyProgramme,
  withdrawFact,
  withdrawStudyProgramme,
} from '@sandyq/disposition';
import { describeFact, describeProgramme } from '@sandyq/index';
import { Command, Option } from 'commander';
import type { ExitCode } from '../admin/administration.ts';
import { type OutputOptions, withJson } from '../admin/options.ts';
import { show } from '../admin/show.ts';
import { formatTime } from '../terminal/format.ts';
import { userTextPieces } from '../terminal/user-file.ts';
import { userPath } from '../terminal/user-path.ts';
import type { Acting, RunActing } from './acting.ts';
import { idOf, type PageOptions, showPage, withPages } from './pages.ts';
import { namesOfPeople } from './people.ts';

const KINDS = ['birth', 'death', 'contact', 'diagnosis'] as const satisfies readonly PatientFactKind[];

/** `facts`: what registers know of patients. */
export function factsCommand(run: RunActing): Command {
  const command = new Command('facts').description(
    'what registers know of patients: birth, death, contacts, diagnoses',
  );
  addFactList(command, run);
  addFactAdd(command, run);
  addImport(command, run, {
    columns: 'issuer, patient_id, kind, on, source, and class for diagnoses',
    load: importFacts,
  });
  command
    .command('withdraw')
    .description('say that a fact was wrong')
    .argument('<id>', 'as the list shows it', idOf)
    .action((id: string) =>
      run(async (acting) => {
        await withdrawFact(portsOf(acting), id, acting.actor);
        acting.terminal.print(`Fact ${id} is withdrawn.`);
        return 0;
      }),
    );
  return command;
}

function addFactAdd(command: Command, run: RunActing): void {
  withJson(command.command('add'))
    .description('register a fact; the patient need not have a study yet')
    .requiredOption('--issuer <name>', 'who assigned the Patient ID')
    .requiredOption('--patient <id>', 'Patient ID')
    .addOption(new Option('--kind <kind>', 'of what').choices(KINDS).makeOptionMandatory())
    .option('--class <name>', 'of a diagnosis, as schedules name it, e.g. cancer')
    .requiredOption('--on <day>', 'e.g. 2024-02-29')
    .requiredOption('--source <text>', 'where it is known from, e.g. "civil register"')
    .action((options: AddFactOptions) =>
      run(async (acting) => {
        const { patient: patientId, class: diagnosisClass, issuer, kind, on, source } = options;
        const request: FactRequest = { issuer, patientId, kind, diagnosisClass, on, source };
        return showRegistered(acting, options, await registerFact(portsOf(acting), request, acting.actor));
      }),
    );
}

interface AddFactOptions extends OutputOptions {
  readonly issuer: string;
  readonly patient: string;
  readonly kind: PatientFactKind;
  readonly class?: string;
  readonly on: string;
  readonly source: string;
}

interface FactListOptions extends PageOptions {
  readonly issuer?: string;
  readonly patient?: string;
  readonly kind?: PatientFactKind;
  readonly withdrawn?: boolean;
  readonly after?: string;
}

function addFactList(command: Command, run: RunActing): void {
  withPages(command.command('list'), 'after')
    .description('facts as they stand')
    .option('--issuer <name>', 'only of patients of this issuer')
    .option('--patient <id>', 'only of this Patient ID')
    .addOption(new Option('--kind <kind>', 'only of this kind').choices(KINDS))
    .option('--withdrawn', 'also those that were wrong')
    .action((options: FactListOptions) => run((acting) => listFacts(acting, options)));
}

async function listFacts({ archive, terminal }: Acting, options: FactListOptions): Promise<ExitCode> {
  const { patient: patientId, withdrawn: includeWithdrawn, limit, issuer, kind, after } = options;
  const filter = { issuer, patientId, kind, includeWithdrawn, after };
  const rows = await listPatientFacts(archive.database, filter, limit);
  const nameOf = await namesOfPeople(
    archive.database,
    rows.map(({ registeredBy }) => registeredBy),
  );
  return showPage(terminal, options, {
    name: 'facts',
    rows,
    next: 'after',
    idOf: (fact) => fact.patientFactId,
    describe: describeFact,
    columns: [
      ['ID', (fact) => fact.patientFactId],
      ['ISSUER', (fact) => fact.issuer],
      ['PATIENT', (fact) => fact.patientId],
      ['KIND', (fact) => fact.kind],
      ['CLASS', (fact) => fact.diagnosisClass],
      ['ON', (fact) => fact.on],
      ['SOURCE', (fact) => fact.source],
      ['REGISTERED', (fact) => formatTime(fact.registeredAt)],
      ['BY', (fact) => nameOf(fact.registeredBy)],
      ['WITHDRAWN', (fact) => formatTime(fact.withdrawnAt)],
    ],
  });
}

/** `programmes`: screening rounds and trials. */
export function programmesCommand(run: RunActing): Command {
  const command = new Command('programmes').description(
    'programmes (screening rounds, trials) that studies belong to',
  );
  addProgrammeList(command, run);
  withJson(command.command('add'))
    .description('register a study; it need not have come yet')
    .argument('<study>', 'Study Instance UID')
    .argument('<programme>', 'its name, as schedules have it')
    .action((studyInstanceUid: string, programme: string, options: OutputOptions) =>
      run(async (acting) => {
        const request = { studyInstanceUid, programme };
        return showRegistered(
          acting,
          options,
          await registerStudyProgramme(portsOf(acting), request, acting.actor),
        );
      }),
    );
  addImport(command, run, { columns: 'study_instance_uid, programme', load: importProgrammes });
  command
    .command('withdraw')
    .description('say that a study does not belong to a programme')
    .argument('<study>', 'Study Instance UID')
    .argument('<programme>', 'its name')
    .action((studyInstanceUid: string, programme: string) =>
      run(async (acting) => {
        await withdrawStudyProgramme(portsOf(acting), { studyInstanceUid, programme }, acting.actor);
        acting.terminal.print(`The study does not belong to ${programme} any more.`);
        return 0;
      }),
    );
  return command;
}

interface ProgrammeListOptions extends PageOptions {
  readonly study?: string;
  readonly programme?: string;
  readonly after?: string;
}

function addProgrammeList(command: Command, run: RunActing): void {
  withPages(command.command('list'), 'after')
    .description('studies that are registered for a programme')
    .option('--study <uid>', 'only of this study')
    .option('--programme <name>', 'only of this programme')
    .action((options: ProgrammeListOptions) => run((acting) => listRegistered(acting, options)));
}

async function listRegistered(
  { archive, terminal }: Acting,
  options: ProgrammeListOptions,
): Promise<ExitCode> {
  const { study: studyInstanceUid, programme, limit, after } = options;
  const rows = await listProgrammes(archive.database, { studyInstanceUid, programme, after }, limit);
  const nameOf = await namesOfPeople(
    archive.database,
    rows.map(({ registeredBy }) => registeredBy),
  );
  return showPage(terminal, options, {
    name: 'programmes',
    rows,
    next: 'after',
    idOf: (one) => one.studyProgrammeId,
    describe: describeProgramme,
    columns: [
      ['STUDY', (one) => one.studyInstanceUid],
      ['PROGRAMME', (one) => one.programme],
      ['REGISTERED', (one) => formatTime(one.registeredAt)],
      ['BY', (one) => nameOf(one.registeredBy)],
    ],
  });
}

/** `senders`: regions of facilities, and since when devices are in use. */
export function sendersCommand(run: RunActing): Command {
  const command = new Command('senders').description('what schedules ask of facilities and devices');
  command
    .command('region')
    .description('say in which region a facility is')
    .argument('<facility>', 'its code')
    .argument('[region]', 'as schedules name it; without one: not known')
    .action((code: string, region: string | undefined) =>
      run(async (acting) => {
        await changeRegion(portsOf(acting), { code, region }, acting.actor);
        acting.terminal.print(`${code}: region ${region ?? 'not known'}.`);
        return 0;
      }),
    );
  command
    .command('commissioned')
    .description('say from which day on a device was in use: earlier study dates are wrong')
    .argument('<device>', 'its code')
    .argument('[day]', 'e.g. 2024-02-29; without one: not known')
    .action((code: string, commissionedOn: string | undefined) =>
      run(async (acting) => {
        await changeCommissioned(portsOf(acting), { code, commissionedOn }, acting.actor);
        acting.terminal.print(
          `${code}: ${commissionedOn === undefined ? 'not known since when it is in use' : `in use since ${commissionedOn}`}.`,
        );
        return 0;
      }),
    );
  return command;
}

interface ImportSource {
  readonly columns: string;
  readonly load: typeof importFacts;
}

function addImport(command: Command, run: RunActing, { columns, load }: ImportSource): void {
  withJson(command.command('import'))
    .description(`register what a CSV file says: ${columns}; what is known already is left alone`)
    .argument('<file>', 'UTF-8, with a header line')
    .action((file: string, options: OutputOptions) =>
      run(async (acting) => {
        const open: OpenText = () => userTextPieces(file);
        const imported = await load(portsOf(acting), open, acting.actor).catch(withPath(file));
        const { rows, registered, known } = imported;
        return show(
          acting.terminal,
          options,
          imported,
          () => `${rows} ${rows === 1 ? 'row' : 'rows'}: ${registered} registered, ${known} known before.`,
        );
      }),
    );
}

/** Says which file it is that the register does not take. */
function withPath(file: string): (error: unknown) => never {
  return (error) => {
    if (!isDispositionError(error)) throw error;
    throw new DispositionError(error.code, `${userPath(file)}: ${error.message}`, { cause: error });
  };
}

function portsOf({ archive }: Acting) {
  return { ...archive, now: () => new Date() };
}

function showRegistered({ terminal }: Acting, options: OutputOptions, registered: Registered) {
  return show(terminal, options, registered, () =>
    registered.isNew ? `Registered as ${registered.id}.` : 'The register says so already.',
  );
}

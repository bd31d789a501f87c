/** `certificates`, `certificate`, `verify-certificate`: what was disposed of, so that it can be proved. */
import { listCertificates, readCertificate, readPlan } from '@sandyq/database';
import {
  type CertificateStatement,
  certificateFile,
  DispositionError,
  describeCertificate,
  isDispositionError,
  issueCertificates,
  publicKeyOf,
  type VerifiedCertificate,
  verifyCertificate,
} from '@sandyq/disposition';
import { certificatePorts } from '@sandyq/index';
import { Command } from 'commander';
import type { ExitCode } from '../admin/administration.ts';
import { type OutputOptions, withJson } from '../admin/options.ts';
import { show } from '../admin/show.ts';
import { formatBytes, formatCount, formatTime } from '../terminal/format.ts';
import { details, table } from '../terminal/table.ts';
import { createUserFile, readUserFile, readUserText } from '../terminal/user-file.ts';
import { userPath } from '../terminal/user-path.ts';
import type { Acting, RunActing } from './acting.ts';
import { namesOfPeople } from './people.ts';

/** Newest first; of more the admin API has pages. */
const MOST_LISTED = 1_000;

interface CertificatesOptions extends OutputOptions {
  readonly issue?: boolean;
}

export function certificatesCommand(run: RunActing): Command {
  return withJson(new Command('certificates'))
    .description('the certificates of a plan')
    .argument('<plan>', 'as "plans" shows it')
    .option('--issue', 'issue what is missing: of what has ended since the plan was executed')
    .action((planId: string, options: CertificatesOptions) =>
      run((acting) => certificates(acting, planId, options)),
    );
}

async function certificates(
  { archive, actor, terminal }: Acting,
  planId: string,
  options: CertificatesOptions,
): Promise<ExitCode> {
  await readPlan(archive.database, planId);
  if (options.issue === true)
    await issueCertificates(await certificatePorts(archive), planId, actor.principalId);
  const found = await listCertificates(archive.database, { planId }, MOST_LISTED);
  const nameOf = await namesOfPeople(
    archive.database,
    found.map(({ issuedBy }) => issuedBy),
  );
  const rows = found.map((one) => [one.certificateId, formatTime(one.issuedAt), nameOf(one.issuedBy)]);
  return show(terminal, options, found.map(describeCertificate), () =>
    table(['CERTIFICATE', 'ISSUED', 'BY'], rows),
  );
}

interface CertificateOptions {
  readonly output?: string;
}

export function certificateCommand(run: RunActing): Command {
  return new Command('certificate')
    .description('a certificate, to be kept and given to others')
    .argument('<certificate>', 'as "certificates" shows it')
    .option('--output <file>', 'a new file; default: standard output')
    .action((certificateId: string, { output }: CertificateOptions) =>
      run(async ({ archive, terminal }) => {
        const file = certificateFile(await readCertificate(archive.database, certificateId));
        if (output === undefined) terminal.print(file.trimEnd());
        else {
          await using created = await createUserFile(output);
          await created.writeFile(file);
          terminal.note(`Written: ${userPath(output)}`);
        }
        return 0;
      }),
    );
}

interface VerifyOptions extends OutputOptions {
  readonly publicKey?: string;
}

/** With a public key no archive is needed. */
export function verifyCertificateCommand(run: RunActing): Command {
  return withJson(new Command('verify-certificate'))
    .description('verify the signature of a certificate, and that it is the one that this archive has issued')
    .argument('<file>')
    .option('--public-key <file>', 'the key that it must be signed with (PEM or DER); no archive is asked')
    .action(async (file: string, options: VerifyOptions) => {
      const text = await readUserText(file);
      if (options.publicKey === undefined) return run((acting) => verifyHere(acting, text, options));
      const key = await trustedKey(options.publicKey);
      const verified = verifyCertificate(text, key);
      if (verified.isTrustedKey !== true)
        throw new DispositionError('conflict', 'The certificate is signed with another key.');
      const terminal = {
        print: (line: string) => void process.stdout.write(`${line}\n`),
        note: () => undefined,
      };
      show(terminal, options, verified.statement, () =>
        verifiedWords(verified, 'Signed with the key given.'),
      );
    });
}

async function trustedKey(file: string): Promise<Buffer> {
  const bytes = await readUserFile(file);
  try {
    return publicKeyOf(bytes);
  } catch (error) {
    if (!isDispositionError(error)) throw error;
    throw new DispositionError('bad-input', `${file} is no public key of Ed25519, in PEM or DER.`, {
      cause: error,
    });
  }
}

async function verifyHere(
  { archive, terminal }: Acting,
  text: string,
  options: VerifyOptions,
): Promise<ExitCode> {
  const { statement } = verifyCertificate(text);
  const issued = await readCertificate(archive.database, statement.certificateId);
  const verified = verifyCertificate(text, issued.publicKey);
  if (verified.text !== issued.statement || verified.isTrustedKey !== true)
    throw new DispositionError('conflict', 'This archive has issued another certificate under this id.');
  return show(terminal, options, statement, () =>
    verifiedWords(verified, 'Signed, and the one that this archive has issued.'),
  );
}

function verifiedWords({ statement, keySha256 }: VerifiedCertificate, outcome: string): string {
  return `${outcome}\n\n${statementWords(statement)}\n\nKey: SHA-256 ${keySha256}`;
}

function statementWords({ plan, people, studies, totals, ...statement }: CertificateStatement): string {
  const person = (id: string) => (people[id] === undefined ? id : `${people[id]} (${id})`);
  const head = details([
    ['certificate', statement.certificateId],
    ['issued', `${statement.issuedAt} by ${person(statement.issuedBy)}`],
    ['plan', `${plan.planId}, digest ${plan.sha256}`],
    ['planned', `${plan.plannedAt} by ${person(plan.plannedBy)}`],
    ['approved', `${plan.approvedAt} by ${person(plan.approvedBy)}`],
    ['schedule', `${plan.schedule}@${plan.scheduleVersion}`],
    [
      'deleted',
      `studies: ${formatCount(totals.studies)}, instances: ${formatCount(totals.instances)}, ${formatBytes(totals.bytes)}`,
    ],
    ['replica', statement.replica === 'deleted' ? 'deleted there too' : 'there is none'],
    [
      'backups',
      statement.backupsExpireOn === undefined ? 'not stated' : `gone after ${statement.backupsExpireOn}`,
    ],
  ]);
  const rows = studies.map((one) => [
    one.studyInstanceUid,
    one.isWholeStudy ? 'whole' : 'part',
    one.instances,
    one.rule,
    one.endedAt,
  ]);
  return `${head}\n\n${table(['STUDY', '', 'INSTANCES', 'RULE', 'GONE'], rows)}`;
}

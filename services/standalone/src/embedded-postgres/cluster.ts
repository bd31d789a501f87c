/** The database's files on disk ("cluster" in PostgreSQL's words): made once, whole or not at all. */
import { execFile } from 'node:child_process';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { StandaloneError, systemErrorCode } from '../errors.ts';
import type { PostgresAccount } from './account.ts';
import { POSTGRES_MAJOR_VERSION, type PostgresBinaries } from './binaries.ts';

const run = promisify(execFile);

/** Name of the database and of the role that owns it. The role is no superuser; it may create databases and trusted extensions. */
export const DATABASE_NAME = 'sandyq';

/** Which files, whose, made with what. */
export interface ClusterOptions {
  /** Folder of the files, normally `{data}/postgres`; its parent exists. */
  readonly directory: string;
  readonly account: PostgresAccount;
  readonly binaries: PostgresBinaries;
}

/** Makes the cluster if there is none. Throws `database-files` if the folder holds something this release can't open. */
export async function ensureCluster(options: ClusterOptions): Promise<'found' | 'created'> {
  const version = await clusterVersion(options.directory);
  if (version === undefined) {
    await createCluster(options);
    return 'created';
  }
  if (version === POSTGRES_MAJOR_VERSION) {
    await handOver(options.directory, options.account);
    return 'found';
  }
  throw new StandaloneError(
    'database-files',
    `The database in ${options.directory} was made by PostgreSQL ${version}; this release of Sandyq brings ${POSTGRES_MAJOR_VERSION}. ` +
      'Use the release that made it, or upgrade the files with pg_upgrade.',
  );
}

/** The major version that made the files; undefined if there are none. */
async function clusterVersion(directory: string): Promise<string | undefined> {
  try {
    return (await readFile(path.join(directory, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
  if (!(await isEmptyOrAbsent(directory))) {
    throw new StandaloneError(
      'database-files',
      `${directory} is not empty and not a PostgreSQL database. Move it away, or choose another folder with SANDYQ_DATA.`,
    );
  }
  return undefined;
}

async function isEmptyOrAbsent(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length === 0;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return true;
    throw error;
  }
}

/** Files that root made in a user namespace go to the account that runs the database now. */
async function handOver(directory: string, { owner }: PostgresAccount): Promise<void> {
  if (owner === undefined || (await stat(directory)).uid === owner.uid) return;
  await run('chown', ['-R', '-h', `${owner.uid}:${owner.gid}`, directory]);
}

/** Made under another name and renamed when complete: a crash leaves no half-made cluster under the real name. */
async function createCluster({ directory, account, binaries }: ClusterOptions): Promise<void> {
  const unfinished = `${directory}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  const { owner } = account;
  if (owner !== undefined) await chown(unfinished, owner.uid, owner.gid);
  await runAs(account, binaries.initdb, initdbArguments(unfinished));
  const createDatabase = `CREATE ROLE ${DATABASE_NAME} LOGIN CREATEDB;\nCREATE DATABASE ${DATABASE_NAME} OWNER ${DATABASE_NAME};\n`;
  const singleUser = ['--single', '-D', unfinished, '-c', 'exit_on_error=on', 'postgres'];
  await runAs(account, binaries.postgres, singleUser, createDatabase);
  await rename(unfinished, directory);
  await syncDirectory(path.dirname(directory));
}

/**
 * Text is compared by code point (keys and UIDs need nothing else, and it never changes with the system's libraries), while
 * upper and lower case and letters are Unicode's, which pg_trgm and searches by name need.
 */
function initdbArguments(directory: string): string[] {
  const characterType = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8';
  return [
    ['-D', directory, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--no-instructions'],
    [
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--lc-collate=C',
      `--lc-ctype=${characterType}`,
    ],
    ['--lc-messages=C', '--lc-monetary=C', '--lc-numeric=C', '--lc-time=C', '--text-search-config=simple'],
  ].flat();
}

async function runAs(account: PostgresAccount, program: string, args: string[], input = ''): Promise<void> {
  const [first = program, ...rest] = [...account.prefix, program, ...args];
  await new Promise<void>((resolve, reject) => {
    const options = { ...account.owner, cwd: '/', env: postgresEnvironment() };
    const child = execFile(first, rest, options, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(startError(path.basename(program), `${stdout}${stderr}`, error));
    });
    child.stdin?.on('error', () => undefined); // It ended before reading; the callback above has the reason.
    child.stdin?.end(input);
  });
}

/** Nothing of our own environment: PGDATA, PGPORT or LC_ALL of the user would change what the programs do. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], TZ: 'UTC', LC_ALL: undefined };
}

/** The error when a program of PostgreSQL failed; `output` is what it said. */
export function startError(program: string, output: string, cause?: unknown): StandaloneError {
  const said = output.trim().split('\n').slice(-12).join('\n  ');
  return new StandaloneError('database-start', `PostgreSQL (${program}) failed. It said:\n  ${said}`, {
    cause,
  });
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Who runs PostgreSQL. It refuses to run as root, so root runs it in a user namespace of its own, where root's files belong
 * to an ordinary user; where the system forbids that (some containers), under another user id. Everybody else runs it as is.
 */
import { execFile } from 'node:child_process';
import { chown, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { StandaloneError, systemErrorCode } from '../errors.ts';

/** How a program is started for PostgreSQL. */
export interface PostgresAccount {
  /** Program and arguments put before the program's own; may be empty. They exec: the process id stays the same. */
  readonly prefix: readonly string[];
  /** User and group id it runs under, and its files belong to; absent = those of this process. */
  readonly owner?: Owner;
}

/** User and group of files and processes. */
interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What the account must be able to use. */
export interface AccountNeeds {
  /** Absolute path of `postgres`. */
  readonly postgres: string;
  /** Folder that holds the database's folder; exists. */
  readonly dataDirectory: string;
  /** The database's folder; need not exist. */
  readonly clusterDirectory: string;
}

const run = promisify(execFile);
const USER_NAMESPACE = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];
/** The database ends with the process that started it, even when that is killed. (Where setpriv exists: Linux.) */
const END_WITH_PARENT = ['setpriv', '--pdeathsig', 'INT', '--'];
const NOBODY = { uid: 65_534, gid: 65_534 };

/** Finds an account that can run PostgreSQL here; throws `database-account` that says why there is none. */
export async function choosePostgresAccount(needs: AccountNeeds): Promise<PostgresAccount> {
  const endWithParent = (await succeeds([...END_WITH_PARENT, 'true'])) ? END_WITH_PARENT : [];
  if (process.getuid?.() !== 0) {
    await refuseForeignFiles(needs.clusterDirectory);
    return { prefix: endWithParent };
  }
  for (const candidate of await rootCandidates(needs)) {
    const account = { ...candidate, prefix: [...candidate.prefix, ...endWithParent] };
    if (await canUse(account, needs)) return account;
  }
  throw new StandaloneError(
    'database-account',
    `PostgreSQL refuses to run as root, and no other account can use both ${needs.postgres} and ${needs.dataDirectory}. ` +
      'Start Sandyq as an ordinary user, allow user namespaces (unshare --user), or set DATABASE_URL.',
  );
}

/** In order of preference. Files that belong to an ordinary user stay with that user. */
async function rootCandidates(needs: AccountNeeds): Promise<PostgresAccount[]> {
  const cluster = await ownerOf(needs.clusterDirectory);
  if (cluster !== undefined && cluster.uid !== 0) return [{ prefix: [], owner: cluster }];
  const owners = [await ownerOf(needs.dataDirectory), await ownerOf(needs.postgres), NOBODY];
  const others = owners.filter((owner): owner is Owner => owner !== undefined && owner.uid !== 0);
  return [{ prefix: USER_NAMESPACE }, ...others.map((owner) => ({ prefix: [], owner }))];
}

async function canUse(account: PostgresAccount, { postgres, dataDirectory }: AccountNeeds): Promise<boolean> {
  const [canRun, mayEnter] = await Promise.all([
    succeeds([...account.prefix, postgres, '--version'], account),
    canEnter(account, dataDirectory),
  ]);
  if (!canRun || mayEnter) return canRun;
  const { owner } = account;
  if (owner === undefined || owner.uid !== (await ownerOf(postgres))?.uid) return false;
  // Root runs this user's programs, so it may trust the user with the folder.
  await chown(dataDirectory, owner.uid, owner.gid);
  return canEnter(account, dataDirectory);
}

async function canEnter(account: PostgresAccount, folder: string): Promise<boolean> {
  return succeeds([...account.prefix, 'sh', '-c', 'cd "$1"', 'sh', folder], account);
}

async function refuseForeignFiles(clusterDirectory: string): Promise<void> {
  const owner = await ownerOf(clusterDirectory);
  const uid = process.getuid?.();
  if (owner === undefined || uid === undefined || owner.uid === uid) return;
  throw new StandaloneError(
    'database-account',
    `The database in ${clusterDirectory} belongs to user id ${owner.uid}, this process runs as ${uid}. ` +
      `Start Sandyq as that user, or hand the whole data folder over (chown -R ${uid} …).`,
  );
}

async function ownerOf(folder: string): Promise<Owner | undefined> {
  try {
    const { uid, gid } = await stat(folder);
    return { uid, gid };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function succeeds(command: readonly string[], account?: PostgresAccount): Promise<boolean> {
  const [program = 'true', ...args] = command;
  try {
    await run(program, args, { ...account?.owner, cwd: '/' });
    return true;
  } catch {
    return false; // Whatever the reason, this way is closed; the caller tries the next.
  }
}

/**
 * Starts and ends the peer: PostgreSQL and Orthanc of a tree, as unprivileged users. They outlive this process; `stopOrthanc`
 * ends them by their process ids.
 */
import { spawn } from 'node:child_process';
import { chown, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type DebianTree,
  findTree,
  installTree,
  inTree,
  nameHost,
  packageVersions,
  runInTree,
  type TreeAccount,
  treeAccount,
} from './debian-tree.ts';
import { PeerError } from './errors.ts';
import {
  type OrthancOptions,
  orthancSettings,
  PEER_FOLDER,
  peerFolders,
  postgresArguments,
} from './orthanc-settings.ts';
import { endProcess, rootProcesses, treeProcesses } from './tree-processes.ts';

/** What to start. */
export interface StartOptions extends OrthancOptions {
  /** Folder of the trees; made if absent. Its file system takes the data. */
  readonly cacheFolder: string;
  /** Begin with an empty archive. */
  readonly isFresh: boolean;
  /** Told what goes on, for the terminal. */
  readonly note: (message: string) => void;
}

/** A running peer. */
export interface Peer {
  /** Root of its DICOMweb services, without a slash at the end. */
  readonly dicomWebUrl: string;
  /** Of Orthanc, and of the server of its PostgreSQL; all others are their children. */
  readonly pids: readonly number[];
  /** Names and versions of its packages. */
  readonly packages: readonly string[];
}

const CONFIGURATION = `${PEER_FOLDER}/orthanc.json`;
const READY_MS = 60_000;
const STOP_MS = 20_000;
const POLL_MS = 100;

/** Starts Orthanc, installed first where it is not there. Throws {@link PeerError}. */
export async function startOrthanc(options: StartOptions): Promise<Peer> {
  const tree =
    (await findTree(options.cacheFolder)) ?? (await installTree(options.cacheFolder, options.note));
  if (rootProcesses(await treeProcesses(tree.root)).length > 0) {
    throw new PeerError('peer-start', 'Orthanc is running already; stop it first.');
  }
  try {
    await nameHost(tree);
    await startPostgres(tree, options.isFresh);
    await startOrthancProcess(tree, options);
  } catch (error) {
    await stopOrthanc(options.cacheFolder);
    throw error;
  }
  return peerOf(tree, options.port);
}

/** Ends Orthanc, then its database. The data stay. */
export async function stopOrthanc(cacheFolder: string): Promise<void> {
  const tree = await findTree(cacheFolder);
  if (tree === undefined) return;
  const roots = rootProcesses(await treeProcesses(tree.root));
  for (const one of roots.filter(({ name }) => name !== 'postgres')) {
    await endProcess(one, tree.root, 'SIGTERM', STOP_MS);
  }
  for (const server of roots.filter(({ name }) => name === 'postgres')) {
    await endProcess(server, tree.root, 'SIGINT', STOP_MS);
  }
}

/** The running peer; undefined if it does not run. */
export async function findOrthanc(cacheFolder: string): Promise<Peer | undefined> {
  const tree = await findTree(cacheFolder);
  if (tree === undefined || rootProcesses(await treeProcesses(tree.root)).length < 2) return undefined;
  const configuration: unknown = JSON.parse(await readFile(join(tree.root, CONFIGURATION), 'utf8'));
  const isKnown = typeof configuration === 'object' && configuration !== null && 'HttpPort' in configuration;
  return peerOf(tree, isKnown ? Number(configuration.HttpPort) : 0);
}

async function peerOf(tree: DebianTree, port: number): Promise<Peer> {
  const pids = rootProcesses(await treeProcesses(tree.root)).map(({ pid }) => pid);
  return { dicomWebUrl: `http://127.0.0.1:${port}/dicom-web`, pids, packages: await packageVersions(tree) };
}

async function startPostgres(tree: DebianTree, isFresh: boolean): Promise<void> {
  const account = await treeAccount(tree, 'postgres');
  if (isFresh) await rm(join(tree.root, PEER_FOLDER), { recursive: true, force: true });
  await makeFolder(tree, peerFolders.socket, account);
  const programs = await postgresPrograms(tree);
  if (!(await isThere(join(tree.root, peerFolders.postgres, 'PG_VERSION')))) {
    await makeFolder(tree, peerFolders.postgres, account);
    const make = ['--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--data-checksums'];
    await runInTree(tree, account, [`${programs}/initdb`, '-D', peerFolders.postgres, ...make]);
  }
  await spawnInTree(tree, account, 'postgres', [
    `${programs}/postgres`,
    ...postgresArguments(peerFolders, totalmem()),
  ]);
  const connection = ['-h', peerFolders.socket, '-U', 'postgres', '-d', 'postgres'];
  await until('postgres', tree, () => runInTree(tree, account, [`${programs}/pg_isready`, ...connection]));
  const sql = (statement: string) =>
    runInTree(tree, account, [`${programs}/psql`, ...connection, '-tAc', statement]);
  if ((await sql("SELECT 1 FROM pg_database WHERE datname = 'orthanc'")).trim() === '1') return;
  await sql('CREATE ROLE orthanc LOGIN');
  await sql('CREATE DATABASE orthanc OWNER orthanc');
}

async function startOrthancProcess(tree: DebianTree, options: OrthancOptions): Promise<void> {
  const account = await treeAccount(tree, 'orthanc');
  await makeFolder(tree, peerFolders.storage, account);
  await writeFile(
    join(tree.root, CONFIGURATION),
    JSON.stringify(orthancSettings(options, peerFolders), undefined, 2),
  );
  await spawnInTree(tree, account, 'orthanc', ['/usr/sbin/Orthanc', CONFIGURATION]);
  await until('orthanc', tree, async () => {
    const { status } = await fetch(`http://127.0.0.1:${options.port}/dicom-web/studies?limit=1`);
    if (status !== 200) throw new Error(`it answers ${status}`);
  });
}

async function postgresPrograms(tree: DebianTree): Promise<string> {
  const version = (await packageVersions(tree)).map((name) => /^postgresql-(\d+) /.exec(name)?.[1]);
  return `/usr/lib/postgresql/${version.find((major) => major !== undefined) ?? ''}/bin`;
}

async function makeFolder(tree: DebianTree, folder: string, { uid, gid }: TreeAccount): Promise<void> {
  const path = join(tree.root, folder);
  await mkdir(path, { recursive: true, mode: 0o755 });
  await chown(path, uid, gid);
}

/** Its own process group and log: it goes on when this process ends. */
async function spawnInTree(
  tree: DebianTree,
  account: TreeAccount,
  name: string,
  command: readonly string[],
): Promise<void> {
  const log = await open(join(tree.root, PEER_FOLDER, `${name}.log`), 'a', 0o600);
  try {
    const [program = '', ...args] = inTree(tree, account, command);
    const child = spawn(program, args, {
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    });
    child.unref();
  } finally {
    await log.close();
  }
}

/** Waits until it works; gives up with the end of its log. */
async function until(
  name: 'postgres' | 'orthanc',
  tree: DebianTree,
  works: () => Promise<unknown>,
): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (true) {
    try {
      await works();
      return;
    } catch (error) {
      if (performance.now() > deadline) {
        const log = join(tree.root, PEER_FOLDER, `${name}.log`);
        const said = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').slice(-8).join('\n  ');
        throw new PeerError('peer-start', `${name} did not come up. It said:\n  ${said}`, error);
      }
    }
    await sleep(POLL_MS);
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/**
 * A Debian release in a folder of its own, with Orthanc and PostgreSQL as Debian builds them. It is no container: its
 * programs are ordinary processes of this machine whose root folder is the tree.
 */
import { execFile } from 'node:child_process';
import { access, chmod, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PeerError } from './errors.ts';

/** A tree that is ready for use. */
export interface DebianTree {
  /** Absolute path without symbolic links; `/` of its programs. */
  readonly root: string;
  /** Debian's name of the release. */
  readonly release: string;
}

/** User and group id of an account in the tree; the names mean nothing outside. */
export interface TreeAccount {
  readonly uid: number;
  readonly gid: number;
}

/** The newest release first: it has the newest Orthanc. */
export const DEBIAN_RELEASES: readonly string[] = ['trixie', 'bookworm'];

const MIRROR = 'http://deb.debian.org/debian';
const PACKAGES = ['orthanc', 'orthanc-dicomweb', 'orthanc-postgresql', 'postgresql'];
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
const INSTALL_MS = 30 * 60_000;
const OUTPUT_BYTES = 64 * 2 ** 20;
const run = promisify(execFile);

/** The tree of the newest release that is there; undefined if there is none. */
export async function findTree(cacheFolder: string): Promise<DebianTree | undefined> {
  for (const release of DEBIAN_RELEASES) {
    const root = join(cacheFolder, release);
    if (await exists(join(root, 'usr', 'sbin', 'Orthanc'))) return { root: await realpath(root), release };
  }
  return undefined;
}

/**
 * Installs the newest release that installs. Throws `peer-not-installable` with the reason where none does.
 *
 * @param note told what goes on, for the terminal
 */
export async function installTree(cacheFolder: string, note: (message: string) => void): Promise<DebianTree> {
  await assertInstallable();
  await mkdir(cacheFolder, { recursive: true });
  const reasons: string[] = [];
  for (const release of DEBIAN_RELEASES) {
    note(`installing Orthanc of Debian ${release} (about 900 MB, a few minutes)`);
    try {
      return await installRelease(join(cacheFolder, release), release);
    } catch (error) {
      reasons.push(`${release}: ${lastWords(error)}`);
    }
  }
  throw new PeerError('peer-not-installable', `No Debian release installs here. ${reasons.join('; ')}`);
}

/** What the packages of the tree are, e.g. `orthanc 1.12.7+dfsg-4`. */
export async function packageVersions({ root }: DebianTree): Promise<string[]> {
  const status = await readFile(join(root, 'var', 'lib', 'dpkg', 'status'), 'utf8');
  return status
    .split('\n\n')
    .filter((entry) => /^Package: (?:orthanc(?:-\w+)?|postgresql-\d+)\nStatus: install ok/.test(entry))
    .map((entry) => `${field(entry, 'Package')} ${field(entry, 'Version')}`);
}

/** Looks an account up in the tree's own list. */
export async function treeAccount({ root }: DebianTree, name: string): Promise<TreeAccount> {
  const accounts = await readFile(join(root, 'etc', 'passwd'), 'utf8');
  const [, , uid, gid] = (accounts.split('\n').find((line) => line.startsWith(`${name}:`)) ?? '').split(':');
  if (uid === undefined || gid === undefined) {
    throw new PeerError('peer-start', `The tree ${root} has no account ${name}.`);
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/** The command that runs a program of the tree under an account. It execs: the process id stays the same. */
export function inTree(
  { root }: DebianTree,
  { uid, gid }: TreeAccount,
  command: readonly string[],
): string[] {
  return ['chroot', `--userspec=${uid}:${gid}`, `--groups=${gid}`, root, ...command];
}

/** Runs a program of the tree to its end. */
export async function runInTree(
  tree: DebianTree,
  account: TreeAccount,
  command: readonly string[],
): Promise<string> {
  const [program = '', ...args] = inTree(tree, account, command);
  const { stdout } = await run(program, args, {
    cwd: '/',
    env: ENVIRONMENT,
    timeout: INSTALL_MS,
    maxBuffer: OUTPUT_BYTES,
  });
  return stdout;
}

/**
 * Gives the machine's name an address in the tree, as Debian's installer does. Without it DCMTK, which asks for the host id
 * while it stores, waits 5 s for an answer from the DNS again and again.
 */
export async function nameHost({ root }: DebianTree): Promise<void> {
  await writeFile(join(root, 'etc', 'hosts'), `127.0.0.1 localhost\n127.0.1.1 ${hostname()}\n`);
}

async function assertInstallable(): Promise<void> {
  if (process.platform !== 'linux') {
    throw new PeerError('peer-not-installable', 'Orthanc for the comparison runs on Linux only.');
  }
  if (process.getuid?.() !== 0) {
    throw new PeerError('peer-not-installable', 'Only root may install Orthanc for the comparison (chroot).');
  }
  try {
    await run('debootstrap', ['--version']);
  } catch (error) {
    throw new PeerError('peer-not-installable', 'debootstrap is missing: apt-get install debootstrap', error);
  }
}

/** Under another name until it is whole: what was interrupted is begun anew. */
async function installRelease(root: string, release: string): Promise<DebianTree> {
  const unfinished = { root: `${root}.unfinished`, release };
  await rm(unfinished.root, { recursive: true, force: true });
  const bootstrap = ['--variant=minbase', '--include=ca-certificates', release, unfinished.root, MIRROR];
  await run('debootstrap', bootstrap, { timeout: INSTALL_MS, maxBuffer: OUTPUT_BYTES });
  await forbidServices(unfinished);
  const superuser = { uid: 0, gid: 0 };
  await runInTree(unfinished, superuser, [
    'apt-get',
    'install',
    '-y',
    '--no-install-recommends',
    ...PACKAGES,
  ]);
  await runInTree(unfinished, superuser, ['apt-get', 'clean']);
  await rename(unfinished.root, root);
  return { root: await realpath(root), release };
}

/** Debian starts what it installs unless this program says no. */
async function forbidServices({ root }: DebianTree): Promise<void> {
  const policy = join(root, 'usr', 'sbin', 'policy-rc.d');
  await writeFile(policy, '#!/bin/sh\nexit 101\n');
  await chmod(policy, 0o755);
}

function field(entry: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(entry)?.[1] ?? '';
}

function lastWords(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return said.split('\n').at(-1) || (error instanceof Error ? error.message : String(error));
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false; // Not there or not ours to see: either way it can't be used.
  }
}

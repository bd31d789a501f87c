/** Installs the dependencies if they are missing or older than the lock file says; otherwise costs a few milliseconds. */
import { createHash } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BootstrapError } from './error.mjs';
import { takeInstallLock } from './install-lock.mjs';
import { runCaptured } from './run.mjs';

const WORKSPACE_FOLDERS = ['packages', 'services'];
const ROOT_FILES = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', '.pnpmfile.cjs', '.npmrc'];
const STAMP = 'node_modules/.sandyq-installed';

/** @param {string} root */
export async function ensureInstalled(root) {
  const wanted = await fingerprint(root);
  if ((await installedFingerprint(root)) === wanted) return;
  const lock = await takeInstallLock(root, () => say('another process is installing, waiting for it'));
  try {
    if ((await installedFingerprint(root)) === wanted) return; // The other process did it.
    await install(root);
    await writeFile(join(root, STAMP), wanted);
  } finally {
    lock.release();
  }
}

/** @param {string} root */
async function install(root) {
  const started = performance.now();
  say('installing dependencies (only when they change; the first time takes a minute or less)');
  await rm(join(root, STAMP), { force: true });
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const args = ['-y', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only'];
  // CI: never ask questions. A NODE_ENV of production would leave the tests' tools out.
  const environment = { ...(await writableHome(root)), CI: 'true', NODE_ENV: 'development' };
  const { code, output } = await runCaptured('npx', args, {
    cwd: root,
    env: { ...process.env, ...environment },
  });
  if (code !== 0) throw new BootstrapError(failure(output));
  say(`installed in ${Math.round((performance.now() - started) / 1000)} s`);
}

/** A digest over everything that decides what is installed, and over the machine it is installed for. @param {string} root */
async function fingerprint(root) {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of [...ROOT_FILES, ...(await workspacePackages(root))]) {
    hash.update(`\n${file}\n`).update(await readFile(join(root, file)).catch(() => 'absent'));
  }
  return hash.digest('hex');
}

/** @param {string} root */
async function workspacePackages(root) {
  const nested = await Promise.all(
    WORKSPACE_FOLDERS.map(async (folder) =>
      (await readdir(join(root, folder))).map((name) => `${folder}/${name}`),
    ),
  );
  return [...nested.flat().sort(), 'scripts', 'test'].map((folder) => `${folder}/package.json`);
}

/** @param {string} root */
async function installedFingerprint(root) {
  return readFile(join(root, STAMP), 'utf8').catch(() => undefined);
}

/** npm and pnpm keep caches in the home folder; without a usable one they get one of ours. @param {string} root */
async function writableHome(root) {
  try {
    accessSync(homedir(), constants.W_OK);
    return {};
  } catch {
    const home = join(root, '.cache', 'home');
    await mkdir(home, { recursive: true });
    return { HOME: home };
  }
}

/** @param {string} output */
function failure(output) {
  const lines = output.trim().split('\n').slice(-25);
  return (
    `the dependencies could not be installed. What the installer said last:\n\n  ${lines.join('\n  ')}\n\n` +
    'If that is about the network: the npm registry must be reachable from here. The same command goes on where it stopped.'
  );
}

/** @param {string} text */
function say(text) {
  console.error(`sandyq: ${text}`);
}

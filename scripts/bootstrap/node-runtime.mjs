/** The Node that runs the archive: this one if it is new enough, else the one that comes with the dependencies. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BootstrapError } from './error.mjs';

/** Node 24 runs TypeScript as it is. */
const OLDEST_NODE = 24;
/** The bootstrap and npm themselves. */
const OLDEST_BOOTSTRAP_NODE = 20;

/** Absolute path of a Node ≥ 24. Call it after the installation. @param {string} root */
export function findNode(root) {
  if (ownMajorVersion() >= OLDEST_NODE) return process.execPath;
  const bundled = join(root, 'node_modules', bundledPackage(), 'bin', 'node');
  if (existsSync(bundled)) return bundled;
  throw new BootstrapError(
    `${bundledPackage()} is not installed, though it should be. Delete node_modules and try again, ` +
      'without --no-optional or omit=optional in your npm settings.',
  );
}

/** Says at once, before anything is installed, if no Node for this machine can be had. @param {string} root */
export async function requireSomeNode(root) {
  const own = ownMajorVersion();
  if (own >= OLDEST_NODE) return;
  const { optionalDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const bundled = bundledPackage() in optionalDependencies && !isMusl();
  if (own >= OLDEST_BOOTSTRAP_NODE && bundled) return;
  throw new BootstrapError(
    `Sandyq needs Node ${OLDEST_NODE} or newer; this is ${process.versions.node}` +
      (bundled ? '.' : `, and none can be installed by itself for ${process.platform}-${process.arch}.`) +
      ' Get it from https://nodejs.org and run the same command again.',
  );
}

function ownMajorVersion() {
  return Number(process.versions.node.split('.')[0]);
}

function bundledPackage() {
  return `node-${process.platform}-${process.arch}`;
}

/** The binaries of npm are made for glibc (not for Alpine Linux). */
function isMusl() {
  const report = process.report?.getReport();
  const header = typeof report === 'object' && 'header' in report ? report.header : undefined;
  return process.platform === 'linux' && !header?.glibcVersionRuntime;
}

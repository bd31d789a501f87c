/**
 * The door to every command: `node scripts/bootstrap.mjs COMMAND [ARGUMENT…]`, called by `npm start`, `npm test`, ….
 *
 * Runs on any Node from 20 on and needs nothing but npm: it installs what is missing, finds a Node that can run the
 * archive, and runs the command with it. Its own words go to standard error; standard output is the command's.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from './bootstrap/commands.mjs';
import { BootstrapError } from './bootstrap/error.mjs';
import { ensureInstalled } from './bootstrap/install.mjs';
import { findNode, requireSomeNode } from './bootstrap/node-runtime.mjs';
import { run } from './bootstrap/run.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  console.error(`\nsandyq: ${error.message}\n`);
  process.exitCode = error.exitCode;
}

/** @param {string[]} argv */
async function main([name = '', ...args]) {
  const file = COMMANDS.get(name);
  if (file === undefined) {
    throw new BootstrapError(`there is no command "${name}". Commands: ${[...COMMANDS.keys()].join(', ')}`);
  }
  await requireSomeNode(root);
  await ensureInstalled(root);
  return run({ node: findNode(root), file, args, root });
}

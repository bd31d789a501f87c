/** Runs child processes so that none outlives us and every signal reaches them. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { BootstrapError } from './error.mjs';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
/** One Ctrl-C arrives twice: from the terminal and from npm, which passes its own on. */
const SAME_SIGNAL_MS = 1000;

/** How Node is started, whatever it runs; also in Dockerfile (docs/decisions/0034). */
const NODE_FLAGS = JSON.parse(readFileSync(new URL('./node-flags.json', import.meta.url), 'utf8'));

/** What Node has compiled once, it need not again: half of the time to start. It sees for itself what has changed. */
const COMPILED = 'node_modules/.cache/sandyq-compiled';

/**
 * Runs a file with our standard streams; resolves to the exit code for this process.
 * @param {{ node: string, file: string, args: string[], root: string }} command
 */
export async function run({ node, file, args, root }) {
  const command = [...endWithParent(), node, ...NODE_FLAGS, join(root, file), ...args];
  // A process group of its own: a signal from the terminal reaches the command once, through us.
  const child = spawn(command[0], command.slice(1), {
    stdio: 'inherit',
    detached: true,
    env: { NODE_COMPILE_CACHE: join(root, COMPILED), ...process.env },
  });
  const { code, signal } = await untilExit(child, child.pid);
  return code ?? exitCodeOf(signal);
}

/**
 * Runs a program and keeps what it says; a signal for us ends it with everything it started.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 */
export async function runCaptured(program, args, options) {
  const command = [...endWithParent(), program, ...args];
  const child = spawn(command[0], command.slice(1), {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const { code, interruptedBy } = await untilExit(child, -child.pid);
  if (interruptedBy !== undefined) {
    throw new BootstrapError(
      'interrupted; the same command goes on where it stopped.',
      exitCodeOf(interruptedBy),
    );
  }
  return { code, output };
}

/** @param {import('node:child_process').ChildProcess} child @param {number} target process, or group if negative */
async function untilExit(child, target) {
  const lastSent = new Map();
  const forward = (signal) => {
    if (performance.now() - (lastSent.get(signal) ?? -SAME_SIGNAL_MS) < SAME_SIGNAL_MS) return;
    lastSent.set(signal, performance.now());
    // The terminal is gone: an orderly end is what is meant.
    if (child.exitCode === null && child.signalCode === null)
      process.kill(target, signal === 'SIGHUP' ? 'SIGTERM' : signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    const exit = await new Promise((resolve, reject) => {
      child.once('error', (error) =>
        reject(new BootstrapError(`${child.spawnfile} can't be run: ${error.message}`)),
      );
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    return { ...exit, interruptedBy: [...lastSent.keys()][0] };
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}

/** What a shell says of a program that a signal ended. @param {string} signal */
function exitCodeOf(signal) {
  return 128 + constants.signals[signal];
}

/** On Linux the command gets SIGTERM from the kernel when this process ends in a way that lets it pass nothing on. */
function endWithParent() {
  const wrapper = ['setpriv', '--pdeathsig', 'TERM', '--'];
  return spawnSync(wrapper[0], [...wrapper.slice(1), 'true']).status === 0 ? wrapper : [];
}

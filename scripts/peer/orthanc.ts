/**
 * `node scripts/peer/orthanc.ts start | stop | status`: Orthanc as Debian has it, for the comparison in the benchmark.
 * Exit code 0: done; 1: it did not come up, or (status) does not run; 3: it can't be installed on this machine.
 */
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { PeerError } from './errors.ts';
import { findOrthanc, type Peer, startOrthanc, stopOrthanc } from './run-orthanc.ts';

interface Options {
  readonly cache: string;
  readonly port: number;
  readonly connections: number;
  readonly fresh?: boolean;
}

const NOT_INSTALLABLE = 3;
const DEFAULT_PORT = 8125;
const defaultCache = join(import.meta.dirname, '..', '..', '.cache', 'orthanc');

const program = new Command('node scripts/peer/orthanc.ts').description(
  'Orthanc as Debian has it, for the comparison in the benchmark',
);
withCache('start', 'starts it, installed first where it is not there')
  .option('--port <port>', 'its port', portOf, DEFAULT_PORT)
  .option('--connections <n>', 'connections to its database', countOf, 1)
  .option('--fresh', 'begin with an empty archive')
  .action((options: Options) => start(options));
withCache('stop', 'ends it; what it stores stays').action(({ cache }: Options) =>
  stopOrthanc(resolve(cache)),
);
withCache('status', 'says where it runs, as JSON').action(async ({ cache }: Options) => {
  const peer = await findOrthanc(resolve(cache));
  if (peer === undefined) process.exitCode = 1;
  console.log(JSON.stringify(peer ?? { pids: [] }));
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof PeerError)) throw error;
  const isSkipped = error.code === 'peer-not-installable';
  console.error(isSkipped ? `skipped: ${error.message}` : error.message);
  process.exitCode = isSkipped ? NOT_INSTALLABLE : 1;
}

function withCache(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--cache <folder>', 'where it is installed, about 900 MB and its data', defaultCache);
}

async function start({ cache, fresh, ...options }: Options): Promise<void> {
  const note = (message: string) => console.error(message);
  const peer = await startOrthanc({ ...options, cacheFolder: resolve(cache), isFresh: fresh === true, note });
  console.log(summaryOf(peer));
}

function summaryOf({ dicomWebUrl, pids, packages }: Peer): string {
  return [dicomWebUrl, `process ids ${pids.join(' ')}`, ...packages].join('\n');
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a port from 1 to 65535.');
}

function countOf(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number from 1 to 99.');
}

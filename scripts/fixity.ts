/**
 * `npm run fixity -- …`: reads the stored objects again and compares every byte with what the archive certified. Works
 * beside a running archive, without one, and on a split one. Exit code 0: everything that was read is whole, or was
 * repaired; 1: damage remains; 2: it could not run to its end.
 */
import { writeFile } from 'node:fs/promises';
import { DatabaseError, fixityState } from '@sandyq/database';
import { SettingsError } from '@sandyq/http';
import {
  type BegunRun,
  beginRun,
  continueRun,
  type FixityOptions,
  interruptedRun,
  type RepairPorts,
  summaryOf,
} from '@sandyq/indexing';
import { StandaloneError } from '@sandyq/standalone';
import { isStorageError } from '@sandyq/storage';
import { Command, CommanderError } from 'commander';
import { type Administration, administer, type ExitCode, type Terminal } from './admin/administration.ts';
import { bytesOf, numberOf } from './admin/options.ts';
import { createProgress } from './fixity/progress.ts';
import { type RunFrame, reportJson, reportWords } from './fixity/summary.ts';
import { userPath } from './terminal/user-path.ts';

/** It could not run, or not to its end. */
const NOT_RUN = 2;

interface Options {
  readonly rate?: number;
  readonly olderThan?: number;
  readonly study?: string;
  readonly resume?: boolean;
  readonly repair?: boolean;
  readonly replica?: boolean;
  readonly report?: string;
  readonly json?: boolean;
}

const terminal: Terminal = { print: (text) => console.log(text), note: (text) => console.error(text) };

const program = new Command('npm run fixity --')
  .description(
    'Reads every stored object again and compares it, byte by byte, with what the archive certified.',
  )
  .option(
    '--rate <bytes>',
    'read at most so many bytes a second, e.g. 50MiB; default: as fast as it goes',
    bytesOf,
  )
  .option('--older-than <days>', 'only what was neither received nor read for so many days', numberOf)
  .option('--study <uid>', 'only the segments of this study')
  .option('--resume', 'go on with the last run that was interrupted, as it was begun')
  .option('--repair', 'repair what is missing or damaged, from the replica where that is needed')
  .option('--replica', 'read what the replica holds, too')
  .option('--report <file>', 'write what was read, found and repaired, as JSON')
  .option('--json', 'print the same instead of words')
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text) });

process.exitCode = await main();

async function main(): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  try {
    program.parse();
    let isFinished = false;
    const code = await administer(process.env, terminal, async (administration) => {
      const outcome = await run(administration, program.opts<Options>(), interrupted.signal);
      isFinished = outcome.isFinished;
      return outcome.code;
    });
    return isFinished ? code : NOT_RUN;
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : NOT_RUN; // it has spoken
  const isForPeople =
    error instanceof SettingsError ||
    error instanceof StandaloneError ||
    error instanceof DatabaseError ||
    isStorageError(error) ||
    (error instanceof Error && 'syscall' in error);
  // A fault of the program shows its stack.
  console.error(isForPeople ? `\n${error.message}\n` : error);
  return NOT_RUN;
}

interface Outcome {
  readonly code: ExitCode;
  readonly isFinished: boolean;
}

async function run(
  { archive, decidedBy }: Administration,
  options: Options,
  signal: AbortSignal,
): Promise<Outcome> {
  const { database, store, replica, spool, fileSystem, logger } = archive;
  const now = (): Date => new Date();
  const ports: RepairPorts = { database, store, replica, spool, fileSystem, logger, decidedBy, now };
  const begun = await beginOrResume(ports, options);
  if (typeof begun !== 'string') return read(ports, begun, options, signal);
  terminal.note(begun);
  return { code: 1, isFinished: false };
}

async function read(
  ports: RepairPorts,
  begun: BegunRun,
  options: Options,
  signal: AbortSignal,
): Promise<Outcome> {
  const progress = createProgress(process.stderr, () => performance.now());
  const startedAt = performance.now();
  let isFinished = false;
  try {
    await continueRun(ports, begun, {
      bytesPerSecond: options.rate ?? Number.POSITIVE_INFINITY,
      signal,
      onTotal: (objects, bytes) => progress.setTotal(objects, bytes),
      onRead: (bytes) => progress.advance(bytes),
    });
    isFinished = true;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    progress.stop();
    const seconds = (performance.now() - startedAt) / 1_000;
    await tell(begun, options, { startedAt: begun.startedAt, seconds, isFinished });
  }
  return { code: summaryOf(begun.report).isWhole ? 0 : 1, isFinished };
}

/** The run, or why there is none. */
async function beginOrResume(ports: RepairPorts, options: Options): Promise<BegunRun | string> {
  const { resume, olderThan, study, repair = false, replica = false } = options;
  if (replica && ports.replica === undefined) {
    return 'No replica is configured: S3_REPLICA_ENDPOINT and the others are not set.';
  }
  if (resume === true) {
    return (await interruptedRun(ports)) ?? 'No run was interrupted: there is nothing to go on with.';
  }
  if (study !== undefined && !(await hasSegments(ports, study)))
    return `The archive holds nothing of study ${study}.`;
  const asked: FixityOptions = { olderThanDays: olderThan, studyInstanceUid: study, repair, replica };
  return beginRun(ports, asked);
}

async function hasSegments({ database }: RepairPorts, studyInstanceUid: string): Promise<boolean> {
  return (await fixityState(database, { before: new Date(), studyInstanceUid })).objects > 0;
}

async function tell({ report }: BegunRun, options: Options, frame: RunFrame): Promise<void> {
  const json = `${JSON.stringify(reportJson(report, frame), undefined, 2)}\n`;
  if (options.report !== undefined) await writeFile(userPath(options.report), json);
  terminal.print(options.json === true ? json.trimEnd() : reportWords(report, frame));
}

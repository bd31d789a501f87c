/**
 * `npm run rebuild-index`: makes the index anew in an empty database, from the object store alone. It may be interrupted
 * and resumed. Exit code 0: everything is indexed; 1: damaged segments were found and left out; 2: it could not begin or
 * go on; 130: interrupted.
 */
import { DatabaseError } from '@sandyq/database';
import { readSettings, SettingsError } from '@sandyq/http';
import { JournalError } from '@sandyq/indexing';
import { StandaloneError } from '@sandyq/standalone';
import { isStorageError } from '@sandyq/storage';
import { createLogger } from '@sandyq/telemetry';
import { Command, InvalidArgumentError } from 'commander';
import { dryRun } from './rebuild-index/dry-run.ts';
import { RebuildError } from './rebuild-index/errors.ts';
import { createProgress } from './rebuild-index/progress.ts';
import { type RebuildResult, reportJson, reportWords } from './rebuild-index/report.ts';
import { runRebuild } from './rebuild-index/run-rebuild.ts';

const INTERRUPTED = 130;

interface Options {
  readonly dryRun?: true;
  readonly parallel: number;
  readonly resume?: true;
  readonly acceptJournalGaps?: true;
  readonly json?: true;
}

const program = new Command('npm run rebuild-index --')
  .description(
    'Makes the index anew in an empty database, from the object store alone; only the ends of objects are read.',
  )
  .option('--dry-run', 'open every segment and say what would be indexed; no database is needed')
  .option('--parallel <n>', 'studies at the same time', countOf, 8)
  .option('--resume', 'go on with a rebuild that was interrupted in this database')
  .option(
    '--accept-journal-gaps',
    'go on where batches of the journal are missing or damaged: what they said is lost',
  )
  .option('--json', 'the report as JSON')
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text) });

process.exitCode = await main();

async function main(): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  try {
    program.parse();
    const options = program.opts<Options>();
    const result = await run(options, interrupted.signal);
    console.log(
      options.json === true ? JSON.stringify(reportJson(result), undefined, 2) : reportWords(result),
    );
    return result.rebuild.damaged.length === 0 ? 0 : 1;
  } catch (error) {
    if (interrupted.signal.aborted) {
      console.error('\nInterrupted. Go on with: npm run rebuild-index -- --resume\n');
      return INTERRUPTED;
    }
    return failed(error);
  }
}

async function run(options: Options, signal: AbortSignal): Promise<RebuildResult> {
  const settings = readSettings(process.env, { cwd: process.cwd() });
  const { parallel } = options;
  if (options.dryRun === true) return dryRun({ settings, parallel, signal });
  const progress = createProgress(process.stderr, () => performance.now());
  try {
    return await runRebuild({
      settings,
      parallel,
      resume: options.resume === true,
      acceptsGaps: options.acceptJournalGaps === true,
      signal,
      logger: createLogger({
        name: 'rebuild-index',
        level: 'error',
        destination: { write: (line: string) => void process.stderr.write(line) },
      }),
      onProgress: progress.update,
    });
  } finally {
    progress.stop();
  }
}

function failed(error: unknown): number {
  if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? 0 : 2; // commander has spoken
  if (!isForPeople(error)) throw error;
  console.error(`\n${error.message}\n`);
  return 2;
}

function isForPeople(error: unknown): error is Error {
  return (
    error instanceof RebuildError ||
    error instanceof SettingsError ||
    error instanceof StandaloneError ||
    error instanceof JournalError ||
    error instanceof DatabaseError ||
    isStorageError(error)
  );
}

function countOf(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1) return count;
  throw new InvalidArgumentError('It must be a number from 1 to 999.');
}

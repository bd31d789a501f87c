/**
 * `npm run import -- FOLDER`: pushes the files of a folder, or one file, into the archive through STOW-RS, as a scanner would.
 * Exit code 0: every file is in the archive; 1: some were refused or could not be read; 2: it could not begin or go on.
 */
import { stat } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ImportError } from './import/errors.ts';
import { importFiles } from './import/import-files.ts';
import { createProgress, type Progress } from './import/progress.ts';
import { reachArchive } from './import/reach-archive.ts';
import { ReportWriter } from './import/report.ts';
import { createTarget } from './import/send-batch.ts';
import { summaryOf } from './import/summary.ts';
import { Tally } from './import/tally.ts';
import { countFiles } from './import/walk-folder.ts';
import { userPath } from './terminal/user-path.ts';

/** More bytes than that go in several requests. */
const BATCH_BYTES = 64 * 1024 * 1024;
/** An archive that restarts or is overloaded gets so long. */
const PATIENCE_MS = 300_000;
const INTERRUPTED = 130;

interface Options {
  readonly url: string;
  readonly key?: string;
  readonly parallel: number;
  readonly batch: number;
  readonly report?: string;
}

const program = new Command('npm run import --')
  .description(
    'Pushes every file of a folder into the archive, as a scanner would. It may be run again at any time.',
  )
  .argument('<folder>', 'DICOM files of any names, in its folders too; or one such file', folderOf)
  .option('--url <url>', 'address of the archive', `http://127.0.0.1:${process.env['SANDYQ_PORT'] ?? '8080'}`)
  .addOption(new Option('--key <key>', 'API key of role scanner').env('SANDYQ_API_KEY'))
  .option('--parallel <n>', 'requests at the same time', countOf, 4)
  .option('--batch <n>', 'most files of one request', countOf, 10)
  .option('--report <file>', 'write what became of each file, as JSON')
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text) });

process.exitCode = await main();

async function main(): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  try {
    program.parse();
    const [folder = ''] = program.args;
    return await run(userPath(folder), program.opts<Options>(), interrupted.signal);
  } catch (error) {
    if (interrupted.signal.aborted) return INTERRUPTED;
    return failed(error);
  }
}

function failed(error: unknown): number {
  if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? 0 : 2; // commander has spoken
  if (!(error instanceof ImportError)) throw error;
  console.error(`\n${error.message}\n`);
  return 2;
}

async function run(folder: string, options: Options, signal: AbortSignal): Promise<number> {
  await assertReadable(folder);
  const url = options.url.replace(/\/+$/, '').replace(/\/dicom-web$/, '');
  const target = createTarget(assertUrl(url), options.key, options.parallel);
  const progress = createProgress(process.stderr, () => performance.now());
  const tally = new Tally();
  const startedAt = performance.now();
  const report = await openReport(options, folder, url);
  try {
    await reachArchive(url, () => progress.note('waiting until the archive is ready'), signal);
    await push({ folder, target, options, signal }, { tally, progress, report });
    await report?.finish({ summary: tally.toJson() });
  } catch (error) {
    await report?.discard();
    throw error;
  } finally {
    progress.stop();
    target.agent.destroy();
    if (tally.files > 0) console.log(summaryOf(tally, (performance.now() - startedAt) / 1_000));
  }
  if (tally.files === 0) console.log(`There are no files in ${folder}.`);
  return tally.isComplete ? 0 : 1;
}

interface Job {
  readonly folder: string;
  readonly target: ReturnType<typeof createTarget>;
  readonly options: Options;
  readonly signal: AbortSignal;
}

interface Outputs {
  readonly tally: Tally;
  readonly progress: Progress;
  readonly report: ReportWriter | undefined;
}

async function push(
  { folder, target, options, signal }: Job,
  { tally, progress, report }: Outputs,
): Promise<void> {
  const done = new AbortController();
  const counting = countFiles(folder, (files, bytes) => progress.setTotal(files, bytes), done.signal);
  try {
    const batch = { files: options.batch, bytes: BATCH_BYTES };
    await importFiles(
      { folder, target, parallel: options.parallel, batch, patienceMs: PATIENCE_MS, signal },
      {
        onFile: (file) => {
          tally.add(file);
          report?.add(file);
          progress.advance(file.sizeBytes);
        },
        onKnown: (count) => {
          tally.known += count;
        },
        onSkipped: () => {
          tally.skipped += 1;
        },
        onWaiting: (message, waitMs) =>
          progress.note(`${message}; trying again in ${Math.ceil(waitMs / 1_000)} s`),
      },
    );
  } finally {
    done.abort();
    await counting;
  }
}

async function openReport(
  { report }: Options,
  folder: string,
  url: string,
): Promise<ReportWriter | undefined> {
  if (report === undefined) return undefined;
  const path = userPath(report);
  try {
    return await ReportWriter.open(path, { folder, url, startedAt: new Date().toISOString() });
  } catch (error) {
    throw new ImportError(
      `The report ${path} cannot be written: ${error instanceof Error ? error.message : ''}`,
    );
  }
}

async function assertReadable(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true || found?.isFile() === true) return;
  throw new ImportError(`${folder} is neither a folder nor a file that can be read.`);
}

function assertUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) return url;
  throw new ImportError(`${url} is not an address such as http://127.0.0.1:8080.`);
}

/** An empty name, as of a variable that is not set, would mean the current folder: nobody means that. */
function folderOf(typed: string): string {
  if (typed === '') throw new InvalidArgumentError('It is empty. Name the folder, or . for the current one.');
  return typed;
}

function countOf(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1) return count;
  throw new InvalidArgumentError('It must be a number from 1 on.');
}

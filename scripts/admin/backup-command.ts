/** `backup`: copies of the embedded database, made beside a running archive, checked, and restored to a new data folder. */
import { markIndexBehind } from '@sandyq/database';
import { readSettings, type Settings } from '@sandyq/http';
import {
  type BackupManifest,
  type BackupStore,
  backUpEmbedded,
  copyObjects,
  type ObjectsReport,
  objectsFolderOf,
  type Restored,
  restoreBackup,
  StandaloneError,
  verifyBackup,
} from '@sandyq/standalone';
import { nodeFileSystem } from '@sandyq/storage';
import { createLogger } from '@sandyq/telemetry';
import { Command } from 'commander';
import { formatBytes, formatCount, formatTime } from '../terminal/format.ts';
import { userPath } from '../terminal/user-path.ts';
import type { ExitCode, Run, Terminal } from './administration.ts';
import { createByteProgress } from './byte-progress.ts';
import { type OutputOptions, withJson } from './options.ts';
import { show } from './show.ts';

interface BackupOptions extends OutputOptions {
  readonly objects?: string;
}

interface RestoreOptions extends BackupOptions {
  readonly data: string;
}

/** Subcommands that need no archive give their exit code to `end`. */
export function backupCommand(run: Run, terminal: Terminal, end: (code: ExitCode) => void): Command {
  const command = new Command('backup').description('copies of the embedded database: make, check, restore');
  withJson(command.command('create'))
    .description('copy the database to a new folder, beside a running archive or without one')
    .argument('<folder>', 'of this backup alone')
    .option('--objects <folder>', 'copy the objects too, to this folder; what it holds already is skipped')
    .action(async (folder: string, options: BackupOptions) => end(await create(folder, options, terminal)));
  withJson(command.command('objects'))
    .description('copy the objects of the filesystem store to a folder; what it holds already is skipped')
    .argument('<folder>', 'the copy, which all backups share')
    .action(async (folder: string, options: OutputOptions) => end(await objects(folder, options, terminal)));
  withJson(command.command('verify'))
    .description('read a backup to its last byte and compare it with its manifest')
    .argument('<folder>', 'the backup')
    .action(async (folder: string, options: OutputOptions) => end(await verify(folder, options, terminal)));
  withJson(command.command('restore'))
    .description('put a backup into a data folder without a database, from where the archive can be started')
    .argument('<folder>', 'the backup')
    .requiredOption('--data <folder>', 'the new data folder')
    .option('--objects <folder>', 'a copy of the objects, which is put into the data folder too')
    .action(async (folder: string, options: RestoreOptions) => end(await restore(folder, options, terminal)));
  command
    .command('mark-restored')
    .description(
      'after other tools restored the database: nothing is received until it was compared with the store',
    )
    .action(() =>
      run(async ({ archive }) => {
        await markIndexBehind(archive.database, 'restored');
        terminal.print(
          'Start the services. They receive again once the index knows everything that the store holds.',
        );
        return 0;
      }),
    );
  return command;
}

async function create(folder: string, options: BackupOptions, terminal: Terminal): Promise<ExitCode> {
  const settings = readSettings(process.env, { cwd: process.cwd() });
  refuseExternal(settings);
  const destination = { write: (line: string) => void process.stderr.write(line) };
  const logger = createLogger({ name: 'admin', level: 'error', destination });
  const result = await withProgress((progress, signal) =>
    backUpEmbedded({
      dataDirectory: settings.dataFolder,
      store: storeOf(settings),
      folder: userPath(folder),
      objectsFolder: options.objects === undefined ? undefined : userPath(options.objects),
      logger,
      onProgress: progress.bytes,
      onObjects: progress.objects,
      signal,
    }),
  );
  const { manifest, objects } = result;
  const summary = { folder: userPath(folder), ...summaryOf(manifest), objects };
  show(terminal, options, summary, () =>
    [
      `Backup in ${userPath(folder)}: ${contentWords(manifest)}.`,
      ...objectsWords(objects),
      ...(objects === undefined
        ? [`It holds the database alone. Now copy the objects: ${storeWords(manifest.store)}.`]
        : []),
    ].join('\n'),
  );
  return hasDifferent(objects) ? 1 : 0;
}

async function objects(folder: string, options: OutputOptions, terminal: Terminal): Promise<ExitCode> {
  const settings = readSettings(process.env, { cwd: process.cwd() });
  const report = await withProgress((progress, signal) =>
    copyObjects({
      from: objectsFolderOf(storeOf(settings)),
      to: userPath(folder),
      fileSystem: nodeFileSystem(),
      onProgress: progress.objects,
      signal,
    }),
  );
  show(terminal, options, report, () => objectsWords(report).join('\n'));
  return hasDifferent(report) ? 1 : 0;
}

async function verify(folder: string, options: OutputOptions, terminal: Terminal): Promise<ExitCode> {
  const { manifest, bytes, faults } = await withProgress((progress, signal) =>
    verifyBackup({
      folder: userPath(folder),
      fileSystem: nodeFileSystem(),
      onProgress: progress.bytes,
      signal,
    }),
  );
  const summary = { folder: userPath(folder), ...summaryOf(manifest), bytesRead: bytes, faults };
  show(terminal, options, summary, () =>
    faults.length === 0
      ? `The backup is whole: ${contentWords(manifest)}.`
      : [
          `The backup is damaged, ${formatCount(faults.length)} of ${formatCount(manifest.files.length)} files:`,
          ...faults.map(({ path, fault }) => `  ${fault.padEnd(8)}${path}`),
        ].join('\n'),
  );
  return faults.length === 0 ? 0 : 1;
}

async function restore(folder: string, options: RestoreOptions, terminal: Terminal): Promise<ExitCode> {
  const restored = await withProgress((progress, signal) =>
    restoreBackup({
      folder: userPath(folder),
      dataDirectory: userPath(options.data),
      objectsFolder: options.objects === undefined ? undefined : userPath(options.objects),
      fileSystem: nodeFileSystem(),
      onProgress: progress.bytes,
      onObjects: progress.objects,
      signal,
    }),
  );
  const { manifest, dataDirectory, objects } = restored;
  show(terminal, options, { dataDirectory, ...summaryOf(manifest), objects }, () => restoredWords(restored));
  return hasDifferent(objects) ? 1 : 0;
}

function restoredWords({ manifest, dataDirectory, objects }: Restored): string {
  const { store } = manifest;
  const objectsStep =
    store.kind === 's3'
      ? `Set S3_ENDPOINT, S3_BUCKET (${store.bucket}${store.prefix === undefined ? '' : `, prefix ${store.prefix}`}) and the keys.`
      : `Copy the objects to ${dataDirectory}/objects.`;
  return [
    `Restored to ${dataDirectory}: ${contentWords(manifest)}.`,
    ...objectsWords(objects),
    'Next:',
    ...(objects === undefined ? [`  ${objectsStep}`] : []),
    `  Start the archive with SANDYQ_DATA=${dataDirectory}. It takes up what the store holds beyond the backup.`,
  ].join('\n');
}

/** A PostgreSQL of one's own has better tools, and its files are not ours to read. */
function refuseExternal({ database }: Settings): void {
  if (database.kind === 'embedded') return;
  throw new StandaloneError(
    'backup-database',
    [
      'DATABASE_URL names a PostgreSQL server of your own, which its own tools back up:',
      '  pg_dump --format=custom --file=sandyq.dump "$DATABASE_URL"                          (one database)',
      '  pg_basebackup --pgdata=FOLDER --checkpoint=fast --wal-method=stream --progress       (the whole server)',
      'Copy the objects after it. docs/operations.md has all steps.',
    ].join('\n'),
  );
}

function storeOf({ objectStore }: Settings): BackupStore {
  if (objectStore.kind === 'filesystem') return { kind: 'filesystem', root: objectStore.root };
  const { endpoint, bucket, prefix } = objectStore;
  return { kind: 's3', endpoint, bucket, ...(prefix === undefined ? {} : { prefix }) };
}

/** A bar on a terminal; Ctrl-C ends the work in order. */
async function withProgress<Result>(
  work: (progress: ReturnType<typeof createByteProgress>, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const interrupted = new AbortController();
  const interrupt = (): void =>
    interrupted.abort(new StandaloneError('backup-incomplete', 'Interrupted before it was finished.'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  const progress = createByteProgress(process.stderr, () => performance.now());
  try {
    return await work(progress, interrupted.signal);
  } finally {
    progress.stop();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  }
}

function summaryOf(manifest: BackupManifest): object {
  const { directories: _, files, ...facts } = manifest;
  return { ...facts, files: files.length, bytes: bytesOf(manifest) };
}

function contentWords(manifest: BackupManifest): string {
  const { files, finishedAt, postgres } = manifest;
  return (
    `${formatCount(files.length)} files, ${formatBytes(bytesOf(manifest))}, PostgreSQL ${postgres.version}, ` +
    `as of ${formatTime(new Date(finishedAt))}`
  );
}

function bytesOf({ files }: BackupManifest): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

function storeWords(store: BackupStore): string {
  if (store.kind === 'filesystem') return `folder ${store.root}`;
  return `bucket ${store.bucket}${store.prefix === undefined ? '' : `, prefix ${store.prefix}`} on ${store.endpoint}`;
}

function objectsWords(objects: ObjectsReport | undefined): string[] {
  if (objects === undefined) return [];
  const { listed, present, linked, copied, bytesCopied, different } = objects;
  const counts =
    `${formatCount(listed)} objects: ${formatCount(present)} were there, ${formatCount(linked)} linked, ` +
    `${formatCount(copied)} copied (${formatBytes(bytesCopied)}).`;
  const linkNote =
    linked > 0 ? ['Linked objects share their disk with the original: they are no second copy of it.'] : [];
  if (different.length === 0) return [counts, ...linkNote];
  return [
    counts,
    ...linkNote,
    'There with another size, so one of the two is damaged; neither was touched:',
    ...different.map((key) => `  ${key}`),
  ];
}

function hasDifferent(objects: ObjectsReport | undefined): boolean {
  return objects !== undefined && objects.different.length > 0;
}

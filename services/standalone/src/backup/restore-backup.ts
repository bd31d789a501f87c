/**
 * Puts a backup into a data folder, from where the archive starts. PostgreSQL then replays the log of the backup and goes
 * on in a new timeline: by that the change feed and the journal know that another history has begun.
 */
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type FileSystem, StorageError } from '@sandyq/storage';
import { POSTGRES_MAJOR_VERSION } from '../embedded-postgres/binaries.ts';
import { lockDataFolder } from '../embedded-postgres/data-folder-lock.ts';
import { prepareDataDirectory } from '../embedded-postgres/embedded-postgres.ts';
import { StandaloneError } from '../errors.ts';
import { copyFile, writeNewFile } from './copy-file.ts';
import { copyObjects, type ObjectsReport } from './copy-objects.ts';
import type { ProgressListener } from './create-backup.ts';
import { eachAtOnce } from './each-at-once.ts';
import { giveTo, otherOwnerOf } from './hand-over.ts';
import { type BackupFile, type BackupManifest, DATABASE_FOLDER, readManifest } from './manifest.ts';
import { writeRestoredMark } from './restored-mark.ts';

/** What {@link restoreBackup} needs. */
export interface RestoreBackupOptions {
  /** Absolute path of the backup. */
  readonly folder: string;
  /** Absolute path of the data folder; made if absent. It must hold no database. */
  readonly dataDirectory: string;
  /** Absolute path of a copy of the objects, which is copied to the data folder first. */
  readonly objectsFolder?: string | undefined;
  readonly fileSystem: FileSystem;
  readonly onProgress?: ProgressListener | undefined;
  readonly onObjects?: ((report: ObjectsReport) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was restored. */
export interface Restored {
  readonly manifest: BackupManifest;
  /** Absolute path of the data folder, without symbolic links. */
  readonly dataDirectory: string;
  readonly objects?: ObjectsReport | undefined;
}

const FILES_AT_ONCE = 4;

/**
 * Copies and verifies in one pass. Throws `backup-incomplete`, `backup-damaged`, `backup-database` (of another PostgreSQL),
 * `data-folder-in-use`, `database-files` (there is a database already). The database appears last, whole or not at all:
 * until then the restore can be repeated.
 */
export async function restoreBackup(options: RestoreBackupOptions): Promise<Restored> {
  const { folder, fileSystem } = options;
  const manifest = await readManifest(folder, fileSystem);
  assertVersion(manifest);
  const dataDirectory = await prepareDataDirectory(options.dataDirectory);
  const lock = lockDataFolder(dataDirectory);
  try {
    await refuseDatabase(dataDirectory, fileSystem);
    const objects = await restoreObjects(dataDirectory, options);
    await restoreDatabase(dataDirectory, manifest, options);
    return { manifest, dataDirectory, objects };
  } finally {
    lock.release();
  }
}

async function restoreObjects(
  dataDirectory: string,
  { objectsFolder, fileSystem, onObjects, signal }: RestoreBackupOptions,
): Promise<ObjectsReport | undefined> {
  if (objectsFolder === undefined) return undefined;
  const to = path.join(dataDirectory, 'objects');
  const owner = await otherOwnerOf(dataDirectory);
  const mayLink = owner === undefined;
  const report = await copyObjects({
    from: objectsFolder,
    to,
    fileSystem,
    mayLink,
    onProgress: onObjects,
    signal,
  });
  if (owner !== undefined) await giveTo(owner, [to]);
  return report;
}

async function restoreDatabase(
  dataDirectory: string,
  manifest: BackupManifest,
  options: RestoreBackupOptions,
): Promise<void> {
  const { fileSystem } = options;
  const unfinished = path.join(dataDirectory, `${DATABASE_FOLDER}.restoring`);
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  try {
    await assertRoom(manifest, dataDirectory, fileSystem);
    await fillCluster(unfinished, manifest, options);
    const owner = await otherOwnerOf(dataDirectory);
    if (owner !== undefined) await giveTo(owner, [unfinished, path.join(dataDirectory, 'lock')]);
    await rename(unfinished, path.join(dataDirectory, DATABASE_FOLDER));
    await fileSystem.syncDirectory(dataDirectory);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

function assertVersion({ postgres, sandyqVersion }: BackupManifest): void {
  if (postgres.version.split('.')[0] === POSTGRES_MAJOR_VERSION) return;
  throw new StandaloneError(
    'backup-database',
    `The backup is of PostgreSQL ${postgres.version}, made by Sandyq ${sandyqVersion}; this release brings PostgreSQL ` +
      `${POSTGRES_MAJOR_VERSION}. Restore it with the release that made it.`,
  );
}

async function refuseDatabase(dataDirectory: string, fileSystem: FileSystem): Promise<void> {
  const directory = path.join(dataDirectory, DATABASE_FOLDER);
  const found = await fileSystem.stat(directory);
  if (found === undefined) return;
  if (found.kind === 'directory' && (await fileSystem.readdir(directory)).length === 0) return;
  throw new StandaloneError(
    'database-files',
    `There is a database already: ${directory}. Move it away, or restore into another data folder.`,
  );
}

async function assertRoom(
  { files }: BackupManifest,
  dataDirectory: string,
  fileSystem: FileSystem,
): Promise<void> {
  const needed = files.reduce((sum, { size }) => sum + size, 0);
  const free = await fileSystem.freeBytes(dataDirectory);
  if (free >= needed) return;
  throw new StorageError(
    'no-space',
    `The database needs ${needed} bytes; in ${dataDirectory} ${free} bytes are free.`,
  );
}

async function fillCluster(
  cluster: string,
  { directories, files }: BackupManifest,
  options: RestoreBackupOptions,
): Promise<void> {
  const { fileSystem } = options;
  for (const directory of directories) await mkdir(path.join(cluster, directory), { mode: 0o700 });
  await copyVerified(cluster, files, options);
  // Recovery from a backup instead of from a crash: it ends in a new timeline.
  await writeNewFile(path.join(cluster, 'recovery.signal'), new Uint8Array(), fileSystem);
  await writeRestoredMark(cluster, fileSystem);
  for (const directory of [...directories, '']) await fileSystem.syncDirectory(path.join(cluster, directory));
}

async function copyVerified(
  cluster: string,
  files: readonly BackupFile[],
  { folder, fileSystem, onProgress, signal }: RestoreBackupOptions,
): Promise<void> {
  const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
  let doneBytes = 0;
  const onBytes = (count: number): void => {
    signal?.throwIfAborted();
    doneBytes += count;
    onProgress?.(doneBytes, totalBytes);
  };
  await eachAtOnce(FILES_AT_ONCE, files, async (file) => {
    signal?.throwIfAborted();
    const target = path.join(cluster, file.path);
    const source = path.join(folder, DATABASE_FOLDER, file.path);
    const copied = await copyFile(source, target, { fileSystem, onBytes });
    if (copied?.size === file.size && copied.sha256 === file.sha256) {
      await chmod(target, 0o600);
      return;
    }
    throw new StandaloneError(
      'backup-damaged',
      `${source} is ${copied === undefined ? 'missing' : 'not what the manifest says'}: the backup is damaged. Use another one.`,
    );
  });
}

/** Backs up the embedded database of a data folder, beside a running archive or without one, and its objects if asked. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { type FileSystem, nodeFileSystem } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import { superuserAddress } from '../embedded-postgres/backup-connection.ts';
import { joinEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import { StandaloneError } from '../errors.ts';
import { copyObjects, type ObjectsReport } from './copy-objects.ts';
import { createBackup, type ProgressListener } from './create-backup.ts';
import { type BackupManifest, type BackupStore, DATABASE_FOLDER } from './manifest.ts';

/** What {@link backUpEmbedded} needs. */
export interface BackUpOptions {
  /** The archive's data folder; holds a database. */
  readonly dataDirectory: string;
  /** Where the objects are that the database speaks of. */
  readonly store: BackupStore;
  /** Absolute path of the backup; absent or empty. */
  readonly folder: string;
  /** Absolute path of a copy of the objects, which several backups may share; only for the filesystem store. */
  readonly objectsFolder?: string | undefined;
  readonly logger: Logger;
  readonly fileSystem?: FileSystem;
  readonly onProgress?: ProgressListener | undefined;
  readonly onObjects?: ((report: ObjectsReport) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was backed up. */
export interface BackupResult {
  readonly manifest: BackupManifest;
  readonly objects?: ObjectsReport | undefined;
}

/** The objects after the database, so that the copy of the store is never older than that of the database. */
export async function backUpEmbedded(options: BackUpOptions): Promise<BackupResult> {
  const { folder, objectsFolder, onObjects, onProgress, signal, store } = options;
  const fileSystem = options.fileSystem ?? nodeFileSystem();
  const from = objectsFolder === undefined ? undefined : objectsFolderOf(store);
  const clusterDirectory = await clusterOf(options.dataDirectory, fileSystem);
  const postgres = await joinEmbeddedPostgres({
    dataDirectory: options.dataDirectory,
    logger: options.logger,
  });
  try {
    const connectionString = superuserAddress(postgres.connectionString);
    const now = (): Date => new Date();
    const where = { folder, clusterDirectory, connectionString, store };
    const manifest = await createBackup({ ...where, fileSystem, now, onProgress, signal });
    if (objectsFolder === undefined || from === undefined) return { manifest };
    const folders = { from, to: objectsFolder };
    return {
      manifest,
      objects: await copyObjects({ ...folders, fileSystem, onProgress: onObjects, signal }),
    };
  } finally {
    await postgres.stop();
  }
}

/** Where the objects are, if they are files; a bucket's store copies them better itself. */
export function objectsFolderOf(store: BackupStore): string {
  if (store.kind === 'filesystem') return store.root;
  throw new StandaloneError(
    'backup-folder',
    `The objects are in the bucket ${store.bucket}: have the object store replicate it (docs/operations.md).`,
  );
}

/** To make an empty database in order to back it up would hide that the data folder is another. */
async function clusterOf(dataDirectory: string, fileSystem: FileSystem): Promise<string> {
  const directory = path.join(dataDirectory, DATABASE_FOLDER);
  if ((await fileSystem.stat(path.join(directory, 'PG_VERSION'))) !== undefined) return realpath(directory);
  throw new StandaloneError(
    'backup-database',
    `There is no database in ${dataDirectory}. SANDYQ_DATA names the archive's data folder.`,
  );
}

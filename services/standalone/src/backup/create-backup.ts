/**
 * Copies the embedded database to another folder while it is in use. What the copy holds is what was committed when its
 * last file had been copied; see docs/decisions/0012.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type BaseBackup, type BaseBackupEnd, beginBaseBackup } from '@sandyq/database';
import { type FileSystem, makeDurableDirectory, StorageError } from '@sandyq/storage';
import packageJson from '../../package.json' with { type: 'json' };
import { StandaloneError } from '../errors.ts';
import { type ClusterListing, CONTROL_FILE, listCluster } from './cluster-files.ts';
import { copyFile, writeNewFile } from './copy-file.ts';
import { eachAtOnce } from './each-at-once.ts';
import {
  type BackupFile,
  type BackupManifest,
  type BackupStore,
  buildManifest,
  DATABASE_FOLDER,
  MANIFEST_NAME,
  writeManifest,
} from './manifest.ts';

/** What {@link createBackup} needs. */
export interface CreateBackupOptions {
  /** Absolute path of the backup; absent or empty. */
  readonly folder: string;
  /** The database's files. */
  readonly clusterDirectory: string;
  /** A superuser's address of the running database. */
  readonly connectionString: string;
  /** Where the objects are that the database speaks of. */
  readonly store: BackupStore;
  readonly fileSystem: FileSystem;
  readonly now: () => Date;
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Told how far the work is, in bytes. The total may be passed a little: files grow while they are copied. */
export type ProgressListener = (doneBytes: number, totalBytes: number) => void;

/** Files copied at a time: enough that waiting for one fsync does not hold up the next. */
const FILES_AT_ONCE = 4;
/** Of the database's log, beside the files, at least so much is needed. */
const LOG_RESERVE_BYTES = 64 * 1024 * 1024;

/**
 * Makes a backup. Throws `backup-folder` if the folder holds something, StorageError (`no-space` …) and DatabaseError; then
 * nothing of it is left. Killed, it leaves a folder without manifest.
 */
export async function createBackup(options: CreateBackupOptions): Promise<BackupManifest> {
  const { connectionString, fileSystem, folder } = options;
  await takeEmptyFolder(options);
  try {
    const backup = await beginBaseBackup(connectionString);
    try {
      const manifest = await copyDatabase(backup, options);
      await writeManifest(folder, manifest, fileSystem);
      return manifest;
    } finally {
      await backup.close();
    }
  } catch (error) {
    for (const made of [DATABASE_FOLDER, `${MANIFEST_NAME}.unfinished`]) {
      await rm(path.join(folder, made), { recursive: true, force: true });
    }
    throw error;
  }
}

async function takeEmptyFolder({ folder, clusterDirectory, fileSystem }: CreateBackupOptions): Promise<void> {
  if (`${folder}${path.sep}`.startsWith(`${clusterDirectory}${path.sep}`)) {
    throw new StandaloneError(
      'backup-folder',
      `${folder} is within the database's own folder. Choose another.`,
    );
  }
  await makeDurableDirectory(folder, fileSystem);
  const names = (await fileSystem.readdir(folder)).map(({ name }) => name);
  if (names.length === 0) return;
  const isUnfinished = names.includes(DATABASE_FOLDER) && !names.includes(MANIFEST_NAME);
  throw new StandaloneError(
    'backup-folder',
    isUnfinished
      ? `${folder} holds a backup that was never finished. Remove it, or choose another folder.`
      : `${folder} is not empty. Each backup needs a folder of its own.`,
  );
}

async function copyDatabase(backup: BaseBackup, options: CreateBackupOptions): Promise<BackupManifest> {
  const { clusterDirectory, fileSystem, folder, now, store } = options;
  const listing = await listCluster(clusterDirectory, fileSystem);
  const target = path.join(folder, DATABASE_FOLDER);
  const copy = new DatabaseCopy(target, options, bytesOf(listing));
  await copy.assertRoom();
  await copy.makeDirectories(listing.directories);
  await copy.copyFiles(listing.files.map((file) => file.path));
  await copy.copyControlFile();
  const end = await backup.finish();
  const finishedAt = now();
  await copy.addLog(end);
  await copy.syncDirectories();
  const { files, directories } = copy;
  const { start } = backup;
  const { version: sandyqVersion } = packageJson;
  return buildManifest({ sandyqVersion, finishedAt, start, end, store, directories, files });
}

function bytesOf({ files }: ClusterListing): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

/** What was copied so far. */
class DatabaseCopy {
  readonly files: BackupFile[] = [];
  readonly directories: string[] = [];
  readonly #target: string;
  readonly #options: CreateBackupOptions;
  #doneBytes = 0;
  #totalBytes: number;

  constructor(target: string, options: CreateBackupOptions, totalBytes: number) {
    this.#target = target;
    this.#options = options;
    this.#totalBytes = totalBytes;
  }

  /** Better now than after an hour. */
  async assertRoom(): Promise<void> {
    const { fileSystem, folder } = this.#options;
    const needed = this.#totalBytes + LOG_RESERVE_BYTES;
    const free = await fileSystem.freeBytes(folder);
    if (free >= needed) return;
    throw new StorageError(
      'no-space',
      `The backup needs ${needed} bytes and the database's log of meanwhile; in ${folder} ${free} bytes are free.`,
    );
  }

  async makeDirectories(directories: readonly string[]): Promise<void> {
    const { fileSystem } = this.#options;
    // The log may be a link to another disk, which the listing does not follow.
    this.directories.push(...new Set([...directories, 'pg_wal']));
    await fileSystem.mkdir(this.#target);
    for (const directory of this.directories) await fileSystem.mkdir(path.join(this.#target, directory));
  }

  /** Files that have vanished since they were listed are none of the backup. */
  async copyFiles(names: readonly string[]): Promise<void> {
    await eachAtOnce(FILES_AT_ONCE, names, async (name) => {
      await this.#copy(name);
    });
  }

  /** PostgreSQL rewrites its few bytes in place, so it is read until two readings are the same. */
  async copyControlFile(): Promise<void> {
    const { clusterDirectory, fileSystem } = this.#options;
    let before: Buffer = Buffer.alloc(0);
    for (;;) {
      const now = await readWhole(path.join(clusterDirectory, CONTROL_FILE), fileSystem);
      if (now.equals(before)) break;
      before = now;
    }
    await this.#write(CONTROL_FILE, before);
  }

  async addLog({ label, walFiles }: BaseBackupEnd): Promise<void> {
    const { clusterDirectory, fileSystem } = this.#options;
    await this.#write('backup_label', Buffer.from(label));
    const names = (await fileSystem.readdir(path.join(clusterDirectory, 'pg_wal'))).map(({ name }) => name);
    const histories = names.filter((name) => /^[0-9A-F]{8}\.history$/.test(name));
    for (const name of [...histories, ...walFiles]) {
      if (await this.#copy(`pg_wal/${name}`)) continue;
      throw new StandaloneError(
        'backup-database',
        `${name} is gone from the database's log, so the backup would not be whole. Make it again.`,
      );
    }
  }

  async syncDirectories(): Promise<void> {
    const { fileSystem, folder } = this.#options;
    for (const directory of this.directories) {
      await fileSystem.syncDirectory(path.join(this.#target, directory));
    }
    await fileSystem.syncDirectory(this.#target);
    await fileSystem.syncDirectory(folder);
  }

  async #copy(name: string): Promise<boolean> {
    const { clusterDirectory, fileSystem, signal } = this.#options;
    const onBytes = (bytes: number): void => {
      signal?.throwIfAborted();
      this.#advance(bytes);
    };
    signal?.throwIfAborted();
    const source = path.join(clusterDirectory, name);
    const copied = await copyFile(source, path.join(this.#target, name), { fileSystem, onBytes });
    if (copied === undefined) return false;
    this.files.push({ path: name, ...copied });
    return true;
  }

  async #write(name: string, bytes: Buffer): Promise<void> {
    const written = await writeNewFile(path.join(this.#target, name), bytes, this.#options.fileSystem);
    this.files.push({ path: name, ...written });
    this.#advance(bytes.length);
  }

  #advance(bytes: number): void {
    this.#doneBytes += bytes;
    this.#totalBytes = Math.max(this.#totalBytes, this.#doneBytes);
    this.#options.onProgress?.(this.#doneBytes, this.#totalBytes);
  }
}

async function readWhole(file: string, fileSystem: FileSystem): Promise<Buffer> {
  const opened = await fileSystem.open(file, 'read');
  try {
    const bytes = Buffer.alloc((await opened.stat()).size);
    await opened.read(bytes, 0);
    return bytes;
  } finally {
    await opened.close();
  }
}

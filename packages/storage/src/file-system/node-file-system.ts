// The real file system. One ledger for the process, because the page cache that it tells about is one as well.
import { closeSync, constants, type Dirent, fsync, open, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { promisify } from 'node:util';
import { StorageError } from '../errors.ts';
import type { DirectoryEntry, FileStat, FileSystem, OpenFile, OpenMode } from './file-system.ts';
import { fileSystemError } from './file-system-error.ts';
import { SyncLedger } from './sync-ledger.ts';

const ledger = new SyncLedger();

const openDescriptor = promisify(open);
const syncDescriptor = promisify(fsync);

/** Mode bits of new files: nobody but the archive's own user and group reads them. */
const fileMode = 0o640;
const directoryMode = 0o750;

const flagsOf: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  modify: constants.O_RDWR,
};

/** The file system of this machine. Every call returns the same one. */
export function nodeFileSystem(): FileSystem {
  return theFileSystem;
}

const theFileSystem: FileSystem = {
  async open(path, mode) {
    const handle = await attempt('open', path, () => fs.open(path, flagsOf[mode], fileMode));
    if (mode === 'create') ledger.noteWrite(path);
    return new NodeFile(path, handle);
  },
  async link(existing, path) {
    ledger.assertSynced(existing);
    await attempt('link', path, () => fs.link(existing, path));
  },
  async rename(existing, path) {
    ledger.assertSynced(existing);
    await attempt('rename', path, () => fs.rename(existing, path));
  },
  async unlink(path) {
    await attempt('unlink', path, () => fs.unlink(path));
    ledger.noteUnlink(path);
  },
  mkdir: (path) => attempt('mkdir', path, () => fs.mkdir(path, directoryMode)),
  rmdir: (path) => attempt('rmdir', path, () => fs.rmdir(path)),
  async readdir(path) {
    const entries = await attempt('readdir', path, () => fs.readdir(path, { withFileTypes: true }));
    return entries.map((entry): DirectoryEntry => ({ name: entry.name, kind: kindOf(entry) }));
  },
  async stat(path) {
    try {
      return statOf(await fs.stat(path));
    } catch (error) {
      const mapped = fileSystemError('stat', path, error);
      if (mapped.code === 'not-found') return undefined;
      throw mapped;
    }
  },
  async syncDirectory(path) {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY;
    const directory = await attempt('open', path, () => openDescriptor(path, flags));
    try {
      await ledger.sync(path, () => syncDescriptor(directory));
    } finally {
      // Nothing was written to it that could be waited for.
      closeSync(directory);
    }
  },
  async freeBytes(path) {
    const { bavail, bsize } = await attempt('statfs', path, () => fs.statfs(path));
    return bavail * bsize;
  },
};

class NodeFile implements OpenFile {
  readonly path: string;
  readonly #handle: fs.FileHandle;
  #closed = false;

  constructor(path: string, handle: fs.FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    ledger.noteWrite(this.path);
    let written = 0;
    while (written < bytes.length) {
      const rest = bytes.subarray(written);
      const result = await attempt('write', this.path, () =>
        this.#handle.write(rest, 0, rest.length, position + written),
      );
      if (result.bytesWritten === 0)
        throw new StorageError('io-error', `write ${this.path}: nothing written`);
      written += result.bytesWritten;
    }
  }

  async writev(chunks: readonly Uint8Array[], position: number): Promise<void> {
    ledger.noteWrite(this.path);
    const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const { bytesWritten } = await attempt('write', this.path, () => this.#handle.writev(chunks, position));
    if (bytesWritten < total)
      await this.write(Buffer.concat(chunks).subarray(bytesWritten), position + bytesWritten);
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const at = filled;
      const { bytesRead } = await attempt('read', this.path, () =>
        this.#handle.read(into, at, into.length - at, position + at),
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  async truncate(length: number): Promise<void> {
    ledger.noteWrite(this.path);
    await attempt('truncate', this.path, () => this.#handle.truncate(length));
  }

  async sync(): Promise<void> {
    await ledger.sync(this.path, () => this.#handle.sync());
  }

  async stat(): Promise<FileStat> {
    return statOf(await attempt('stat', this.path, () => this.#handle.stat()));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await attempt('close', this.path, () => this.#handle.close());
  }
}

async function attempt<T>(operation: string, path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw fileSystemError(operation, path, error);
  }
}

function statOf(stats: Stats): FileStat {
  return { kind: kindOf(stats), size: stats.size, modifiedAt: stats.mtime };
}

function kindOf(entry: Stats | Dirent): 'file' | 'directory' | 'other' {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'directory' : 'other';
}

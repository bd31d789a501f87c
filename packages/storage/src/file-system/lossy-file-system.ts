// A file system in memory that forgets, for tests of crash safety: what was not fsynced is gone after crash(). It can
// stop at any step, ignore or fail any one fsync, and fail any one step with a code.
import { StorageError, type StorageErrorCode } from '../errors.ts';
import type { DirectoryEntry, FileStat, FileSystem, OpenFile, OpenMode } from './file-system.ts';
import { type DirectoryNode, type FileNode, type Kept, LossyTree } from './lossy-tree.ts';
import { SyncLedger } from './sync-ledger.ts';

/** Faults to plant. Steps and fsyncs are counted from 1, over the life of the file system or since {@link LossyFileSystem.restartCount}. */
export interface Faults {
  /** This fsync (of a file or a directory) says success and does nothing. */
  readonly ignoredSync?: number;
  /** This fsync fails. */
  readonly failingSync?: number;
  /** This step fails with this code and changes nothing. */
  readonly failingStep?: { readonly step: number; readonly code: StorageErrorCode };
}

/**
 * In-memory {@link FileSystem}; paths are POSIX, `/` exists. A *step* is a call that changes or fsyncs something:
 * create, write, truncate, link, rename, unlink, mkdir, rmdir, sync, syncDirectory.
 */
export class LossyFileSystem implements FileSystem {
  readonly #tree = new LossyTree();
  #ledger = new SyncLedger();
  #faults: Faults;
  #life = 0;
  #steps = 0;
  #syncs = 0;
  #openFiles = 0;
  #lastStep = Number.POSITIVE_INFINITY;

  constructor(faults: Faults = {}) {
    this.#faults = faults;
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#steps;
  }

  /** Fsyncs asked for so far, of files and directories. */
  get syncs(): number {
    return this.#syncs;
  }

  /** Files that are open now: 0 when nobody leaks. */
  get openFiles(): number {
    return this.#openFiles;
  }

  /** Makes directories that are durable at once, for setting up a test. */
  makeDirectories(path: string): void {
    this.#tree.makeDurable(path);
  }

  /** Counts steps and fsyncs from 1 again and plants these faults. */
  restartCount(faults: Faults = {}): void {
    this.#faults = faults;
    this.#steps = 0;
    this.#syncs = 0;
    this.#lastStep = Number.POSITIVE_INFINITY;
  }

  /** The machine stops when `step` steps are done: the next step, and every call after it, fails. */
  crashAfter(step: number): void {
    this.#lastStep = step;
  }

  /** Power goes and comes back: open files are dead, and of what was not fsynced only `kept` is left. */
  crash(kept: Kept = 'nothing'): void {
    this.#tree.crash(kept);
    this.kill();
  }

  /** The process is killed, the machine lives: open files are dead, nothing is lost, nothing more is durable. */
  kill(): void {
    this.#ledger = new SyncLedger();
    this.#life += 1;
    this.#openFiles = 0;
    this.restartCount();
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    this.#assertRunning(path);
    if (mode !== 'create') return this.#opened(path, this.#tree.fileAt(path), mode);
    this.#step(path);
    const node = this.#tree.create(path);
    this.#ledger.noteWrite(path);
    return this.#opened(path, node, mode);
  }

  async link(existing: string, path: string): Promise<void> {
    this.#step(path);
    this.#ledger.assertSynced(existing);
    this.#tree.link(existing, path);
  }

  async rename(existing: string, path: string): Promise<void> {
    this.#step(path);
    this.#ledger.assertSynced(existing);
    this.#tree.rename(existing, path);
  }

  async unlink(path: string): Promise<void> {
    this.#step(path);
    this.#tree.unlink(path);
    this.#ledger.noteUnlink(path);
  }

  async mkdir(path: string): Promise<void> {
    this.#step(path);
    this.#tree.mkdir(path);
  }

  async rmdir(path: string): Promise<void> {
    this.#step(path);
    this.#tree.rmdir(path);
  }

  async readdir(path: string): Promise<DirectoryEntry[]> {
    this.#assertRunning(path);
    return [...this.#tree.directoryAt(path).names].map(([name, node]) => ({ name, kind: node.kind }));
  }

  async stat(path: string): Promise<FileStat | undefined> {
    this.#assertRunning(path);
    const node = this.#tree.find(path);
    return node && statOf(node);
  }

  async syncDirectory(path: string): Promise<void> {
    const node = this.#tree.directoryAt(path);
    await this.#sync(path, () => {
      node.durableNames = new Map(node.names);
    });
  }

  async freeBytes(): Promise<number> {
    return 1024 ** 4;
  }

  #opened(path: string, node: FileNode, mode: OpenMode): OpenFile {
    const life = this.#life;
    let closed = false;
    this.#openFiles += 1;
    const assertOpen = (): void => {
      if (closed || life !== this.#life) throw new StorageError('io-error', `${path} is closed`);
      this.#assertRunning(path);
    };
    const change = (run: () => void): void => {
      assertOpen();
      if (mode === 'read') throw new StorageError('io-error', `${path} is open for reading only`);
      this.#step(path);
      this.#ledger.noteWrite(path);
      run();
      node.modifiedAt = new Date();
    };
    return {
      path,
      write: async (bytes, position) => change(() => node.content.write(bytes, position)),
      writev: async (chunks, position) => change(() => node.content.write(Buffer.concat(chunks), position)),
      truncate: async (length) => change(() => node.content.truncate(length)),
      read: async (into, position) => {
        assertOpen();
        return node.content.read(into, position);
      },
      sync: async () => {
        assertOpen();
        await this.#sync(path, () => {
          node.durableContent = node.content.copy();
        });
      },
      stat: async () => {
        assertOpen();
        return statOf(node);
      },
      close: async () => {
        if (!closed && life === this.#life) this.#openFiles -= 1;
        closed = true;
      },
    };
  }

  async #sync(path: string, makeDurable: () => void): Promise<void> {
    this.#step(path);
    this.#syncs += 1;
    const count = this.#syncs;
    await this.#ledger.sync(path, async () => {
      if (count === this.#faults.failingSync) throw new Error('planted: fsync fails');
      if (count !== this.#faults.ignoredSync) makeDurable();
    });
  }

  #step(path: string): void {
    if (this.#steps >= this.#lastStep) this.#steps = Number.POSITIVE_INFINITY;
    this.#assertRunning(path);
    this.#steps += 1;
    const failing = this.#faults.failingStep;
    if (failing?.step === this.#steps)
      throw new StorageError(failing.code, `planted: ${failing.code} at ${path}`);
  }

  #assertRunning(path: string): void {
    if (this.#steps === Number.POSITIVE_INFINITY)
      throw new StorageError('io-error', `${path}: the machine is off`);
  }
}

function statOf(node: FileNode | DirectoryNode): FileStat {
  const size = node.kind === 'file' ? node.content.length : 0;
  return { kind: node.kind, size, modifiedAt: node.modifiedAt };
}

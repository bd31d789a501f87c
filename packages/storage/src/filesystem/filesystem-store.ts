// The object store on a POSIX file system: an object is a file, its key the path below the root. Objects appear by
// link(), which never overwrites, and only whole; nothing is acknowledged before file and names are fsynced.
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { abortedError, throwIfAborted } from '../abort.ts';
import { isStorageError, StorageError } from '../errors.ts';
import { FileRangeReadable } from '../file-system/file-range-readable.ts';
import type { FileStat, FileSystem, OpenFile } from '../file-system/file-system.ts';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import { assertKey } from '../key.ts';
import { awaitingConsumer } from '../late-consumer.ts';
import type {
  ByteRange,
  ListOptions,
  ObjectStat,
  ObjectStore,
  RangeOptions,
  RangeReads,
  SealedFile,
  StoreMaintenance,
} from '../object-store.ts';
import { maximumPutBytes } from '../object-store.ts';
import { assertRange, assertShortRange, newMemory, rangeWithin } from '../range.ts';
import { type KeptFile, KeptFiles } from './kept-files.ts';
import { listObjects } from './list-objects.ts';
import { StoreFolder } from './store-folder.ts';

/** What {@link createFilesystemStore} needs. */
export interface FilesystemStoreOptions {
  /** Absolute path of the folder that holds the objects; made at the first use, below a folder that exists. */
  readonly root: string;
  /** Default: {@link nodeFileSystem}. */
  readonly fileSystem?: FileSystem;
  /** Names of temporary files; default `randomUUID`. */
  readonly newId?: () => string;
  /**
   * Whether a store may begin in a folder that is empty or not there: asked while nothing tells that one is. Default:
   * it may. Whoever remembers objects says no; then everything is `unavailable` until the disk is mounted again.
   */
  readonly mayBegin?: () => Promise<boolean>;
  /** Told when a temporary file could not be removed; {@link StoreMaintenance.removeUnfinished} finds it later. */
  readonly onCleanupFailure?: (error: unknown) => void;
}

/** An object store in the folder `root`, on the same file system as the spool ({@link assertSameFileSystem}). */
export function createFilesystemStore(
  options: FilesystemStoreOptions,
): ObjectStore & StoreMaintenance & RangeReads {
  return new FilesystemStore(options);
}

/** Folder below the root for files that are not objects yet; no key begins with a dot. */
export const temporaryFolder = '.tmp';

class FilesystemStore implements ObjectStore, StoreMaintenance, RangeReads {
  readonly kind = 'filesystem';
  readonly #root: string;
  readonly #temporary: string;
  readonly #fileSystem: FileSystem;
  readonly #folder: StoreFolder;
  readonly #kept: KeptFiles;
  readonly #newId: () => string;
  readonly #onCleanupFailure: (error: unknown) => void;
  #temporaryFolderMade = false;

  constructor(options: FilesystemStoreOptions) {
    this.#root = options.root;
    this.#temporary = join(options.root, temporaryFolder);
    this.#fileSystem = options.fileSystem ?? nodeFileSystem();
    this.#folder = new StoreFolder({
      root: options.root,
      fileSystem: this.#fileSystem,
      mayBegin: options.mayBegin ?? (async () => true),
    });
    this.#newId = options.newId ?? randomUUID;
    this.#onCleanupFailure = options.onCleanupFailure ?? (() => undefined);
    this.#kept = new KeptFiles({
      open: (key) => this.#openToRead(key),
      onCloseFailure: this.#onCleanupFailure,
    });
  }

  async putFile(key: string, file: SealedFile, signal?: AbortSignal): Promise<void> {
    assertKey(key);
    throwIfAborted(signal, `putFile ${key}`);
    const found = await this.#fileSystem.stat(file.path);
    if (found?.kind !== 'file' || found.size !== file.size) {
      const is = found === undefined ? 'is not there' : `has ${found.size} bytes`;
      throw new StorageError('not-sealed', `${file.path} ${is}, stated are ${file.size}`);
    }
    await this.#publish(file.path, key);
  }

  async putBytes(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    assertKey(key);
    if (bytes.length > maximumPutBytes) {
      throw new StorageError(
        'invalid-argument',
        `${key}: putBytes takes ${maximumPutBytes} bytes, not ${bytes.length}`,
      );
    }
    throwIfAborted(signal, `putBytes ${key}`);
    await this.#withTemporaryFile(bytes, (path) => this.#publish(path, key));
  }

  async stat(key: string): Promise<ObjectStat | undefined> {
    assertKey(key);
    const found = (await this.#fileSystem.stat(this.#pathOf(key))) ?? (await this.#statAgain(key));
    if (found?.kind !== 'file') return undefined;
    return { key, size: found.size, lastModified: found.modifiedAt };
  }

  async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Readable> {
    assertKey(key);
    if (range !== undefined) assertRange(range);
    throwIfAborted(signal, `read ${key}`);
    const { file, size } = await this.#openToRead(key);
    try {
      const stream = awaitingConsumer(new FileRangeReadable(file, rangeWithin(key, size, range)));
      if (signal !== undefined) destroyOnAbort(stream, signal, `read ${key}`);
      return stream;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async readRange(key: string, range: ByteRange, options: RangeOptions = {}): Promise<Buffer> {
    const { signal, allocate = newMemory } = options;
    assertKey(key);
    assertShortRange(range);
    throwIfAborted(signal, `read ${key}`);
    return this.#kept.use(key, async ({ file, size }) => {
      const { offset, length } = rangeWithin(key, size, range);
      const bytes = allocate(length);
      const filled = await file.read(bytes, offset);
      if (filled === length) return bytes;
      throw new StorageError('short-read', `${key} ends at ${offset + filled}, had ${size} bytes`);
    });
  }

  list(prefix: string, options: ListOptions = {}): AsyncIterable<ObjectStat> {
    return this.#list(prefix, options);
  }

  async delete(key: string): Promise<void> {
    assertKey(key);
    const path = this.#pathOf(key);
    this.#kept.forget(key);
    try {
      await this.#fileSystem.unlink(path);
    } catch (error) {
      if (!isStorageError(error, 'not-found')) throw error;
      await this.#folder.assertThere();
    }
    // Also when it was absent: whoever removed it may have died before this fsync.
    const directory = dirname(path);
    if ((await this.#fileSystem.stat(directory)) !== undefined)
      await this.#fileSystem.syncDirectory(directory);
  }

  async check(signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal, 'check');
    await this.#withTemporaryFile(Buffer.from('writable?'), async () => undefined);
  }

  async settle(key: string): Promise<void> {
    if ((await this.stat(key)) === undefined) throw new StorageError('not-found', `no object ${key}`);
    const directory = dirname(this.#pathOf(key));
    await this.#folder.ensure(directory);
    await this.#fileSystem.syncDirectory(directory);
  }

  async removeUnfinished(before: Date, signal?: AbortSignal): Promise<number> {
    if ((await this.#fileSystem.stat(this.#temporary)) === undefined) return 0;
    let removed = 0;
    for (const { name } of await this.#fileSystem.readdir(this.#temporary)) {
      throwIfAborted(signal, 'removeUnfinished');
      const path = join(this.#temporary, name);
      const found = await this.#fileSystem.stat(path);
      if (found?.kind !== 'file' || found.modifiedAt >= before) continue;
      await this.#fileSystem.unlink(path);
      removed += 1;
    }
    return removed;
  }

  /** Gives a finished file its name as an object, durably. The order matters: directories, name, fsync of the name. */
  async #publish(path: string, key: string): Promise<void> {
    const target = this.#pathOf(key);
    const directory = dirname(target);
    await this.#folder.ensure(directory);
    try {
      await this.#fileSystem.link(path, target);
    } catch (error) {
      if (!isStorageError(error, 'not-found')) throw error;
      this.#folder.forget();
      await this.#folder.ensure(directory);
      await this.#fileSystem.link(path, target);
    }
    // Its disk may have gone in between: what was linked into the empty mount point is not stored.
    await Promise.all([this.#fileSystem.syncDirectory(directory), this.#folder.assertThere()]);
  }

  async #openToRead(key: string): Promise<KeptFile> {
    const file = await this.#openObject(key);
    try {
      const { kind, size } = await file.stat();
      if (kind !== 'file') throw new StorageError('not-found', `no object ${key}`);
      return { file, size };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** What is not found where the store itself is not is not missing; its disk may have come back just now. */
  async #openObject(key: string): Promise<OpenFile> {
    const path = this.#pathOf(key);
    try {
      return await this.#fileSystem.open(path, 'read');
    } catch (error) {
      if (!isStorageError(error, 'not-found')) throw error;
      await this.#folder.assertThere();
      return this.#fileSystem.open(path, 'read');
    }
  }

  async #statAgain(key: string): Promise<FileStat | undefined> {
    await this.#folder.assertThere();
    return this.#fileSystem.stat(this.#pathOf(key));
  }

  /** Asked after it as well: a list that ended because the disk went away says nothing. */
  async *#list(prefix: string, options: ListOptions): AsyncGenerator<ObjectStat> {
    await this.#folder.assertThere();
    yield* listObjects(this.#fileSystem, this.#root, prefix, options);
    await this.#folder.assertThere();
  }

  async #withTemporaryFile(bytes: Uint8Array, use: (path: string) => Promise<void>): Promise<void> {
    await this.#makeTemporaryFolder();
    const path = join(this.#temporary, this.#newId());
    const file = await this.#fileSystem.open(path, 'create');
    try {
      try {
        await file.write(bytes, 0);
        await file.sync();
      } finally {
        await file.close();
      }
      await use(path);
    } finally {
      await this.#fileSystem.unlink(path).catch(this.#onCleanupFailure);
    }
  }

  /** Not fsynced: what is in it is of no use after a crash. */
  async #makeTemporaryFolder(): Promise<void> {
    await this.#folder.ensureRoot();
    if (this.#temporaryFolderMade) return;
    try {
      await this.#fileSystem.mkdir(this.#temporary);
    } catch (error) {
      if (!isStorageError(error, 'exists')) throw error;
    }
    this.#temporaryFolderMade = true;
  }

  #pathOf(key: string): string {
    return join(this.#root, key);
  }
}

function destroyOnAbort(stream: Readable, signal: AbortSignal, what: string): void {
  const onAbort = (): void => void stream.destroy(abortedError(signal, what));
  signal.addEventListener('abort', onAbort, { once: true });
  stream.once('close', () => signal.removeEventListener('abort', onAbort));
}

// What is done to bytes on their way to the disk, counted: how often each is hashed, written, read and made durable is
// what the cost of storing comes to.
import type { FileSystem, OpenFile } from './file-system/file-system.ts';

/** Told of work, as it is done. */
export interface IoCounts {
  /** Bytes that went through SHA-256 on their way into segments and quarantine. */
  hashed(bytes: number): void;
  /** Bytes that were handed to the operating system to be written: its copy is the only one. */
  written(bytes: number): void;
  /** Bytes that were asked back from it. */
  read(bytes: number): void;
  /** An fsync. */
  synced(what: 'file' | 'directory'): void;
}

/** The same file system; what is done by it is counted. */
export function countedFileSystem(inner: FileSystem, counts: IoCounts): FileSystem {
  return {
    open: async (path, mode) => new CountedFile(await inner.open(path, mode), counts),
    link: (existing, path) => inner.link(existing, path),
    rename: (existing, path) => inner.rename(existing, path),
    unlink: (path) => inner.unlink(path),
    mkdir: (path) => inner.mkdir(path),
    rmdir: (path) => inner.rmdir(path),
    readdir: (path) => inner.readdir(path),
    stat: (path) => inner.stat(path),
    syncDirectory: (path) => {
      counts.synced('directory');
      return inner.syncDirectory(path);
    },
    freeBytes: (path) => inner.freeBytes(path),
  };
}

class CountedFile implements OpenFile {
  readonly path: string;
  readonly #file: OpenFile;
  readonly #counts: IoCounts;

  constructor(file: OpenFile, counts: IoCounts) {
    this.path = file.path;
    this.#file = file;
    this.#counts = counts;
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    this.#counts.written(bytes.length);
    return this.#file.write(bytes, position);
  }

  writev(chunks: readonly Uint8Array[], position: number): Promise<void> {
    this.#counts.written(chunks.reduce((sum, { length }) => sum + length, 0));
    return this.#file.writev(chunks, position);
  }

  read(into: Uint8Array, position: number): Promise<number> {
    this.#counts.read(into.length);
    return this.#file.read(into, position);
  }

  truncate(length: number): Promise<void> {
    return this.#file.truncate(length);
  }

  sync(): Promise<void> {
    this.#counts.synced('file');
    return this.#file.sync();
  }

  stat(): ReturnType<OpenFile['stat']> {
    return this.#file.stat();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

// The file system port: the few operations that the spool and the filesystem store need, with what a crash leaves of
// them spelled out. nodeFileSystem() is the real one; LossyFileSystem (testing) forgets whatever was not fsynced.

/** What {@link FileSystem.stat} tells. `size` in bytes. */
export interface FileStat {
  readonly kind: 'file' | 'directory' | 'other';
  readonly size: number;
  readonly modifiedAt: Date;
}

/** A name in a directory. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'other';
}

/**
 * How a file is opened: `read` an existing one; `create` one that must not exist, for reading and writing; `modify`
 * an existing one, for reading and writing.
 */
export type OpenMode = 'read' | 'create' | 'modify';

/** An open file. Positions and lengths are bytes from the start of the file. */
export interface OpenFile {
  readonly path: string;
  /** Writes all of `bytes` at `position`. Survives a crash only after {@link sync}. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** As {@link write}, for many chunks one after the other: one call to the system where it can. */
  writev(chunks: readonly Uint8Array[], position: number): Promise<void>;
  /** Fills `into` from `position`; returns the bytes read, fewer than asked only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Cuts or extends the file to `length`. */
  truncate(length: number): Promise<void>;
  /**
   * fsync: on return the file's bytes and length survive a crash (its *name* only after
   * {@link FileSystem.syncDirectory}). Once it failed for a file, it fails for that file until the file is unlinked
   * or the process ends, without asking the kernel again, which might then say success about lost pages.
   * Error: `sync-failed`.
   */
  sync(): Promise<void>;
  stat(): Promise<FileStat>;
  /** Closes the file; a second call does nothing. */
  close(): Promise<void>;
}

/**
 * A file system. Paths are absolute. Everything rejects with a `StorageError`: `not-found`, `exists`, `no-space`,
 * `read-only`, `too-many-open-files`, `access-denied`, `different-file-system`, `io-error`.
 */
export interface FileSystem {
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  /**
   * Gives the file at `existing` a second name. `exists` if that is taken, whatever holds it. `not-sealed` if this
   * process wrote to the file and has not fsynced it since. Survives a crash only after {@link syncDirectory}.
   */
  link(existing: string, path: string): Promise<void>;
  /**
   * Gives a file another name instead of its own, which must be free: what has it is replaced. `not-sealed` as for
   * {@link link}. After a crash it has the one or the other, until {@link syncDirectory}.
   */
  rename(existing: string, path: string): Promise<void>;
  /** Removes a name; `not-found` if there is none. */
  unlink(path: string): Promise<void>;
  /** Makes one directory whose parent exists; `exists` if the name is taken. */
  mkdir(path: string): Promise<void>;
  /** Removes an empty directory. */
  rmdir(path: string): Promise<void>;
  /** The names in a directory, in no order. */
  readdir(path: string): Promise<DirectoryEntry[]>;
  /** What the name leads to, or undefined if there is no such name. */
  stat(path: string): Promise<FileStat | undefined>;
  /**
   * fsync of a directory: on return the names made in it and removed from it stay so after a crash. Once it failed
   * for a directory it fails until the process ends. Error: `sync-failed`.
   */
  syncDirectory(path: string): Promise<void>;
  /** Bytes that can still be written where `path` lies. */
  freeBytes(path: string): Promise<number>;
}

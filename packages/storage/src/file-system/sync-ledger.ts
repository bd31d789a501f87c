// Remembers, per path, what this process wrote and has not fsynced, and where fsync failed. After a failed fsync
// Linux drops the dirty pages and the next fsync says success: so there must be no next one.
import { StorageError } from '../errors.ts';

/** What is known about fsync in one file system; shared by all its open files. */
export class SyncLedger {
  readonly #unsynced = new Map<string, number>();
  readonly #failed = new Set<string>();
  #writes = 0;

  /** A write to the file begins. */
  noteWrite(path: string): void {
    this.#writes += 1;
    this.#unsynced.set(path, this.#writes);
  }

  /** The name is gone: a later file of this name is another file. */
  noteUnlink(path: string): void {
    this.#unsynced.delete(path);
    this.#failed.delete(path);
  }

  /** Throws `not-sealed` if bytes written to the file may not be on disk. */
  assertSynced(path: string): void {
    if (!this.#unsynced.has(path) && !this.#failed.has(path)) return;
    throw new StorageError('not-sealed', `${path} was written to after its last successful fsync`);
  }

  /** Runs `sync` unless it failed for this path before; what was written before it began is then on disk. */
  async sync(path: string, sync: () => Promise<void>): Promise<void> {
    if (this.#failed.has(path)) {
      throw new StorageError(
        'sync-failed',
        `${path}: fsync failed before and is not asked again; write it anew`,
      );
    }
    const before = this.#unsynced.get(path);
    try {
      await sync();
    } catch (error) {
      this.#failed.add(path);
      throw new StorageError('sync-failed', `${path}: fsync failed; what was written to it may be lost`, {
        cause: error,
      });
    }
    if (before !== undefined && this.#unsynced.get(path) === before) this.#unsynced.delete(path);
  }
}

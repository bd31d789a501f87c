// Makes directories that survive a crash, and remembers which do, so that a put into a known one costs no fsync.
import { dirname } from 'node:path';
import { isStorageError } from '../errors.ts';
import type { FileSystem } from './file-system.ts';

/** How many directories are remembered; past it all are forgotten, which costs some fsyncs and nothing else. */
const maximumKnown = 100_000;

/**
 * Directories at and below `root`. One that is merely *there* may have been made by a process that died before its
 * fsync, so each is fsynced into its parent once per process, by whoever meets it first.
 */
export class DurableDirectories {
  readonly #root: string;
  readonly #fileSystem: FileSystem;
  readonly #known = new Set<string>();

  constructor(root: string, fileSystem: FileSystem) {
    this.#root = root;
    this.#fileSystem = fileSystem;
  }

  /** Whether {@link ensure} has done its work for `path` already. */
  has(path: string): boolean {
    return this.#known.has(path);
  }

  /** On return `path`, which is the root or lies below it, exists and survives a crash. */
  async ensure(path: string): Promise<void> {
    if (this.#known.has(path)) return;
    const parent = dirname(path);
    if (path === this.#root) await this.#ensureAbove(parent);
    else await this.ensure(parent);
    await this.#makeIfAbsent(path);
    await this.#fileSystem.syncDirectory(parent);
    if (this.#known.size >= maximumKnown) this.#known.clear();
    this.#known.add(path);
  }

  /** Asks anew of every directory. */
  forget(): void {
    this.#known.clear();
  }

  /** Above the root a directory that is there was put there by the operator; only new ones are fsynced. */
  async #ensureAbove(path: string): Promise<void> {
    if ((await this.#fileSystem.stat(path)) !== undefined) return;
    const parent = dirname(path);
    await this.#ensureAbove(parent);
    await this.#makeIfAbsent(path);
    await this.#fileSystem.syncDirectory(parent);
  }

  async #makeIfAbsent(path: string): Promise<void> {
    try {
      await this.#fileSystem.mkdir(path);
    } catch (error) {
      if (!isStorageError(error, 'exists')) throw error;
    }
  }
}

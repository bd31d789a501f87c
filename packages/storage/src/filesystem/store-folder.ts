// The folder of a filesystem store, told from the empty mount point that is left when its disk is away: objects must
// never be written beside the archive, nor be taken for missing because nothing is mounted.
import { join } from 'node:path';
import { isStorageError, StorageError } from '../errors.ts';
import { DurableDirectories } from '../file-system/durable-directories.ts';
import type { FileSystem } from '../file-system/file-system.ts';

/** Empty file in the root that says: this is an object store. No key begins with a dot. */
export const storeMarker = '.sandyq-store';

/** What {@link StoreFolder} needs. */
export interface StoreFolderOptions {
  readonly root: string;
  readonly fileSystem: FileSystem;
  /** Whether a store may begin in a folder that is empty: not if somebody remembers objects. */
  readonly mayBegin: () => Promise<boolean>;
}

/** Root, marker and the folders below, which survive a crash once they are used. */
export class StoreFolder {
  readonly #options: StoreFolderOptions;
  readonly #directories: DurableDirectories;
  /** The marker was seen: from then on its absence means that the disk is away. */
  #isKnown = false;

  constructor(options: StoreFolderOptions) {
    this.#options = options;
    this.#directories = new DurableDirectories(options.root, options.fileSystem);
  }

  /**
   * Makes sure that the store is there, and begins it where there is none yet. Errors: `unavailable` if its disk is
   * away.
   */
  async ensureRoot(): Promise<void> {
    await this.assertThere();
    if (this.#isKnown) return;
    await this.#directories.ensure(this.#options.root);
    await this.#mark();
    this.#isKnown = true;
  }

  /** Makes sure that the folder exists and survives a crash, and before that of the store itself. Costs nothing where it did. */
  async ensure(folder: string): Promise<void> {
    if (this.#isKnown && this.#directories.has(folder)) return;
    await this.ensureRoot();
    await this.#directories.ensure(folder);
  }

  /** Folders that were made may have gone, with the disk or by hand: they are made again. */
  forget(): void {
    this.#directories.forget();
  }

  /** Throws `unavailable` if there was a store, or must be one, and it is not there. For whoever found nothing. */
  async assertThere(): Promise<void> {
    const { root, mayBegin } = this.#options;
    if (await this.#isMarked()) return;
    if (!this.#isKnown && ((await this.#hasContent()) || (await mayBegin()))) return;
    // Somebody else may have begun it meanwhile, and have stored what is remembered now.
    if (await this.#isMarked()) return;
    throw new StorageError(
      'unavailable',
      `${root} is not the object store: is its disk mounted? (If the store is to begin anew, make an empty file ${storeMarker} in it.)`,
    );
  }

  async #isMarked(): Promise<boolean> {
    const { root, fileSystem } = this.#options;
    if ((await fileSystem.stat(join(root, storeMarker))) === undefined) return false;
    this.#isKnown = true;
    return true;
  }

  /** Not fsynced: after a crash that takes it away, the objects tell as much, or there are none. */
  async #mark(): Promise<void> {
    const { root, fileSystem } = this.#options;
    try {
      const file = await fileSystem.open(join(root, storeMarker), 'create');
      await file.close();
    } catch (error) {
      if (!isStorageError(error, 'exists')) throw error;
    }
  }

  /** A store of an earlier version has objects and no marker. */
  async #hasContent(): Promise<boolean> {
    const { root, fileSystem } = this.#options;
    try {
      return (await fileSystem.readdir(root)).some(({ name }) => !name.startsWith('.'));
    } catch (error) {
      if (isStorageError(error, 'not-found')) return false;
      throw error;
    }
  }
}

/**
 * Copies the objects of a filesystem store to another folder, or back. Objects never change, so one that is there is left
 * alone, and on the same file system a second name for it is enough.
 */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import {
  createFilesystemStore,
  type FileSystem,
  isStorageError,
  makeDurableDirectory,
  type ObjectStat,
  type ObjectStore,
} from '@sandyq/storage';
import { StandaloneError } from '../errors.ts';
import { copyFile } from './copy-file.ts';
import { eachAtOnce } from './each-at-once.ts';

/** What {@link copyObjects} needs. */
export interface CopyObjectsOptions {
  /** Absolute path of the folder with the objects. */
  readonly from: string;
  /** Absolute path of the folder that gets them; made if absent. */
  readonly to: string;
  readonly fileSystem: FileSystem;
  /** False: never a second name, as where the copies are to belong to another user. Default: true. */
  readonly mayLink?: boolean | undefined;
  readonly onProgress?: ((report: ObjectsReport) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of the objects. */
export interface ObjectsReport {
  readonly listed: number;
  /** Was there already, with the same size. */
  readonly present: number;
  /** Got a second name on the same file system. */
  readonly linked: number;
  readonly copied: number;
  /** Bytes that were written. */
  readonly bytesCopied: number;
  /** Keys of objects that are there with another size: one of the two is damaged. Neither was touched. */
  readonly different: readonly string[];
}

const OBJECTS_AT_ONCE = 8;
/** Of the filesystem store: what is in it is no object. */
const TEMPORARY_FOLDER = '.tmp';

/** May be repeated at any time; goes on where it ended. What is deleted meanwhile is passed over. */
export async function copyObjects(options: CopyObjectsOptions): Promise<ObjectsReport> {
  const { from, to, fileSystem } = options;
  assertApart(from, to);
  await makeDurableDirectory(to, fileSystem);
  await mkdir(path.join(to, TEMPORARY_FOLDER), { recursive: true, mode: 0o750 });
  const copy = new ObjectsCopy(options);
  // An empty folder is a disk that is not mounted: to copy nothing would look like success.
  const mayBegin = (): Promise<boolean> => Promise.resolve(false);
  const objects = createFilesystemStore({ root: from, fileSystem, mayBegin }).list('');
  await eachAtOnce(OBJECTS_AT_ONCE, objects, (object) => copy.take(object));
  return copy.report;
}

function assertApart(from: string, to: string): void {
  const [one, other] = [`${from}${path.sep}`, `${to}${path.sep}`];
  if (!one.startsWith(other) && !other.startsWith(one)) return;
  throw new StandaloneError('backup-folder', `${from} and ${to} must be folders apart.`);
}

class ObjectsCopy {
  report: ObjectsReport = { listed: 0, present: 0, linked: 0, copied: 0, bytesCopied: 0, different: [] };
  readonly #options: CopyObjectsOptions;
  readonly #target: ObjectStore;

  constructor(options: CopyObjectsOptions) {
    this.#options = options;
    this.#target = createFilesystemStore({ root: options.to, fileSystem: options.fileSystem });
  }

  async take(object: ObjectStat): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const there = await this.#target.stat(object.key);
    if (there === undefined) return this.#bring(object);
    if (there.size === object.size) return this.#count({ present: this.report.present + 1 });
    this.#count({ different: [...this.report.different, object.key] });
  }

  async #bring({ key, size }: ObjectStat): Promise<void> {
    const source = path.join(this.#options.from, key);
    try {
      if (this.#options.mayLink !== false && (await this.#link(source, key, size))) {
        return this.#count({ linked: this.report.linked + 1 });
      }
      if (await this.#copy(source, key)) {
        const { bytesCopied, copied } = this.report;
        this.#count({ copied: copied + 1, bytesCopied: bytesCopied + size });
      }
    } catch (error) {
      // Two runs at once: the other one brought it.
      if (!isStorageError(error, 'exists')) throw error;
      this.#count({ present: this.report.present + 1 });
    }
  }

  /** False where the folders are on different file systems, or the system allows no second name. */
  async #link(source: string, key: string, size: number): Promise<boolean> {
    try {
      await this.#target.putFile(key, { path: source, size });
      return true;
    } catch (error) {
      const isHindered = ['different-file-system', 'access-denied', 'not-sealed'].some(
        (code) => isStorageError(error) && error.code === code,
      );
      if (isHindered) return false;
      throw error;
    }
  }

  /** False if it has been deleted meanwhile. */
  async #copy(source: string, key: string): Promise<boolean> {
    const { fileSystem, to, signal } = this.#options;
    const temporary = path.join(to, TEMPORARY_FOLDER, randomUUID());
    const onBytes = (): void => signal?.throwIfAborted();
    try {
      const copied = await copyFile(source, temporary, { fileSystem, onBytes });
      if (copied === undefined) return false;
      await this.#target.putFile(key, { path: temporary, size: copied.size });
      return true;
    } finally {
      await this.#removeTemporary(temporary);
    }
  }

  async #removeTemporary(temporary: string): Promise<void> {
    try {
      await this.#options.fileSystem.unlink(temporary);
    } catch (error) {
      if (!isStorageError(error, 'not-found')) throw error;
    }
  }

  #count(changed: Partial<ObjectsReport>): void {
    this.report = { ...this.report, ...changed, listed: this.report.listed + 1 };
    this.#options.onProgress?.(this.report);
  }
}

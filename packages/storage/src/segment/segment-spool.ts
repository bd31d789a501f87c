// The folder where segments grow before they are objects. Each process has a folder of its own in it, so that what a
// dead one left can be told from what a living one is writing.
import { dirname, join } from 'node:path';
import { isStorageError } from '../errors.ts';
import type { FileSystem } from '../file-system/file-system.ts';
import type { IoCounts } from '../io-counts.ts';
import { LooseFileWriter } from './loose-file.ts';
import { assertSegmentHeader } from './parse-receipt.ts';
import type { SegmentHeader } from './receipt.ts';
import { ScratchFile } from './scratch-file.ts';
import { type SegmentOverflow, SegmentWriter } from './segment-writer.ts';
import { SpoolFile, unsealedSuffix } from './spool-file.ts';
import { currentProcess, encodeOwner, ownerFileName, type ProcessIdentity } from './spool-owner.ts';

/** What a spool needs. */
export interface SegmentSpoolOptions {
  /** Absolute path of the spool folder, the same for all processes of a machine. */
  readonly directory: string;
  readonly fileSystem: FileSystem;
  /** Ids of segments and of this owner: UUIDs of version 7. */
  readonly newId: () => string;
  /** Program and version for the receipts. Default: `sandyq`. */
  readonly software?: string;
  /** Told of the bytes that are hashed. */
  readonly counts?: Pick<IoCounts, 'hashed'>;
  /** Who this process is; another one in tests. */
  readonly identity?: () => Promise<ProcessIdentity>;
}

/** This process's part of the spool. */
export class SegmentSpool {
  /** Name of this process's folder. */
  readonly owner: string;
  readonly #options: SegmentSpoolOptions;
  readonly #directory: string;
  readonly #onHashed: (bytes: number) => void;
  #claim: Promise<void> | undefined;

  constructor(options: SegmentSpoolOptions) {
    const { counts } = options;
    this.#options = options;
    this.#onHashed = (bytes) => counts?.hashed(bytes);
    this.owner = options.newId();
    this.#directory = join(options.directory, this.owner);
  }

  /** Begins a segment. Errors: `invalid-argument` for a header no receipt could hold; the file system's. */
  async create(header: SegmentHeader, overflow?: SegmentOverflow): Promise<SegmentWriter> {
    assertSegmentHeader(header);
    const id = this.#options.newId();
    const file = await this.#createFile(`${id}.tar${unsealedSuffix}`);
    const { software = 'sandyq' } = this.#options;
    return new SegmentWriter({ id, header, file, overflow, software, onHashed: this.#onHashed });
  }

  /** Begins a file for bytes that go to quarantine. */
  async createLoose(): Promise<LooseFileWriter> {
    const file = await this.#createFile(`${this.#options.newId()}.loose${unsealedSuffix}`);
    return new LooseFileWriter(file, this.#onHashed);
  }

  /** Begins a file for what is read again before the request ends, and is no object then. */
  async createScratch(): Promise<ScratchFile> {
    return new ScratchFile(await this.#createFile(`${this.#options.newId()}.loose${unsealedSuffix}`));
  }

  /** Removes a sealed file once the object store has it, or nobody wants it any more. */
  async remove({ path }: { readonly path: string }): Promise<void> {
    await this.#options.fileSystem.unlink(path);
  }

  /** Gives this process's folder back, if it is empty; else a sweep will, once the process is dead. */
  async close(): Promise<void> {
    if (this.#claim === undefined) return;
    await this.#claim;
    this.#claim = undefined;
    await removeOwnerFolder(this.#options.fileSystem, this.#directory);
  }

  async #createFile(name: string): Promise<SpoolFile> {
    this.#claim ??= this.#claimFolder();
    try {
      await this.#claim;
    } catch (error) {
      this.#claim = undefined;
      throw error;
    }
    return SpoolFile.create(this.#options.fileSystem, join(this.#directory, name));
  }

  /**
   * Its owner is durable before the first spool file is made: after a crash the folder still says whose it was. That
   * the folder itself is there then is not needed: nothing in the spool was acknowledged.
   */
  async #claimFolder(): Promise<void> {
    const { directory, fileSystem, identity = currentProcess } = this.#options;
    await makeDirectories(directory, fileSystem);
    await makeDirectory(this.#directory, fileSystem);
    const path = join(this.#directory, ownerFileName);
    if ((await fileSystem.stat(path)) !== undefined) await fileSystem.unlink(path);
    const file = await fileSystem.open(path, 'create');
    try {
      await file.write(encodeOwner(await identity()), 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await fileSystem.syncDirectory(this.#directory);
  }
}

async function makeDirectories(path: string, fileSystem: FileSystem): Promise<void> {
  if ((await fileSystem.stat(path)) !== undefined) return;
  await makeDirectories(dirname(path), fileSystem);
  await makeDirectory(path, fileSystem);
}

async function makeDirectory(path: string, fileSystem: FileSystem): Promise<void> {
  try {
    await fileSystem.mkdir(path);
  } catch (error) {
    if (!isStorageError(error, 'exists')) throw error;
  }
}

/** Removes an owner's folder if nothing but the owner's file is in it. Another sweeper may be quicker. */
export async function removeOwnerFolder(fileSystem: FileSystem, directory: string): Promise<boolean> {
  try {
    const names = await fileSystem.readdir(directory);
    if (names.some(({ name }) => name !== ownerFileName)) return false;
    if (names.length > 0) await fileSystem.unlink(join(directory, ownerFileName));
    await fileSystem.rmdir(directory);
  } catch (error) {
    if (!isStorageError(error, 'not-found')) throw error;
  }
  return true;
}

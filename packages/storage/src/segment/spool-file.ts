// A file that is written from its start to its end, in batches: chunks are kept by reference and written many at a
// time, so that a byte is neither copied nor waited for one by one.
import { StorageError } from '../errors.ts';
import type { FileSystem, OpenFile } from '../file-system/file-system.ts';

/** A batch is written when it has this many bytes: a CT instance with its tar header fits … */
export const batchBytes = 1024 * 1024;

/** … or this many chunks: a small one may hold a whole network buffer in memory. */
const batchChunks = 128;

const readBytes = 256 * 1024;

/** Ends the name of a file that is not sealed yet. */
export const unsealedSuffix = '.part';

/** Name of the same file once it is sealed. */
export function sealedPathOf(unsealedPath: string): string {
  return unsealedPath.slice(0, -unsealedSuffix.length);
}

/**
 * The writer's end of a spool file. At most two batches are in memory: one being written, one being gathered.
 * A failed write is final: everything after it rejects with the same error, except {@link discard}.
 */
export class SpoolFile {
  readonly #fileSystem: FileSystem;
  readonly #file: OpenFile;
  #batch: Uint8Array[] = [];
  /** Position of the first byte of the batch. */
  #batchStart = 0;
  #length = 0;
  #writing: Promise<void> | undefined;
  #failure: Error | undefined;
  /** So many bytes are on disk already. */
  #synced = 0;
  #path: string;

  private constructor(fileSystem: FileSystem, file: OpenFile) {
    this.#path = file.path;
    this.#fileSystem = fileSystem;
    this.#file = file;
  }

  /** Makes the file; its name must be free. */
  static async create(fileSystem: FileSystem, path: string): Promise<SpoolFile> {
    return new SpoolFile(fileSystem, await fileSystem.open(path, 'create'));
  }

  /** Where the file is. */
  get path(): string {
    return this.#path;
  }

  /** Bytes appended so far, written or not. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds a chunk, which nobody may change from now on. Returns a promise only when the disk is behind: wait for it
   * before the next chunk.
   */
  append(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (chunk.length === 0) return undefined;
    this.#batch.push(chunk);
    this.#length += chunk.length;
    if (this.#length - this.#batchStart < batchBytes && this.#batch.length < batchChunks) return undefined;
    if (this.#writing !== undefined) return this.#writeAfterCurrent();
    this.#startWriting();
    return undefined;
  }

  /** Starts writing what was gathered, unless a write is under way: nothing more may come for a while. */
  flushSoon(): void {
    if (this.#writing === undefined && this.#failure === undefined && this.#batch.length > 0)
      this.#startWriting();
  }

  /** Writes over what was appended as one chunk of the same length at `position`. */
  async patch(position: number, bytes: Uint8Array): Promise<void> {
    const waiting = this.#waitingChunkAt(position);
    if (waiting !== undefined) {
      waiting.set(bytes);
      return;
    }
    await this.#settle();
    await this.#attempt(this.#file.write(bytes, position));
  }

  /** Takes back everything from `length` on. */
  async truncate(length: number): Promise<void> {
    await this.#settle();
    while (this.#length > Math.max(length, this.#batchStart)) this.#length -= this.#batch.pop()?.length ?? 0;
    if (this.#length < length) throw new StorageError('invalid-argument', `no chunk begins at ${length}`);
    if (this.#length === length) return;
    await this.#attempt(this.#file.truncate(length));
    this.#length = length;
    this.#batchStart = length;
  }

  /** The bytes [offset, offset + length), in chunks that the caller may keep. */
  async *read(offset: number, length: number): AsyncGenerator<Buffer> {
    await this.flush();
    for (let position = offset; position < offset + length; ) {
      const chunk = Buffer.allocUnsafeSlow(Math.min(readBytes, offset + length - position));
      const count = await this.#file.read(chunk, position);
      if (count !== chunk.length)
        throw new StorageError('short-read', `${this.path} ends before byte ${offset + length}`);
      yield chunk;
      position += count;
    }
  }

  /** Hands everything to the operating system. */
  async flush(): Promise<void> {
    await this.#settle();
    if (this.#batch.length > 0) this.#startWriting();
    await this.#settle();
  }

  /** Flushes and fsyncs what was appended, if `bytes` of it are not on disk yet. `sync-failed` is final. */
  async syncBeyond(bytes: number): Promise<void> {
    const length = this.#length;
    if (length - this.#synced < bytes) return;
    await this.flush();
    await this.#attempt(this.#file.sync());
    this.#synced = length;
  }

  /**
   * Flushes, fsyncs once and closes; on return the bytes survive a crash. `sync-failed` is final. Only then the file
   * takes the name `sealedPath`, so that a file of this name is known to have been fsynced with success.
   */
  async seal(sealedPath: string): Promise<void> {
    await this.flush();
    try {
      await this.#attempt(this.#file.sync());
    } catch (error) {
      await this.#file.close();
      throw error;
    }
    await Promise.all([this.#file.close(), this.#rename(sealedPath)]);
  }

  async #rename(path: string): Promise<void> {
    await this.#fileSystem.rename(this.#path, path);
    this.#path = path;
  }

  /** Closes the file and removes it, in whatever state it is. */
  async discard(): Promise<void> {
    this.#batch = [];
    await this.#writing;
    await this.#file.close();
    await this.#fileSystem.unlink(this.path);
  }

  #waitingChunkAt(position: number): Uint8Array | undefined {
    let start = this.#length;
    for (let index = this.#batch.length - 1; index >= 0 && start > position; index -= 1) {
      const chunk = this.#batch[index];
      start -= chunk?.length ?? 0;
      if (start === position) return chunk;
    }
    return undefined;
  }

  async #writeAfterCurrent(): Promise<void> {
    await this.#settle();
    this.#startWriting();
    // An error of this write comes up at the next call.
  }

  #startWriting(): void {
    const batch = this.#batch;
    const position = this.#batchStart;
    this.#batch = [];
    this.#batchStart = this.#length;
    this.#writing = this.#write(batch, position);
  }

  /** Never rejects: a failure is kept for the next call. */
  async #write(batch: readonly Uint8Array[], position: number): Promise<void> {
    try {
      await this.#file.writev(batch, position);
    } catch (error) {
      this.#failure =
        error instanceof Error ? error : new StorageError('io-error', 'write failed', { cause: error });
    }
    this.#writing = undefined;
  }

  /** Waits for the write under way; throws if any write failed. */
  async #settle(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #attempt(operation: Promise<void>): Promise<void> {
    try {
      await operation;
    } catch (error) {
      this.#failure =
        error instanceof Error ? error : new StorageError('io-error', 'spool failed', { cause: error });
      throw this.#failure;
    }
  }
}

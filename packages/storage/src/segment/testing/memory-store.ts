// The object store in memory for tests of segments: takes spool files from any file system, counts its reads, cuts
// its streams as told.
import { Readable } from 'node:stream';
import { StorageError } from '../../errors.ts';
import type { FileSystem } from '../../file-system/file-system.ts';
import type { ByteRange, SealedFile } from '../../object-store.ts';
import { rangeWithin } from '../../range.ts';
import { MemoryObjectStore } from '../../testing/memory-object-store.ts';

/** A {@link MemoryObjectStore} over a spool in `fileSystem`, whose streams come in chunks of `chunkBytes`. */
export class MemoryStore extends MemoryObjectStore {
  /** Every read so far. */
  readonly reads: { readonly key: string; readonly range: ByteRange }[] = [];
  /** Keys that were settled. */
  readonly settled: string[] = [];
  readonly #fileSystem: FileSystem;
  readonly #chunkBytes: number;

  constructor(fileSystem: FileSystem, chunkBytes = 64 * 1024) {
    super();
    this.#fileSystem = fileSystem;
    this.#chunkBytes = chunkBytes;
  }

  /** A copy of an object's bytes. */
  bytesOf(key: string): Buffer {
    return Buffer.from(this.objects.get(key)?.bytes ?? []);
  }

  /** Puts other bytes where an object is or was: damage. */
  replace(key: string, bytes: Buffer): void {
    this.objects.set(key, { bytes, lastModified: new Date(0) });
  }

  override async putFile(key: string, file: SealedFile): Promise<void> {
    const bytes = Buffer.alloc(file.size);
    const open = await this.#fileSystem.open(file.path, 'read');
    await open.read(bytes, 0);
    await open.close();
    this.store(key, bytes);
  }

  override async read(key: string, range?: ByteRange): Promise<Readable> {
    const found = this.objects.get(key);
    if (found === undefined) throw new StorageError('not-found', `no object ${key}`);
    const within = rangeWithin(key, found.bytes.length, range);
    this.reads.push({ key, range: within });
    const bytes = found.bytes.subarray(within.offset, within.offset + within.length);
    return Readable.from(cut(bytes, this.#chunkBytes), { objectMode: false });
  }

  /** As `StoreMaintenance.settle`. */
  async settle(key: string): Promise<void> {
    this.settled.push(key);
  }

  /** As `StoreMaintenance.removeUnfinished`. */
  async removeUnfinished(): Promise<number> {
    return 0;
  }
}

function* cut(bytes: Buffer, chunkBytes: number): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += chunkBytes) yield bytes.subarray(from, from + chunkBytes);
}

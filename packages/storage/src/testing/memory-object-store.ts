// The object store port in memory, as small as it can be: the model that the suite is proved with, and a store for
// tests of whatever stands on the port.
import { readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { throwIfAborted } from '../abort.ts';
import { StorageError } from '../errors.ts';
import { assertKey, assertPrefix } from '../key.ts';
import type { ByteRange, ListOptions, ObjectStat, ObjectStore, SealedFile } from '../object-store.ts';
import { maximumPutBytes } from '../object-store.ts';
import { assertRange, rangeWithin } from '../range.ts';

/** What {@link MemoryObjectStore} keeps of an object. */
export interface StoredObject {
  readonly bytes: Buffer;
  readonly lastModified: Date;
}

/** An {@link ObjectStore} that lives as long as the process. */
export class MemoryObjectStore implements ObjectStore {
  readonly kind = 'filesystem';
  /** The objects, for tests that look at or damage them. */
  readonly objects = new Map<string, StoredObject>();

  async putFile(key: string, file: SealedFile, signal?: AbortSignal): Promise<void> {
    assertKey(key);
    throwIfAborted(signal, `putFile ${key}`);
    const size = await stat(file.path).then(
      (found) => found.size,
      () => undefined,
    );
    if (size !== file.size)
      throw new StorageError('not-sealed', `${file.path} has ${size} bytes, not ${file.size}`);
    this.store(key, await readFile(file.path));
  }

  async putBytes(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    assertKey(key);
    throwIfAborted(signal, `putBytes ${key}`);
    if (bytes.length > maximumPutBytes) throw new StorageError('invalid-argument', `${key}: too many bytes`);
    this.store(key, Buffer.from(bytes));
  }

  async stat(key: string): Promise<ObjectStat | undefined> {
    assertKey(key);
    const found = this.objects.get(key);
    return found && { key, size: found.bytes.length, lastModified: found.lastModified };
  }

  async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Readable> {
    assertKey(key);
    if (range !== undefined) assertRange(range);
    throwIfAborted(signal, `read ${key}`);
    const found = this.objects.get(key);
    if (found === undefined) throw new StorageError('not-found', `no object ${key}`);
    const { offset, length } = rangeWithin(key, found.bytes.length, range);
    return Readable.from(chunks(found.bytes.subarray(offset, offset + length), key, signal), {
      objectMode: false,
    });
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectStat> {
    assertPrefix(prefix);
    for (const key of [...this.objects.keys()].sort()) {
      throwIfAborted(options.signal, `list ${prefix}`);
      const found = await this.stat(key);
      if (found !== undefined && key.startsWith(prefix) && key > (options.after ?? '')) yield found;
    }
  }

  async delete(key: string): Promise<void> {
    assertKey(key);
    this.objects.delete(key);
  }

  async check(signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal, 'check');
  }

  /** Where an object comes to be; throws `exists`. */
  protected store(key: string, bytes: Buffer): void {
    if (this.objects.has(key)) throw new StorageError('exists', `${key} exists`);
    this.objects.set(key, { bytes, lastModified: new Date() });
  }
}

async function* chunks(bytes: Buffer, key: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const size = 64 * 1024;
  for (let offset = 0; offset < bytes.length; offset += size) {
    throwIfAborted(signal, `read ${key}`);
    yield bytes.subarray(offset, offset + size);
  }
}

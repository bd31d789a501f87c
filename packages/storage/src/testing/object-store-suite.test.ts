// The suite has to pass a right store and to fail every wrong one, for the reason that is wrong about it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StorageError } from '../errors.ts';
import type { ByteRange, ListOptions, ObjectStat, SealedFile } from '../object-store.ts';
import { MemoryObjectStore } from './memory-object-store.ts';
import { objectStoreCases } from './object-store-suite.ts';
import type { StoreHarness } from './store-case.ts';

class Overwrites extends MemoryObjectStore {
  protected override store(key: string, bytes: Buffer): void {
    this.objects.delete(key);
    super.store(key, bytes);
  }
}

class KeepsSilentAboutATakenName extends MemoryObjectStore {
  protected override store(key: string, bytes: Buffer): void {
    if (!this.objects.has(key)) super.store(key, bytes);
  }
}

class LooksBeforeItPuts extends MemoryObjectStore {
  override async putFile(key: string, file: SealedFile, signal?: AbortSignal): Promise<void> {
    await this.#ifAbsent(key, () => super.putFile(key, file, signal));
  }
  override async putBytes(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#ifAbsent(key, () => super.putBytes(key, bytes, signal));
  }
  async #ifAbsent(key: string, put: () => Promise<void>): Promise<void> {
    if ((await this.stat(key)) !== undefined) throw new StorageError('exists', key);
    await new Promise((resolve) => setTimeout(resolve, 2));
    this.objects.delete(key);
    await put();
  }
}

class KeepsTheCallersBuffer extends MemoryObjectStore {
  override async putBytes(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await super.putBytes(key, bytes, signal);
    this.objects.set(key, {
      bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
      lastModified: new Date(),
    });
  }
}

class TakesAnyKey extends MemoryObjectStore {
  override async putBytes(key: string, bytes: Uint8Array): Promise<void> {
    this.store(key, Buffer.from(bytes));
  }
}

class BelievesTheStatedSize extends MemoryObjectStore {
  override async putFile(key: string, file: SealedFile, signal?: AbortSignal): Promise<void> {
    const copy = { ...file, size: await sizeOf(file.path, file.size) };
    await super.putFile(key, copy, signal);
  }
}

class DropsTheLastByte extends MemoryObjectStore {
  override async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Readable> {
    const length = range?.length ?? (await this.stat(key))?.size ?? 0;
    const cut = { offset: range?.offset ?? 0, length: Math.max(0, length - 1) };
    return super.read(key, length === 0 ? range : cut, signal);
  }
}

class LosesTheRange extends MemoryObjectStore {
  override async read(key: string, _range?: ByteRange, signal?: AbortSignal): Promise<Readable> {
    return super.read(key, undefined, signal);
  }
}

class TakesTheRangeForInclusive extends MemoryObjectStore {
  override async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Readable> {
    const size = (await this.stat(key))?.size ?? 0;
    if (range === undefined || range.offset + range.length >= size) return super.read(key, range, signal);
    return super.read(key, { offset: range.offset, length: range.length + 1 }, signal);
  }
}

class CutsRangesAtTheEnd extends MemoryObjectStore {
  override async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Readable> {
    const size = (await this.stat(key))?.size;
    if (range === undefined || size === undefined || !(range.offset + range.length > size)) {
      return super.read(key, range, signal);
    }
    const offset = Math.min(range.offset, size);
    return super.read(key, { offset, length: size - offset }, signal);
  }
}

class ThrowsWhatItLikes extends MemoryObjectStore {
  override async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Readable> {
    try {
      return await super.read(key, range, signal);
    } catch (error) {
      throw new Error('something is wrong', { cause: error });
    }
  }
}

class TellsAbsenceInTheStream extends MemoryObjectStore {
  override async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Readable> {
    if (this.objects.has(key)) return super.read(key, range, signal);
    return Readable.from([]);
  }
}

class IgnoresTheSignal extends MemoryObjectStore {
  override async read(key: string, range?: ByteRange): Promise<Readable> {
    return super.read(key, range);
  }
}

class TellsAWrongSize extends MemoryObjectStore {
  override async stat(key: string): Promise<ObjectStat | undefined> {
    const found = await super.stat(key);
    return found && { ...found, size: found.size + 512 };
  }
}

class StatOfNothingIsAnError extends MemoryObjectStore {
  override async stat(key: string): Promise<ObjectStat> {
    const found = await super.stat(key);
    if (found === undefined) throw new StorageError('not-found', key);
    return found;
  }
}

class ListsAsItComes extends MemoryObjectStore {
  override async *list(prefix: string): AsyncGenerator<ObjectStat> {
    for (const [key, { bytes, lastModified }] of this.objects) {
      if (key.startsWith(prefix)) yield { key, size: bytes.length, lastModified };
    }
  }
}

class ListsFolderByFolder extends MemoryObjectStore {
  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectStat> {
    const all: ObjectStat[] = [];
    for await (const entry of super.list(prefix, options)) all.push(entry);
    const bySegments = (entry: ObjectStat): string => entry.key.replaceAll('/', '\0');
    yield* all.sort((a, b) => (bySegments(a) < bySegments(b) ? -1 : 1));
  }
}

class ForgetsWhereToGoOn extends MemoryObjectStore {
  override list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectStat> {
    return super.list(prefix, options.signal ? { signal: options.signal } : {});
  }
}

class IncludesTheKeyItGoesOnAfter extends MemoryObjectStore {
  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectStat> {
    const at = options.after === undefined ? undefined : await super.stat(options.after);
    if (at?.key.startsWith(prefix) === true) yield at;
    yield* super.list(prefix, options);
  }
}

class TakesPrefixesForFolders extends MemoryObjectStore {
  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectStat> {
    const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
    yield* super.list(folder, options);
  }
}

class DeletesWhatIsThere extends MemoryObjectStore {
  override async delete(key: string): Promise<void> {
    await super.read(key);
    await super.delete(key);
  }
}

class DeletesByPrefix extends MemoryObjectStore {
  override async delete(key: string): Promise<void> {
    await super.delete(key);
    for (const other of this.objects.keys()) if (other.startsWith(key)) this.objects.delete(other);
  }
}

class HidesInsteadOfDeleting extends MemoryObjectStore {
  readonly #hidden = new Set<string>();
  override async delete(key: string): Promise<void> {
    await super.stat(key);
    this.#hidden.add(key);
  }
  override async stat(key: string): Promise<ObjectStat | undefined> {
    return this.#hidden.has(key) ? undefined : super.stat(key);
  }
}

class ChecksByWriting extends MemoryObjectStore {
  override async check(): Promise<void> {
    await this.putBytes('check/writable', Buffer.from('x'));
  }
}

const wrongStores: readonly [new () => MemoryObjectStore, string][] = [
  [Overwrites, 'put: a name that is taken'],
  [KeepsSilentAboutATakenName, 'put: a name that is taken'],
  [LooksBeforeItPuts, 'put: of 16 writers'],
  [KeepsTheCallersBuffer, 'put: what is stored does not follow'],
  [TakesAnyKey, 'keys: what is no key'],
  [BelievesTheStatedSize, 'put: a spool file that is not of the stated size'],
  [DropsTheLastByte, 'putBytes: the bytes are there'],
  [LosesTheRange, 'read: a range is exactly'],
  [TakesTheRangeForInclusive, 'read: a range is exactly'],
  [CutsRangesAtTheEnd, 'read: a range past the end'],
  [ThrowsWhatItLikes, 'read: an object that is not there'],
  [TellsAbsenceInTheStream, 'read: an object that is not there'],
  [IgnoresTheSignal, 'read: given up'],
  [TellsAWrongSize, 'putBytes: the bytes are there'],
  [StatOfNothingIsAnError, 'read: an object that is not there'],
  [ListsAsItComes, 'list: every object once'],
  [ListsFolderByFolder, 'list: every object once'],
  [ForgetsWhereToGoOn, 'list: after a key'],
  [IncludesTheKeyItGoesOnAfter, 'list: after a key'],
  [TakesPrefixesForFolders, 'list: a prefix is the beginning'],
  [DeletesWhatIsThere, 'delete: absent is success'],
  [DeletesByPrefix, 'delete: the object is gone'],
  [HidesInsteadOfDeleting, 'delete: the name is free again'],
  [ChecksByWriting, 'check: resolves'],
];

describe('the object store suite', () => {
  let folder = '';
  let count = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandyq-suite-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  function harness(store: MemoryObjectStore): StoreHarness {
    count += 1;
    const spool = async (bytes: Uint8Array): Promise<SealedFile> => {
      count += 1;
      const path = join(folder, `${count}`);
      await writeFile(path, bytes);
      return { path, size: bytes.length };
    };
    return { store, prefix: `suite/${count}/`, spool };
  }

  for (const { name, run } of objectStoreCases) {
    it(`passes the model: ${name}`, () => run(harness(new MemoryObjectStore())));
  }

  for (const [WrongStore, caught] of wrongStores) {
    it(`fails a store that ${phrase(WrongStore.name)}`, async () => {
      const failed: string[] = [];
      for (const { name, run } of objectStoreCases) {
        await run(harness(new WrongStore())).catch(() => failed.push(name));
      }
      expect(failed.filter((name) => name.startsWith(caught))).toHaveLength(1);
    });
  }
});

function phrase(className: string): string {
  return className
    .replaceAll(/([A-Z])/g, ' $1')
    .trim()
    .toLowerCase();
}

async function sizeOf(path: string, fallback: number): Promise<number> {
  const { stat } = await import('node:fs/promises');
  return stat(path).then(
    ({ size }) => size,
    () => fallback,
  );
}

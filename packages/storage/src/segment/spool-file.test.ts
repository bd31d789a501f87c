import { describe, expect, it } from 'vitest';
import { StorageError } from '../errors.ts';
import type { FileSystem, OpenFile } from '../file-system/file-system.ts';
import { LossyFileSystem } from '../file-system/lossy-file-system.ts';
import { batchBytes, SpoolFile } from './spool-file.ts';
import { sampleBytes } from './testing/segment-kit.ts';

const path = '/file.part';

describe('SpoolFile', () => {
  it('writes many chunks with one call and asks to wait only when the disk is behind', async () => {
    const disk = new SlowDisk();
    const file = await SpoolFile.create(disk.fileSystem, path);
    const chunk = sampleBytes(batchBytes / 8);
    for (let count = 0; count < 15; count += 1) expect(file.append(chunk)).toBeUndefined();
    const full = file.append(chunk);
    expect(full).toBeInstanceOf(Promise);
    expect(disk.writes).toBe(1);
    disk.release();
    await full;
    expect(disk.writes).toBe(2);
    disk.release();
    await file.flush();
    expect(await contentOf(disk.fileSystem)).toEqual(Buffer.concat(Array.from({ length: 16 }, () => chunk)));
  });

  it('patches chunks that wait and chunks that are written', async () => {
    const fileSystem = new LossyFileSystem();
    const file = await SpoolFile.create(fileSystem, path);
    await file.append(Buffer.from('aa'));
    await file.append(Buffer.from('bb'));
    await file.flush();
    await file.append(Buffer.from('cc'));
    await file.append(Buffer.from('dd'));
    await file.patch(2, Buffer.from('BB'));
    await file.patch(4, Buffer.from('CC'));
    await file.flush();
    expect((await contentOf(fileSystem)).toString()).toBe('aaBBCCdd');
  });

  it('takes back what waits and what is written', async () => {
    const fileSystem = new LossyFileSystem();
    const file = await SpoolFile.create(fileSystem, path);
    for (const text of ['aa', 'bb', 'cc']) await file.append(Buffer.from(text));
    await file.truncate(4);
    expect(file.length).toBe(4);
    await file.flush();
    await file.append(Buffer.from('dd'));
    await file.truncate(2);
    await file.append(Buffer.from('e'));
    await file.flush();
    expect((await contentOf(fileSystem)).toString()).toBe('aae');
    expect((await readAll(file)).toString()).toBe('aae');
  });

  it('puts what it holds to disk in passing, each time that so much has come', async () => {
    const fileSystem = new LossyFileSystem();
    const file = await SpoolFile.create(fileSystem, path);
    for (const expected of [0, 0, 1, 1, 1, 2]) {
      await file.append(Buffer.from('abcd'));
      await file.syncBeyond(12);
      expect(fileSystem.syncs).toBe(expected);
    }
    await file.syncBeyond(1);
    expect(fileSystem.syncs).toBe(2);
  });

  it('keeps the first failure of a write for every later call', async () => {
    const fileSystem = new LossyFileSystem();
    const file = await SpoolFile.create(fileSystem, path);
    fileSystem.restartCount({ failingStep: { step: 1, code: 'no-space' } });
    const chunk = sampleBytes(batchBytes);
    await file.append(chunk);
    await expect(file.flush()).rejects.toMatchObject({ code: 'no-space' });
    expect(() => file.append(chunk)).toThrow(expect.objectContaining({ code: 'no-space' }));
    await expect(file.seal('/file')).rejects.toMatchObject({ code: 'no-space' });
    await file.discard();
    expect(await fileSystem.readdir('/')).toEqual([]);
    expect(fileSystem.openFiles).toBe(0);
  });

  it('never fsyncs again after a failed fsync, and does not take the sealed name', async () => {
    const fileSystem = new LossyFileSystem({ failingSync: 1 });
    const file = await SpoolFile.create(fileSystem, path);
    await file.append(Buffer.from('x'));
    await expect(file.seal('/file')).rejects.toMatchObject({ code: 'sync-failed' });
    await expect(file.seal('/file')).rejects.toMatchObject({ code: 'sync-failed' });
    expect(fileSystem.syncs).toBe(1);
    expect((await fileSystem.readdir('/')).map(({ name }) => name)).toEqual(['file.part']);
    expect(fileSystem.openFiles).toBe(0);
  });

  it('takes the sealed name only when it is fsynced', async () => {
    const fileSystem = new LossyFileSystem();
    const file = await SpoolFile.create(fileSystem, path);
    await file.append(Buffer.from('xyz'));
    await file.seal('/file');
    expect(file.path).toBe('/file');
    expect((await fileSystem.readdir('/')).map(({ name }) => name)).toEqual(['file']);
    fileSystem.crash('names');
    expect((await fileSystem.stat('/file'))?.size).toBe(3);
  });

  it('refuses to take back half a chunk or more than there is', async () => {
    const file = await SpoolFile.create(new LossyFileSystem(), path);
    await file.append(Buffer.from('abc'));
    await expect(file.truncate(4)).rejects.toBeInstanceOf(StorageError);
    await expect(file.truncate(2)).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

/** A file system whose batches are written only when they are released. */
class SlowDisk {
  readonly fileSystem: FileSystem;
  writes = 0;
  #waiting: (() => void)[] = [];

  constructor() {
    const lossy = new LossyFileSystem();
    const slow = (file: OpenFile): OpenFile => ({
      ...file,
      writev: async (chunks, position) => {
        this.writes += 1;
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        await file.writev(chunks, position);
      },
    });
    this.fileSystem = new Proxy(lossy, {
      get(target, name) {
        if (name === 'open') return async (at: string, mode: 'create') => slow(await target.open(at, mode));
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

async function contentOf(fileSystem: FileSystem): Promise<Buffer> {
  const file = await fileSystem.open(path, 'read');
  const bytes = Buffer.alloc((await file.stat()).size);
  await file.read(bytes, 0);
  await file.close();
  return bytes;
}

async function readAll(file: SpoolFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of file.read(0, file.length)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

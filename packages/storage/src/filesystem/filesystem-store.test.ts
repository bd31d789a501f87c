import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LossyFileSystem } from '../file-system/lossy-file-system.ts';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import type { SealedFile } from '../object-store.ts';
import { objectStoreCases } from '../testing/object-store-suite.ts';
import { assertFails, assertHolds, patterned } from '../testing/suite-assertions.ts';
import { rangeCases } from '../testing/suite-ranges.ts';
import { createFilesystemStore, temporaryFolder } from './filesystem-store.ts';
import { assertSameFileSystem } from './same-file-system.ts';

let folder = '';
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandyq-filesystem-store-'));
});
afterAll(() => rm(folder, { recursive: true }));

function newRoot(): string {
  count += 1;
  return join(folder, `root-${count}`, 'objects');
}

async function spool(bytes: Uint8Array): Promise<SealedFile> {
  count += 1;
  const path = join(folder, `spool-${count}`);
  const file = await nodeFileSystem().open(path, 'create');
  await file.write(bytes, 0);
  await file.sync();
  await file.close();
  return { path, size: bytes.length };
}

describe('the filesystem store conforms', () => {
  for (const { name, run } of objectStoreCases) {
    it(name, () => run({ store: createFilesystemStore({ root: newRoot() }), prefix: 'suite/one/', spool }));
  }
  for (const { name, run } of rangeCases) {
    it(name, () => run({ store: createFilesystemStore({ root: newRoot() }), prefix: 'suite/one/' }));
  }
});

describe('the filesystem store', () => {
  it('keeps an object as a file whose path below the root is the key', async () => {
    const root = newRoot();
    const store = createFilesystemStore({ root });
    await store.putBytes('v1/ab/object.tar', patterned(10));
    expect((await stat(join(root, 'v1/ab/object.tar'))).size).toBe(10);
  });

  it('links the spool file and copies nothing', async () => {
    const root = newRoot();
    const file = await spool(patterned(100_000));
    await createFilesystemStore({ root }).putFile('v1/ab/object.tar', file);
    const [source, object] = await Promise.all([stat(file.path), stat(join(root, 'v1/ab/object.tar'))]);
    expect(object.ino).toBe(source.ino);
    expect(object.nlink).toBe(2);
  });

  it('refuses a spool file that this process wrote and did not fsync', async () => {
    const path = join(folder, 'not-synced');
    const file = await nodeFileSystem().open(path, 'create');
    await file.write(patterned(10), 0);
    const store = createFilesystemStore({ root: newRoot() });
    await assertFails('not-sealed', store.putFile('v1/a', { path, size: 10 }));
    await file.sync();
    await store.putFile('v1/a', { path, size: 10 });
    await file.close();
    await assertHolds(store, 'v1/a', patterned(10));
  });

  it('leaves no temporary file, and removes those of a process that died', async () => {
    const root = newRoot();
    const store = createFilesystemStore({ root });
    await store.putBytes('v1/a', patterned(10));
    await assertFails('exists', store.putBytes('v1/a', patterned(10)));
    await store.check();
    expect(await readdir(join(root, temporaryFolder))).toEqual([]);
    await writeFile(join(root, temporaryFolder, 'left-behind'), 'x');
    expect(await store.removeUnfinished(new Date(Date.now() - 60_000))).toBe(0);
    expect(await store.removeUnfinished(new Date(Date.now() + 60_000))).toBe(1);
    expect(await readdir(join(root, temporaryFolder))).toEqual([]);
  });

  it('passes over files that are no objects', async () => {
    const root = newRoot();
    const store = createFilesystemStore({ root });
    await store.putBytes('v1/a', patterned(10));
    await writeFile(join(root, 'v1', 'Thumbs.db'), 'x');
    await writeFile(join(root, 'stray'), 'x');
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    expect(keys).toEqual(['v1/a']);
  });

  it('check says so when nothing can be written', async () => {
    const fileSystem = new LossyFileSystem({ failingStep: { step: 4, code: 'read-only' } });
    fileSystem.makeDirectories('/data');
    await assertFails('read-only', createFilesystemStore({ root: '/data/objects', fileSystem }).check());
  });
});

describe('assertSameFileSystem', () => {
  it('passes for a folder beside the spool, also before the store is made', async () => {
    await assertSameFileSystem(folder, newRoot());
    expect((await readdir(folder)).filter((name) => name.startsWith('.same'))).toEqual([]);
  });

  it('names both folders and what to do when they are on different ones', async () => {
    const shared = await stat('/dev/shm').catch(() => undefined);
    if (shared === undefined || shared.dev === (await stat(folder)).dev) return;
    const other = await mkdtemp('/dev/shm/sandyq-');
    try {
      const failure = assertSameFileSystem(folder, join(other, 'objects'));
      await expect(failure).rejects.toMatchObject({ code: 'different-file-system' });
      await expect(failure).rejects.toThrow(`${folder} and the object store ${join(other, 'objects')}`);
      expect((await readdir(folder)).filter((name) => name.startsWith('.same'))).toEqual([]);
    } finally {
      await rm(other, { recursive: true });
    }
  });
});

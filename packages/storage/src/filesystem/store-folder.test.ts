// A disk that is not mounted: nothing may be written beside the archive, and nothing is taken for missing.
import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileSystem } from '../file-system/file-system.ts';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import type { ObjectStore, StoreMaintenance } from '../object-store.ts';
import { newSpoolFolder, type SpoolFolder } from '../testing/spool-folder.ts';
import { assertFails, bytesOf } from '../testing/suite-assertions.ts';
import { createFilesystemStore } from './filesystem-store.ts';
import { storeMarker } from './store-folder.ts';

const KEY = 'v1/aa/one.tar';
const bytes = Buffer.from('one');
let folder: SpoolFolder;
let root: string;

beforeEach(async () => {
  folder = await newSpoolFolder();
  root = join(folder.path, '..', `${folder.path.split('/').at(-1)}-objects`);
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
  await rm(`${root}.away`, { recursive: true, force: true });
  await folder.remove();
});

const open = (mayBegin = true): ObjectStore & StoreMaintenance =>
  createFilesystemStore({ root, mayBegin: async () => mayBegin });

describe('a store whose disk goes away', () => {
  it.each(['gone', 'an empty folder'])(
    'is unavailable while its root is %s, and there again',
    async (what) => {
      const store = open();
      await store.putBytes(KEY, bytes);
      await rename(root, `${root}.away`);
      if (what !== 'gone') await mkdir(root);
      const calls: Record<string, () => Promise<unknown>> = {
        put: () => store.putBytes('v1/bb/two.tar', bytes),
        'put into a known folder': () => store.putBytes('v1/aa/two.tar', bytes),
        stat: () => store.stat(KEY),
        read: () => store.read(KEY),
        list: () => Array.fromAsync(store.list('')),
        delete: () => store.delete(KEY),
        check: () => store.check(),
      };
      for (const call of Object.values(calls)) await assertFails('unavailable', call());
      if (what !== 'gone') {
        expect(await readdir(root)).toEqual([]);
        await rmdir(root);
      }
      await rename(`${root}.away`, root);
      expect(await bytesOf(store, KEY)).toEqual(bytes);
      await store.putBytes('v1/bb/two.tar', bytes);
    },
  );

  it('while its process was down is not begun anew where objects are remembered', async () => {
    await open().putBytes(KEY, bytes);
    await rename(root, `${root}.away`);
    await mkdir(root);
    const store = open(false);
    await assertFails('unavailable', store.putBytes(KEY, bytes));
    await assertFails('unavailable', Array.fromAsync(store.list('')));
    await rmdir(root);
    await rename(`${root}.away`, root);
    expect((await Array.fromAsync(store.list(''))).map(({ key }) => key)).toEqual([KEY]);
  });

  it('and comes back while it is asked for an object has the object', async () => {
    await open().putBytes(KEY, bytes);
    let isAway = true;
    const returning: FileSystem = {
      ...nodeFileSystem(),
      stat: async (path) => {
        if (isAway && path.endsWith(KEY)) {
          isAway = false;
          return undefined;
        }
        return nodeFileSystem().stat(path);
      },
      open: async (path, mode) => {
        if (isAway && path.endsWith(KEY)) {
          isAway = false;
          return nodeFileSystem().open(`${path}.away`, mode);
        }
        return nodeFileSystem().open(path, mode);
      },
    };
    const store = createFilesystemStore({ root, fileSystem: returning });
    expect(await store.stat(KEY)).toMatchObject({ key: KEY, size: bytes.length });
    isAway = true;
    expect(await bytesOf(store, KEY)).toEqual(bytes);
  });

  it('begins where nobody remembers objects, or somebody says so', async () => {
    await open(true).putBytes(KEY, bytes);
    await rm(root, { recursive: true });
    await mkdir(root);
    await writeFile(join(root, storeMarker), '');
    await open(false).putBytes(KEY, bytes);
  });

  it('of an earlier version has no marker, and is known by its objects', async () => {
    await open().putBytes(KEY, bytes);
    await rm(join(root, storeMarker));
    const store = open(false);
    expect(await bytesOf(store, KEY)).toEqual(bytes);
    await store.putBytes('v1/aa/two.tar', bytes);
    expect(await readdir(root)).toContain(storeMarker);
  });
});

describe('a store that several begin at once', () => {
  it('is there for who asked whether it may begin when somebody else had begun it', async () => {
    const { promise: answer, resolve } = Promise.withResolvers<boolean>();
    const slow = createFilesystemStore({ root, mayBegin: () => answer });
    const put = slow.putBytes('v1/bb/two.tar', bytes);
    // In the same process or another one.
    await open().putBytes(KEY, bytes);
    resolve(false);
    await put;
    expect(await bytesOf(slow, KEY)).toEqual(bytes);
  });

  it('is there for who looked for it before it was, and heard so after', async () => {
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    let looks = 0;
    const fileSystem: FileSystem = {
      ...nodeFileSystem(),
      stat: async (path) => {
        const found = await nodeFileSystem().stat(path);
        if (path.endsWith(storeMarker)) {
          looks += 1;
          if (looks === 1) await begun;
        }
        return found;
      },
    };
    const store = createFilesystemStore({ root, fileSystem, mayBegin: async () => true });
    const put = store.putBytes('v1/bb/two.tar', bytes);
    await store.putBytes(KEY, bytes);
    resolve();
    await put;
    expect(await bytesOf(store, 'v1/bb/two.tar')).toEqual(bytes);
  });
});

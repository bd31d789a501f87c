import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertFails, drained, patterned } from '../testing/suite-assertions.ts';
import { FileRangeReadable } from './file-range-readable.ts';
import type { FileSystem } from './file-system.ts';
import { fileSystemError } from './file-system-error.ts';
import { LossyFileSystem } from './lossy-file-system.ts';
import { nodeFileSystem } from './node-file-system.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandyq-file-system-'));
});
afterAll(() => rm(folder, { recursive: true }));

const lossy = new LossyFileSystem();
lossy.makeDirectories('/folder');
const fileSystems: readonly [string, FileSystem, () => string][] = [
  ['node', nodeFileSystem(), () => folder],
  ['lossy', lossy, () => '/folder'],
];

describe.each(fileSystems)('the %s file system', (_, fileSystem, at) => {
  it('creates, writes, reads, cuts and extends a file', async () => {
    const path = join(at(), 'file');
    const file = await fileSystem.open(path, 'create');
    await file.write(Buffer.from('hello world'), 0);
    await file.write(Buffer.from('W'), 6);
    await file.writev([Buffer.from('!'), Buffer.from('?')], 11);
    await file.truncate(12);
    await file.truncate(14);
    expect(await file.stat()).toMatchObject({ kind: 'file', size: 14 });
    const into = Buffer.alloc(20);
    expect(await file.read(into, 4)).toBe(10);
    expect(into.subarray(0, 10).toString()).toBe('o World!\0\0');
    expect(await file.read(into, 14)).toBe(0);
    await file.close();
    await file.close();
    await assertFails('exists', fileSystem.open(path, 'create'));
    const again = await fileSystem.open(path, 'modify');
    await again.write(Buffer.from('J'), 0);
    await again.close();
    const read = await fileSystem.open(path, 'read');
    expect(await drained(new FileRangeReadable(read, { offset: 0, length: 6 }))).toBe('Jello ');
    const reopened = await fileSystem.open(path, 'read');
    await assertFails('io-error', reopened.write(Buffer.from('x'), 0));
    await reopened.close();
    await fileSystem.unlink(path);
    expect(await fileSystem.stat(path)).toBeUndefined();
  });

  it('links only to free names and only what is on disk', async () => {
    const [one, two] = [join(at(), 'one'), join(at(), 'two')];
    const file = await fileSystem.open(one, 'create');
    await assertFails('not-sealed', fileSystem.link(one, two));
    await file.write(patterned(10), 0);
    await file.sync();
    await fileSystem.link(one, two);
    await assertFails('exists', fileSystem.link(one, two));
    await file.write(patterned(10), 10);
    await assertFails('not-sealed', fileSystem.link(one, join(at(), 'three')));
    await file.close();
    await fileSystem.unlink(one);
    expect(await fileSystem.stat(two)).toMatchObject({ size: 20 });
    await fileSystem.unlink(two);
  });

  it('makes, lists and removes folders', async () => {
    const path = join(at(), 'inner');
    await fileSystem.mkdir(path);
    await assertFails('exists', fileSystem.mkdir(path));
    await (await fileSystem.open(join(path, 'file'), 'create')).close();
    await fileSystem.mkdir(join(path, 'folder'));
    await fileSystem.syncDirectory(path);
    const entries = await fileSystem.readdir(path);
    expect(entries.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'file', kind: 'file' },
      { name: 'folder', kind: 'directory' },
    ]);
    await assertFails('io-error', fileSystem.rmdir(path));
    await fileSystem.rmdir(join(path, 'folder'));
    await fileSystem.unlink(join(path, 'file'));
    await fileSystem.rmdir(path);
    expect(await fileSystem.stat(path)).toBeUndefined();
    expect(await fileSystem.freeBytes(at())).toBeGreaterThan(0);
  });

  it('says not-found for what is not there, also below a file', async () => {
    const absent = join(at(), 'absent');
    await (await fileSystem.open(join(at(), 'plain'), 'create')).close();
    for (const path of [absent, join(absent, 'x'), join(at(), 'plain', 'x')]) {
      await assertFails('not-found', fileSystem.open(path, 'read'));
      await assertFails('not-found', fileSystem.unlink(path));
      await assertFails('not-found', fileSystem.readdir(path));
      await assertFails('not-found', fileSystem.syncDirectory(path));
      expect(await fileSystem.stat(path)).toBeUndefined();
    }
    await fileSystem.unlink(join(at(), 'plain'));
  });

  it('a range of a file that ends early is a short read', async () => {
    const file = await fileSystem.open(join(at(), 'short'), 'create');
    await file.write(patterned(100), 0);
    await assertFails('short-read', drained(new FileRangeReadable(file, { offset: 50, length: 51 })));
  });
});

describe('the node file system', () => {
  it('makes files that others cannot read', async () => {
    const path = join(folder, 'private');
    await (await nodeFileSystem().open(path, 'create')).close();
    expect((await stat(path)).mode & 0o007).toBe(0);
  });

  it('writes many chunks at once', async () => {
    const chunks = Array.from({ length: 3000 }, (_, index) => patterned(10, index + 1));
    const file = await nodeFileSystem().open(join(folder, 'chunks'), 'create');
    await file.writev(chunks, 5);
    await file.close();
    const expected = Buffer.concat([Buffer.alloc(5), ...chunks]);
    expect((await readFile(join(folder, 'chunks'))).equals(expected)).toBe(true);
  });

  it('reports a full device', async () => {
    const full = await nodeFileSystem().stat('/dev/full');
    if (full === undefined) return;
    const file = await nodeFileSystem().open('/dev/full', 'modify');
    await expect(file.write(patterned(10), 0)).rejects.toMatchObject({ code: 'no-space', retryable: true });
    await file.close();
  });
});

describe('fileSystemError', () => {
  it.each([
    ['ENOENT', 'not-found', false],
    ['ENOTDIR', 'not-found', false],
    ['EEXIST', 'exists', false],
    ['ENOSPC', 'no-space', true],
    ['EDQUOT', 'no-space', true],
    ['EROFS', 'read-only', false],
    ['EMFILE', 'too-many-open-files', true],
    ['ENFILE', 'too-many-open-files', true],
    ['EACCES', 'access-denied', false],
    ['EPERM', 'access-denied', false],
    ['EXDEV', 'different-file-system', false],
    ['ENAMETOOLONG', 'invalid-key', false],
    ['EIO', 'io-error', false],
    ['toString', 'io-error', false],
  ] as const)('%s is %s', (errno, code, retryable) => {
    const cause = Object.assign(new Error(errno), { code: errno });
    const error = fileSystemError('write', '/a', cause);
    expect(error).toMatchObject({ code, retryable, cause, message: `write /a: ${errno}` });
    expect(fileSystemError('write', '/b', error)).toBe(error);
  });
});

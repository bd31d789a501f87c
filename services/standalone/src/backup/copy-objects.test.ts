import { mkdtemp, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createFilesystemStore, nodeFileSystem } from '@sandyq/storage';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { copyObjects } from './copy-objects.ts';

const fileSystem = nodeFileSystem();
const made: string[] = [];
let from: string;
let to: string;

beforeEach(async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sandyq-objects-'));
  made.push(folder);
  [from, to] = [path.join(folder, 'objects'), path.join(folder, 'far', 'away')];
  await put('v1/aa/first.tar', 'first');
  await put('journal/0000000001/000000000001.json', '{}');
});
afterAll(async () => {
  for (const folder of made) await rm(folder, { recursive: true, force: true });
});

const put = (key: string, text: string) =>
  createFilesystemStore({ root: from }).putBytes(key, Buffer.from(text));
const inode = async (folder: string, key: string) => (await stat(path.join(folder, key))).ino;
const nothing = { present: 0, linked: 0, copied: 0, bytesCopied: 0, different: [] };

describe('a copy of the objects', () => {
  it('is a second name on the same file system, and later only brings what is new', async () => {
    expect(await copyObjects({ from, to, fileSystem })).toEqual({ ...nothing, listed: 2, linked: 2 });
    expect(await inode(to, 'v1/aa/first.tar')).toBe(await inode(from, 'v1/aa/first.tar'));
    await put('v1/bb/second.tar', 'second');
    expect(await copyObjects({ from, to, fileSystem })).toEqual({
      ...nothing,
      listed: 3,
      present: 2,
      linked: 1,
    });
  });

  it('is made of bytes where a second name can not be, and leaves nothing half behind', async () => {
    const report = await copyObjects({ from, to, fileSystem, mayLink: false });
    expect(report).toEqual({ ...nothing, listed: 2, copied: 2, bytesCopied: 7 });
    expect(await inode(to, 'v1/aa/first.tar')).not.toBe(await inode(from, 'v1/aa/first.tar'));
    expect(await readFile(path.join(to, 'v1/aa/first.tar'), 'utf8')).toBe('first');
    expect(await readdir(path.join(to, '.tmp'))).toEqual([]);
  });

  it('names what is there with another size, and touches neither', async () => {
    await copyObjects({ from, to, fileSystem, mayLink: false });
    await truncate(path.join(to, 'v1/aa/first.tar'), 3);
    const report = await copyObjects({ from, to, fileSystem });
    expect(report).toEqual({ ...nothing, listed: 2, present: 1, different: ['v1/aa/first.tar'] });
    expect(await readFile(path.join(from, 'v1/aa/first.tar'), 'utf8')).toBe('first');
    expect(await readFile(path.join(to, 'v1/aa/first.tar'), 'utf8')).toBe('fir');
  });

  it('goes to a folder apart', async () => {
    for (const [one, other] of [
      [from, path.join(from, 'v1')],
      [from, path.dirname(from)],
      [from, from],
    ] as const) {
      await expect(copyObjects({ from: one, to: other, fileSystem })).rejects.toMatchObject({
        code: 'backup-folder',
      });
    }
  });

  it('is not made of a folder that holds no store: its disk may be away', async () => {
    await rm(from, { recursive: true });
    await expect(copyObjects({ from, to, fileSystem })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('ends when told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(copyObjects({ from, to, fileSystem, signal })).rejects.toThrow('enough');
  });
});

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, stat, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeSocketDirectory, removeSocketDirectory, socketDirectoryOf } from './socket-directory.ts';

const account = { prefix: [] };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sandyq-socket-'));
});

describe('where the socket is', () => {
  it('is beside the database', () => {
    expect(socketDirectoryOf('/srv/sandyq')).toBe('/srv/sandyq/postgres-socket');
  });

  it('is in the temporary folder when a socket could not have that path, one name for one data folder', () => {
    const long = `/srv/${'папка/'.repeat(10)}`;
    const directory = socketDirectoryOf(long, '/tmp');
    expect(directory).toMatch(/^\/tmp\/sandyq-[0-9a-f]{16}$/);
    expect(socketDirectoryOf(long, '/tmp')).toBe(directory);
    expect(socketDirectoryOf(`${long}2`, '/tmp')).not.toBe(directory);
  });
});

describe('the folder of the socket', () => {
  it('is private, also when it was there before, and goes with what is in it', async () => {
    const directory = path.join(folder, 'socket');
    await mkdir(directory, { mode: 0o777 });
    await makeSocketDirectory(directory, account);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    await writeFile(path.join(directory, '.s.PGSQL.5432.lock'), '');
    await removeSocketDirectory(directory);
    expect(existsSync(directory)).toBe(false);
  });

  it('is never one that somebody else has put there', async () => {
    const target = path.join(folder, 'target');
    const directory = path.join(folder, 'socket');
    await mkdir(target, { mode: 0o755 });
    await symlink(target, directory);
    await expect(makeSocketDirectory(directory, account)).rejects.toMatchObject({
      code: 'data-folder-not-writable',
    });
    expect((await stat(target)).mode & 0o777).toBe(0o755);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countFiles, walkFolder } from './walk-folder.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'walk-'));
  await mkdir(path.join(folder, 'b', 'deep'), { recursive: true });
  await writeFile(path.join(folder, 'c.dcm'), 'ccc');
  await writeFile(path.join(folder, 'a without an ending'), 'a');
  await writeFile(path.join(folder, 'b', 'деп'), '');
  await writeFile(path.join(folder, 'b', 'deep', 'IM000001'), 'bb');
  await symlink(path.join(folder, 'c.dcm'), path.join(folder, 'b', 'link'));
  await symlink(folder, path.join(folder, 'loop'));
  execFileSync('mkfifo', [path.join(folder, 'pipe')]);
});

afterAll(() => rm(folder, { recursive: true }));

describe('walkFolder', () => {
  it('finds regular files of any name, and tells of the rest', async () => {
    const skipped: string[] = [];
    const found = [];
    for await (const { name, sizeBytes } of walkFolder(folder, (name, reason) =>
      skipped.push(`${name}: ${reason}`),
    )) {
      found.push([name, sizeBytes]);
    }
    expect(found).toEqual([
      ['a without an ending', 1],
      ['b/deep/IM000001', 2],
      ['b/деп', 0],
      ['c.dcm', 3],
    ]);
    expect(skipped).toEqual([
      'b/link: not-a-regular-file',
      'loop: not-a-regular-file',
      'pipe: not-a-regular-file',
    ]);
  });

  it('throws for a folder that is not there', async () => {
    await expect(walkFolder(path.join(folder, 'none'), () => undefined).next()).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});

describe('countFiles', () => {
  it('counts files and bytes', async () => {
    const counts: number[][] = [];
    await countFiles(folder, (files, bytes) => counts.push([files, bytes]), new AbortController().signal);
    expect(counts).toEqual([[4, 6]]);
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeNativeImage } from '../../test/support/made-instances.ts';
import { type BatchLimits, batchFiles } from './batches.ts';
import { walkFolder } from './walk-folder.ts';

let folder: string;
let instanceBytes: number;

const instance = (number: number) =>
  makeNativeImage(
    { studyInstanceUid: '2.9.1', seriesInstanceUid: '2.9.1.1', sopInstanceUid: `2.9.1.1.${number}` },
    { rows: 8, columns: 8, pixels: Buffer.alloc(128) },
  ).bytes;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'batches-'));
  const files: [string, Uint8Array][] = [
    ['1', instance(1)],
    ['2', instance(2)],
    ['3-is-2-again', instance(2)],
    ['4', instance(4)],
    ['5-is-none', Buffer.from('a letter')],
    ['6-is-empty', Buffer.alloc(0)],
    ['7', instance(7)],
  ];
  for (const [name, bytes] of files) await writeFile(path.join(folder, name), bytes);
  instanceBytes = instance(1).length;
});

afterAll(() => rm(folder, { recursive: true }));

async function batches(limits: BatchLimits): Promise<string[][]> {
  const found: string[][] = [];
  const unreadable = () => {
    throw new Error('every file here can be read');
  };
  for await (const batch of batchFiles(
    walkFolder(folder, () => undefined),
    limits,
    unreadable,
  )) {
    found.push(batch.map(({ name }) => name));
  }
  return found;
}

describe('batchFiles', () => {
  it('never puts one UID twice in a request, and sends alone what names none', async () => {
    expect(await batches({ files: 10, bytes: 10_000_000 })).toEqual([
      ['1', '2'],
      ['5-is-none'],
      ['6-is-empty'],
      ['3-is-2-again', '4', '7'],
    ]);
  });

  it('keeps to the bounds of files and of bytes; a longer file goes alone', async () => {
    expect(await batches({ files: 2, bytes: 10_000_000 })).toContainEqual(['3-is-2-again', '4']);
    expect(await batches({ files: 10, bytes: instanceBytes * 2 })).toContainEqual(['3-is-2-again', '4']);
    expect(await batches({ files: 10, bytes: 1 })).toHaveLength(7);
  });

  it('tells of a file that vanished and goes on', async () => {
    const unreadable: string[] = [];
    async function* files() {
      yield { path: path.join(folder, 'gone'), name: 'gone', sizeBytes: 1 };
      yield { path: path.join(folder, '1'), name: '1', sizeBytes: instanceBytes };
    }
    const found = [];
    const limits = { files: 10, bytes: 1_000 };
    for await (const batch of batchFiles(files(), limits, ({ name }) => unreadable.push(name)))
      found.push(batch.length);
    expect(found).toEqual([1]);
    expect(unreadable).toEqual(['gone']);
  });
});

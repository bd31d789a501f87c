import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StorageError } from '../errors.ts';
import { maximumNameBytes, tarEndBytes, tarHeader, tarHeaderBytes, tarPadding } from './tar-header.ts';

const folder = mkdtempSync(join(tmpdir(), 'sandyq-tar-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Lists a tar file of one entry whose data are a hole. */
function listSparse(name: string, size: number): string {
  const path = join(folder, 'sparse.tar');
  writeFileSync(path, tarHeader(name, size));
  truncateSync(path, tarHeaderBytes(name) + size + tarPadding(size) + tarEndBytes);
  return execFileSync('tar', ['-tvf', path], { encoding: 'utf8' }).trim();
}

describe('tarHeader', () => {
  it('is one block that tar reads, for names up to 100 bytes', () => {
    const name = `1-${'9'.repeat(94)}.dcm`;
    expect(name).toHaveLength(100);
    expect(tarHeader(name, 5)).toHaveLength(512);
    expect(listSparse(name, 5)).toMatch(new RegExp(`^-r--r--r-- 0/0 +5 1970-01-01 .* ${name}$`));
  });

  it('carries longer names in a pax record', () => {
    for (const length of [101, 150, maximumNameBytes]) {
      const name = `1-${'7'.repeat(length - 6)}.dcm`;
      expect(tarHeader(name, 12_345)).toHaveLength(1536);
      expect(listSparse(name, 12_345)).toContain(` 12345 1970-01-01`);
      expect(listSparse(name, 12_345).endsWith(` ${name}`)).toBe(true);
    }
  });

  it.each([0, 1, 8 * 1024 ** 3 - 1, 8 * 1024 ** 3, 3 * 1024 ** 4])('says a size of %d bytes', (size) => {
    expect(tarHeader('1-1.2.dcm', size)).toHaveLength(tarHeaderBytes('1-1.2.dcm'));
    expect(listSparse('1-1.2.dcm', size)).toContain(` ${size} 1970-01-01`);
  });

  it('refuses names and sizes no tar file can hold', () => {
    const refused: readonly [string, number][] = [
      ['', 1],
      ['a b', 1],
      ['ä', 1],
      ['a\n', 1],
      ['x'.repeat(maximumNameBytes + 1), 1],
      ['a', -1],
      ['a', 1.5],
    ];
    for (const [name, size] of refused) expect(() => tarHeader(name, size)).toThrow(StorageError);
  });
});

describe('tarPadding', () => {
  it('fills up to a whole block', () => {
    expect([0, 1, 511, 512, 513].map(tarPadding)).toEqual([0, 511, 1, 0, 511]);
  });
});

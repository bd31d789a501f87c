// Any tar reads a segment: the content is what was stored, with no program of ours.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import type { SealedSegment } from './segment-writer.ts';
import {
  type SampleEntry,
  sampleBytes,
  sampleEntry,
  sampleSpool,
  sealSegment,
} from './testing/segment-kit.ts';

const folder = mkdtempSync(join(tmpdir(), 'sandyq-tar-'));
const oddUid = `1.2/../${'ә'.repeat(20)} $(x)`;
const entries: readonly SampleEntry[] = [
  sampleEntry(1000, 1),
  sampleEntry(512, 2),
  sampleEntry(0, 3),
  { request: { sopInstanceUid: oddUid, role: 'part10' }, bytes: sampleBytes(700_000, 4) },
];
let sealed: SealedSegment;

beforeAll(async () => {
  const { spool } = await sampleSpool(nodeFileSystem(), join(folder, 'spool'));
  sealed = await sealSegment(spool, entries);
});
afterAll(() => rmSync(folder, { recursive: true }));

function content(extracted: string, name: string): Buffer {
  return readFileSync(join(extracted, name));
}

describe('a segment is a tar file', () => {
  const names = ['1-1.2.3.4.5.1.dcm', '2-1.2.3.4.5.2.dcm', '3-1.2.3.4.5.3.dcm'];
  const oddName = `4-1.2%2F..%2F${'%D3%99'.repeat(20)}%20%24%28x%29.dcm`;
  const all = [...names, oddName, 'metadata', 'receipt.json', 'trailer'];

  it('that tar lists in order', () => {
    const list = spawnSync('tar', ['-tf', sealed.path], { encoding: 'utf8' });
    expect({ lines: list.stdout.trim().split('\n'), warnings: list.stderr }).toEqual({
      lines: all,
      warnings: '',
    });
  });

  it('that tar extracts, byte for byte', () => {
    const extracted = join(folder, 'extracted');
    mkdirSync(extracted);
    const result = spawnSync('tar', ['-xf', sealed.path, '-C', extracted], { encoding: 'utf8' });
    expect({ status: result.status, warnings: result.stderr }).toEqual({ status: 0, warnings: '' });
    expect(readdirSync(extracted).sort()).toEqual([...all].sort());
    for (const [index, entry] of entries.entries()) {
      expect(content(extracted, all[index] ?? '').equals(entry.bytes)).toBe(true);
    }
    const metadata = execFileSync('gzip', ['-dc'], {
      input: content(extracted, 'metadata'),
      encoding: 'utf8',
    });
    expect(metadata.split('\n')).toHaveLength(entries.length + 1);
    expect(JSON.parse(content(extracted, 'receipt.json').toString())).toMatchObject({ segmentId: sealed.id });
    const digest = execFileSync('sha256sum', [join(extracted, 'receipt.json')], { encoding: 'utf8' }).slice(
      0,
      64,
    );
    expect(content(extracted, 'trailer').toString()).toContain(`receipt-sha256 ${digest}\n`);
    expect(sealed.key).toContain(`-${digest.slice(0, 16)}.tar`);
  });

  it.skipIf(spawnSync('python3', ['-V']).status !== 0)('that Python reads', () => {
    const program = [
      'import hashlib, sys, tarfile',
      'archive = tarfile.open(sys.argv[1])',
      'for member in archive: print(member.name, member.size, hashlib.sha256(archive.extractfile(member).read()).hexdigest())',
    ].join('\n');
    const lines = execFileSync('python3', ['-c', program, sealed.path], { encoding: 'utf8' })
      .trim()
      .split('\n');
    expect(lines.slice(0, 4)).toEqual(
      sealed.receipt.entries.map(({ name, length, sha256 }) => `${name} ${length} ${sha256}`),
    );
    expect(lines).toHaveLength(7);
  });
});

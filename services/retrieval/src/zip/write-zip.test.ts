import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32, inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directory, writeZip, type ZippedFile } from './write-zip.ts';

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandyq-zip-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const text = (index: number) => Buffer.from(`content of file ${index}\n`.repeat(index * 10_000));

function* files(): Generator<ZippedFile> {
  yield { name: 'SE000001/IM000001.dcm', isLarge: false, body: [text(1), text(2), Buffer.alloc(0)] };
  yield { name: 'SE000001/IM000002.dcm', isLarge: true, body: [text(3)] };
  yield { name: 'пусто.txt', isLarge: false, body: [] };
}

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('a zip file', () => {
  it('is read by unzip and by zipfile of Python, with every byte and CRC', async () => {
    const path = join(folder, 'three.zip');
    await writeFile(path, await bytesOf(writeZip(files())));
    expect((await run('unzip', ['-t', path])).stdout).toContain('No errors detected');
    const script = [
      'import zipfile, sys, hashlib, json',
      'z = zipfile.ZipFile(sys.argv[1])',
      'assert z.testzip() is None',
      'print(json.dumps([[i.filename, i.file_size, hashlib.sha256(z.read(i)).hexdigest()] for i in z.infolist()]))',
    ].join('\n');
    const listed: unknown = JSON.parse((await run('python3', ['-c', script, path])).stdout);
    const digest = async (body: Uint8Array) =>
      Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(body))).toString('hex');
    const first = Buffer.concat([text(1), text(2)]);
    expect(listed).toEqual([
      ['SE000001/IM000001.dcm', first.length, await digest(first)],
      ['SE000001/IM000002.dcm', text(3).length, await digest(text(3))],
      ['пусто.txt', 0, await digest(Buffer.alloc(0))],
    ]);
  });

  it('can be read from its beginning, without the directory: each file ends by itself', async () => {
    const zip = await bytesOf(writeZip(files()));
    const start = 30 + zip.readUInt16LE(26) + zip.readUInt16LE(28);
    const { buffer: inflated, engine } = inflateRawSync(zip.subarray(start), { info: true }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    expect(inflated.equals(Buffer.concat([text(1), text(2)]))).toBe(true);
    const descriptor = zip.subarray(start + engine.bytesWritten);
    expect(descriptor.toString('latin1', 0, 4)).toBe('PK\x07\x08');
    expect(descriptor.readUInt32LE(4)).toBe(crc32(inflated));
  });

  it('has the same bytes each time', async () => {
    expect((await bytesOf(writeZip(files()))).equals(await bytesOf(writeZip(files())))).toBe(true);
  });

  it('has no end when a source fails, and stops the source when nobody reads on', async () => {
    let isStopped = false;
    async function* body() {
      try {
        yield text(1);
        throw new Error('damaged');
      } finally {
        isStopped = true;
      }
    }
    const file = { name: 'a.dcm', isLarge: false };
    await expect(bytesOf(writeZip([{ ...file, body: body() }]))).rejects.toThrow('damaged');
    isStopped = false;
    for await (const piece of writeZip([{ ...file, body: body() }])) if (piece.length > 60_000) break;
    expect(isStopped).toBe(true);
  });
});

describe('beyond 4 GiB (zip64)', () => {
  it('a file that was not announced as large is an error, never a wrong length', async () => {
    const file = { name: 'a', isLarge: false, body: [Buffer.alloc(600), Buffer.alloc(600)] };
    const reading = bytesOf(writeZip([file], 1_000));
    await expect(reading).rejects.toThrow('longer than its place');
  });

  it('lengths, offsets and counts of 64 bits are read by Python', async () => {
    const entry = { name: Buffer.from('a.dcm'), crc32: 7, isLarge: true };
    const large = { ...entry, offset: 0, length: 5 * 2 ** 32 + 1, storedLength: 5 * 2 ** 32 + 9 };
    const small = { ...entry, name: Buffer.from('b.dcm'), offset: 2 ** 33, length: 3, storedLength: 8 };
    const many = Array.from({ length: 70_000 }, (_, index) => ({
      ...entry,
      name: Buffer.from(`${index}`),
      offset: 40 * index,
      length: 1,
      storedLength: 11,
      isLarge: false,
    }));
    // Only the directories: Python reads nothing else to list them. What comes before is not written, so offsets are moved to fit.
    const script = [
      'import zipfile, sys, json',
      'class Sparse:',
      '  def __init__(self, path, before): self.f = open(path, "rb"); self.b = before; self.p = 0; self.f.seek(0, 2); self.n = before + self.f.tell()',
      '  def seek(self, o, w=0):',
      '    self.p = o if w == 0 else (self.p + o if w == 1 else self.n + o); return self.p',
      '  def tell(self): return self.p',
      '  def seekable(self): return True',
      '  def read(self, k=-1):',
      '    k = self.n - self.p if k < 0 else k; self.f.seek(self.p - self.b); d = self.f.read(k); self.p += len(d); return d',
      'z = zipfile.ZipFile(Sparse(sys.argv[1], int(sys.argv[2])))',
      'i = z.infolist()',
      'print(json.dumps([len(i), [[x.filename, x.header_offset, x.file_size, x.compress_size] for x in i[:2]]]))',
    ].join('\n');
    const listed = async (entries: Parameters<typeof directory>[0], before: number): Promise<unknown> => {
      const path = join(folder, `directory-${before}`);
      await writeFile(path, Buffer.concat([...directory(entries, before)]));
      return JSON.parse((await run('python3', ['-c', script, path, String(before)])).stdout);
    };
    expect(await listed([large, small], 2 ** 34)).toEqual([
      2,
      [
        ['a.dcm', 0, large.length, large.storedLength],
        ['b.dcm', 2 ** 33, 3, 8],
      ],
    ]);
    expect(await listed(many, 70_000 * 40)).toEqual([
      70_000,
      [
        ['0', 0, 1, 11],
        ['1', 40, 1, 11],
      ],
    ]);
  });
});

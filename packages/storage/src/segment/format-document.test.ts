// Reads a stored segment as docs/storage-format.md says, with plain code and nothing of ours: what a stranger would
// write. If this fails, the document or the format is wrong. Section numbers are those of the document.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { goldenEntries, goldenMetadata, receivedGolden, rewrittenGolden } from './testing/golden-segments.ts';

const document = readFileSync(
  fileURLToPath(new URL('../../../../docs/storage-format.md', import.meta.url)),
  'utf8',
);

interface Entry {
  ordinal: number;
  name: string;
  role: string;
  sopInstanceUid: string;
  offset: number;
  length: number;
  sha256: string;
  crc32: string;
  pixelData?: PixelData;
  origin?: string;
}

interface PixelData {
  kind: string;
  offset: number;
  frames: number;
  bitsPerFrame: number;
  table: [number, number];
  fragments: [number, number][];
}

interface Receipt {
  segmentId: string;
  studyInstanceUid: string;
  entries: Entry[];
  metadata: { offset: number; length: number; sha256: string };
  originals: Receipt[];
}

interface TarMember {
  name: string;
  offset: number;
  length: number;
}

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** §11 Open, §7, §10. */
function openByDocument(key: string, object: Buffer): Receipt {
  const size = object.length;
  expect(object.subarray(size - 1024).every((byte) => byte === 0)).toBe(true);
  const trailer = object.subarray(size - 1536, size - 1536 + 179).toString('ascii');
  const lines = trailer.split('\n');
  expect(lines.slice(0, 2)).toEqual(['sandyq segment trailer', 'format 0001']);
  const [offset, length] = [lines[2], lines[3]].map((line) => Number(line?.split(' ')[1]));
  if (offset === undefined || length === undefined) throw new Error('no trailer');
  const bytes = object.subarray(offset, offset + length);
  const digest = sha256(bytes);
  expect(`receipt-sha256 ${digest}`).toBe(lines[4]);
  expect(size).toBe(offset + Math.ceil(length / 512) * 512 + 512 + 512 + 1024);
  const receipt: Receipt = JSON.parse(bytes.toString('utf8'));
  const study = sha256(receipt.studyInstanceUid).slice(0, 32);
  expect(key).toBe(`v1/${study.slice(0, 2)}/${study}/${receipt.segmentId}-${digest.slice(0, 16)}.tar`);
  return receipt;
}

/** §2, §3: every member of the tar file, headers checked field by field. */
function readTar(object: Buffer): TarMember[] {
  const members: TarMember[] = [];
  let longName: string | undefined;
  for (let start = 0; object[start] !== 0; ) {
    const header = object.subarray(start, start + 512);
    const { name, size, type } = readTarHeader(header);
    const data = object.subarray(start + 512, start + 512 + size);
    if (type === 'x') {
      const record = data.toString('ascii');
      expect(Number(record.split(' ')[0])).toBe(record.length);
      longName = record.slice(record.indexOf('path=') + 5, -1);
    } else {
      if (longName !== undefined) expect(name).toBe(longName.slice(0, 100));
      members.push({ name: longName ?? name, offset: start + 512, length: size });
      longName = undefined;
    }
    const end = start + 512 + Math.ceil(size / 512) * 512;
    expect(object.subarray(start + 512 + size, end).every((byte) => byte === 0)).toBe(true);
    start = end;
  }
  return members;
}

function readTarHeader(header: Buffer): { name: string; size: number; type: string } {
  const text = header.toString('latin1');
  const zeros = (count: number) => '\0'.repeat(count);
  const summed = text.slice(0, 148) + ' '.repeat(8) + text.slice(156);
  const sum = [...summed].reduce((total, character) => total + character.charCodeAt(0), 0);
  expect(text.slice(148, 156)).toBe(`${sum.toString(8).padStart(6, '0')}\0 `);
  expect(text.slice(100, 124)).toBe('0000444\x000000000\x000000000\0');
  expect(text.slice(136, 148)).toBe('00000000000\0');
  expect(text.slice(157)).toBe(`${zeros(100)}ustar\x0000${zeros(64)}0000000\x000000000\0${zeros(167)}`);
  const size =
    header[124] === 0x80 ? Number(header.readBigUInt64BE(128)) : Number.parseInt(text.slice(124, 135), 8);
  return { name: text.slice(0, 100).replace(/\0+$/, ''), size, type: text.slice(156, 157) };
}

/** §8, as written there. */
function blocksByDocument(entry: Entry): [number, number][] {
  const ends: number[] = [];
  const { pixelData } = entry;
  if (pixelData) ends.push(pixelData.offset);
  if (pixelData?.kind === 'native') {
    for (let i = 0; i < pixelData.frames; i += 1) {
      ends.push(pixelData.offset + Math.ceil(((i + 1) * pixelData.bitsPerFrame) / 8));
    }
  }
  if (pixelData?.kind === 'encapsulated') {
    for (const [offset, length] of [pixelData.table, ...pixelData.fragments]) ends.push(offset + length);
  }
  ends.push(entry.length);
  const blocks: [number, number][] = [];
  let start = 0;
  for (const end of ends.sort((a, b) => a - b)) {
    while (end - start > 1048576) {
      blocks.push([start, start + 1048576]);
      start += 1048576;
    }
    if (end > start) {
      blocks.push([start, end]);
      start = end;
    }
  }
  return blocks;
}

/** §8: bit by bit, from the definition. */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** RFC 8785 for objects, arrays, strings, whole numbers and null. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}

/** Names of all members anywhere in a JSON value. */
function memberNames(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(memberNames)];
}

describe.each([receivedGolden, rewrittenGolden])('by the document, the segment $key', ({ key, bytes }) => {
  const receipt = openByDocument(key, bytes);

  it('is a tar file with the entries of the receipt', () => {
    const closing = ['metadata', 'receipt.json', 'trailer'];
    const members = readTar(bytes);
    expect(members.map(({ name }) => name)).toEqual([...receipt.entries.map(({ name }) => name), ...closing]);
    expect(members.slice(0, -3)).toEqual(
      receipt.entries.map(({ name, offset, length }) => ({ name, offset, length })),
    );
    expect(members.at(-3)).toMatchObject({
      offset: receipt.metadata.offset,
      length: receipt.metadata.length,
    });
  });

  it('has the digests, blocks and CRCs of the receipt', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
    for (const entry of receipt.entries) {
      const data = bytes.subarray(entry.offset, entry.offset + entry.length);
      expect(sha256(data)).toBe(entry.sha256);
      const crcs = Buffer.from(entry.crc32, 'base64');
      const blocks = blocksByDocument(entry);
      expect(crcs.length).toBe(4 * blocks.length);
      expect(blocks.map(([start, end]) => crc32(data.subarray(start, end)))).toEqual(
        blocks.map((_block, index) => crcs.readUInt32LE(4 * index)),
      );
    }
  });

  it('has a line of metadata for each entry', () => {
    const { offset, length, sha256: digest } = receipt.metadata;
    const compressed = bytes.subarray(offset, offset + length);
    expect(sha256(compressed)).toBe(digest);
    const lines = gunzipSync(compressed).toString('utf8').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines).toHaveLength(receipt.entries.length);
    for (const [index, line] of lines.entries()) {
      const entry = receipt.entries[index];
      const json = JSON.parse(line) as Record<string, { Value: unknown[] }> | null;
      expect(json?.['00080018']?.Value).toEqual(
        entry?.role === 'part10' ? [entry.sopInstanceUid] : undefined,
      );
    }
  });

  it('has names that follow from ordinals and UIDs', () => {
    for (const [index, entry] of receipt.entries.entries()) {
      const uid = /^[0-9.]{1,64}$/.test(entry.sopInstanceUid)
        ? entry.sopInstanceUid
        : [...Buffer.from(entry.sopInstanceUid)]
            .map((byte) => [byte, String.fromCharCode(byte)] as const)
            .map(([byte, text]) =>
              /[A-Za-z0-9._-]/.test(text) ? text : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
            )
            .join('');
      expect(entry.name).toBe(`${index + 1}-${uid}.${entry.role === 'part10' ? 'dcm' : 'part'}`);
      expect(entry.ordinal).toBe(index + 1);
    }
  });

  it('has a receipt in canonical JSON, all of whose members the document names', () => {
    const text = canonical(receipt);
    expect(sha256(text).slice(0, 16)).toBe(key.slice(-20, -4));
    const names = [...new Set(memberNames(receipt))];
    expect(names.filter((name) => !document.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('by the document', () => {
  it('the received segment holds the bytes that were received', () => {
    const receipt = openByDocument(receivedGolden.key, receivedGolden.bytes);
    const stored = receipt.entries.map(({ offset, length }) =>
      receivedGolden.bytes.subarray(offset, offset + length),
    );
    expect(stored.map(sha256)).toEqual(goldenEntries.map(({ bytes }) => sha256(bytes)));
    const { offset, length } = receipt.metadata;
    const metadata = gunzipSync(receivedGolden.bytes.subarray(offset, offset + length)).toString();
    expect(metadata).toBe(goldenMetadata.map((line) => `${line}\n`).join(''));
  });

  it('a rewrite carries originals with their own digest, which certify its entries', () => {
    const receipt = openByDocument(rewrittenGolden.key, rewrittenGolden.bytes);
    const [original] = receipt.originals;
    expect(sha256(canonical(original)).slice(0, 16)).toBe(receivedGolden.key.slice(-20, -4));
    for (const entry of receipt.entries) {
      expect(entry.origin).toBe(original?.segmentId);
      expect(
        original?.entries.some(({ sha256: digest, role, length, sopInstanceUid }) => {
          return (
            digest === entry.sha256 &&
            role === entry.role &&
            length === entry.length &&
            sopInstanceUid === entry.sopInstanceUid
          );
        }),
      ).toBe(true);
    }
  });

  it('the example of blocks is right', () => {
    const pixelData = {
      kind: 'native',
      offset: 100,
      frames: 2,
      bitsPerFrame: 3200,
      table: [0, 0],
      fragments: [],
    } satisfies PixelData;
    const blocks = blocksByDocument({ length: 1000, pixelData } as unknown as Entry);
    expect(document).toContain(blocks.map(([start, end]) => `[${start}, ${end})`).join(', '));
  });
});

// Every way to change a stored segment is noticed, and none lets a wrong byte out.
import { createHash } from 'node:crypto';
import type { PixelDataLayout } from '@sandyq/dicom';
import { beforeAll, describe, expect, it } from 'vitest';
import { isStorageError } from '../errors.ts';
import { openSegment } from './open-segment.ts';
import { entryReference, readEntryBytes } from './read-entry.ts';
import { readSegmentMetadata } from './read-segment-metadata.ts';
import { buildSegmentKey } from './segment-key.ts';
import type { SealedSegment } from './segment-writer.ts';
import { storeSegment } from './store-segment.ts';
import { MemoryStore } from './testing/memory-store.ts';
import { newId, type SampleEntry, sampleEntry, sampleSpool, sealSegment } from './testing/segment-kit.ts';
import { verifySegment } from './verify-segment.ts';

const pixelData: PixelDataLayout = { kind: 'native', offset: 60, length: 100, bitsPerFrame: 399, frames: 2 };
const entries: readonly SampleEntry[] = [
  sampleEntry(170, 1, pixelData),
  { ...sampleEntry(90, 2), request: { sopInstanceUid: `1.2/${'x'.repeat(100)}`, role: 'part10' } },
];
let store: MemoryStore;
let sealed: SealedSegment;
let whole: Buffer;

beforeAll(async () => {
  const { spool, fileSystem } = await sampleSpool();
  store = new MemoryStore(fileSystem);
  sealed = await sealSegment(spool, entries);
  await storeSegment(store, sealed);
  whole = store.bytesOf(sealed.key);
});

function replaceObject(bytes: Buffer): void {
  store.replace(sealed.key, bytes);
}

/** Reads everything; throws if a byte came out that was not put in. Returns which reads noticed damage. */
async function readAll(): Promise<{
  readonly entries: number[];
  readonly verification: boolean;
  readonly opening: boolean;
}> {
  const noticed: number[] = [];
  for (const entry of sealed.receipt.entries) {
    const wanted = entries[entry.ordinal - 1]?.bytes;
    const read = await readEntryBytes(store, entryReference(sealed.key, entry)).catch(damageOnly);
    if (read === undefined) noticed.push(entry.ordinal);
    else if (wanted === undefined || !read.equals(wanted)) throw new Error('wrong bytes were served');
  }
  const opened = await openSegment(store, sealed.key).catch(damageOnly);
  if (opened !== undefined) expect(opened.receiptSha256).toBe(sealed.receiptSha256);
  const { faults } = await verifySegment(store, sealed.key);
  return { entries: noticed, opening: opened === undefined, verification: faults.length > 0 };
}

function damageOnly(error: unknown): undefined {
  if (isStorageError(error, 'damaged') || isStorageError(error, 'short-read')) return undefined;
  throw error;
}

describe('a segment with one wrong bit', () => {
  it('is noticed wherever the bit is, by verification always, by every read of the byte', {
    timeout: 120_000,
  }, async () => {
    const unnoticed: number[] = [];
    for (let index = 0; index < whole.length; index += 1) {
      const changed = Buffer.from(whole);
      changed[index] = (whole[index] ?? 0) ^ (1 << (index % 8));
      replaceObject(changed);
      const noticed = await readAll();
      if (!noticed.verification) unnoticed.push(index);
      expect(noticed.entries).toEqual(ordinalAt(index));
    }
    replaceObject(whole);
    expect(unnoticed).toEqual([]);
    expect(whole.length).toBeGreaterThan(5000);
  });

  it('is noticed in receipt and trailer when it is opened', { timeout: 120_000 }, async () => {
    const receiptStart = whole.indexOf('{"compression"');
    const receiptEnd = whole.indexOf('\0', receiptStart);
    for (let index = receiptStart; index < receiptEnd; index += 1)
      await expectNotOpened(index * 8 + (index % 8));
    const trailerStart = whole.length - 1536;
    for (let bit = trailerStart * 8; bit < (trailerStart + 200) * 8; bit += 1) await expectNotOpened(bit);
    for (let index = trailerStart; index < whole.length; index += 1)
      await expectNotOpened(index * 8 + (index % 8));
    replaceObject(whole);
  });

  async function expectNotOpened(bit: number): Promise<void> {
    const changed = Buffer.from(whole);
    changed[bit >> 3] = (whole[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    replaceObject(changed);
    await expect(openSegment(store, sealed.key)).rejects.toMatchObject({ code: 'damaged' });
  }

  it('is told by part and place', async () => {
    const places = [
      [5, { part: 'tar-header', offset: 5, ordinal: 1 }],
      [512 + 61, { part: 'entry', offset: 512 + 60, ordinal: 1 }],
      [512 + 171, { part: 'padding', offset: 512 + 171, ordinal: 1 }],
      [sealed.receipt.metadata.offset + 3, { part: 'metadata', offset: sealed.receipt.metadata.offset }],
      [whole.length - 3, { part: 'receipt', offset: whole.length - 1536 }],
    ] as const;
    for (const [index, fault] of places) {
      const changed = Buffer.from(whole);
      changed[index] = (whole[index] ?? 0) ^ 1;
      replaceObject(changed);
      expect((await verifySegment(store, sealed.key)).faults).toEqual([expect.objectContaining(fault)]);
    }
    replaceObject(whole);
  });
});

describe('a segment that lost its end, or gained one', () => {
  it('is noticed at every length', { timeout: 120_000 }, async () => {
    for (let length = 0; length < whole.length; length += length < whole.length - 600 ? 37 : 1) {
      replaceObject(whole.subarray(0, length));
      expect(await readAll()).toMatchObject({ opening: true, verification: true });
    }
    replaceObject(Buffer.concat([whole, Buffer.alloc(512)]));
    expect(await readAll()).toMatchObject({ opening: true, verification: true });
    replaceObject(whole);
  });

  it('is noticed when the store says another size than it has', async () => {
    await expect(openSegment(store, sealed.key, { size: whole.length + 512 })).rejects.toMatchObject({
      code: 'damaged',
    });
  });
});

describe('a segment under a key that is not its own', () => {
  const wrongKeys = () => [
    buildSegmentKey('1.2.3.5', sealed.id, sealed.receiptSha256),
    buildSegmentKey('1.2.3.4', newId(), sealed.receiptSha256),
    buildSegmentKey('1.2.3.4', sealed.id, createHash('sha256').update('other').digest('hex')),
  ];

  it('is not opened', async () => {
    for (const key of wrongKeys()) {
      store.replace(key, whole);
      await expect(openSegment(store, key)).rejects.toMatchObject({
        code: 'damaged',
        message: expect.stringContaining(key),
      });
      expect((await verifySegment(store, key)).faults).toHaveLength(1);
    }
  });

  it('is not found where there is none', async () => {
    const key = buildSegmentKey('1.2.3.9', newId(), sealed.receiptSha256);
    await expect(openSegment(store, key)).rejects.toMatchObject({ code: 'not-found' });
    await expect(verifySegment(store, key)).rejects.toMatchObject({ code: 'not-found' });
    await expect(openSegment(store, 'quarantine/aa/bb')).rejects.toMatchObject({ code: 'invalid-key' });
  });
});

describe('damaged metadata', () => {
  it('are not read', async () => {
    const changed = Buffer.from(whole);
    const { offset } = sealed.receipt.metadata;
    changed[offset + 20] = (whole[offset + 20] ?? 0) ^ 4;
    replaceObject(changed);
    await expect(readSegmentMetadata(store, sealed.key, sealed.receipt)).rejects.toMatchObject({
      code: 'damaged',
    });
    replaceObject(whole);
  });
});

describe('an index that is wrong about an entry', () => {
  it('leads to damage, never to other bytes', async () => {
    const [entry] = sealed.receipt.entries;
    if (entry === undefined) throw new Error('no entry');
    const reference = entryReference(sealed.key, entry);
    const wrong = [
      { ...reference, offset: reference.offset + 1 },
      { ...reference, length: reference.length - 1 },
      { ...reference, crc32: reference.crc32.subarray(4) },
      { ...reference, pixelData: undefined },
    ];
    for (const other of wrong) {
      await expect(readEntryBytes(store, other)).rejects.toMatchObject({ code: 'damaged' });
    }
    await expect(readEntryBytes(store, reference, { offset: 0, length: 171 })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    await expect(readEntryBytes(store, reference, { offset: -1, length: 1 })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    await expect(readEntryBytes(store, reference, { offset: 0, length: 2 ** 40 })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});

/** Ordinals of the entries that the byte belongs to: its data only. */
function ordinalAt(index: number): number[] {
  return sealed.receipt.entries
    .filter(({ offset, length }) => index >= offset && index < offset + length)
    .map(({ ordinal }) => ordinal);
}

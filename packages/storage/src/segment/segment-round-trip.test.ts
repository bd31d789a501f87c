import { createHash } from 'node:crypto';
import type { PixelDataLayout } from '@sandyq/dicom';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LossyFileSystem } from '../file-system/lossy-file-system.ts';
import { blockBoundaries } from './block-boundaries.ts';
import { openSegment, tailBytes } from './open-segment.ts';
import { entryReference, readEntry, readEntryBytes } from './read-entry.ts';
import { readSegmentMetadata } from './read-segment-metadata.ts';
import { storeSegment } from './store-segment.ts';
import { MemoryStore } from './testing/memory-store.ts';
import {
  metadataOf,
  type SampleEntry,
  sampleBytes,
  sampleEntry,
  sampleHeader,
  sampleSpool,
  sealSegment,
  writeEntry,
} from './testing/segment-kit.ts';
import { verifySegment } from './verify-segment.ts';

describe('a segment', () => {
  it('gives back what was written, whatever the entries, the chunks and the layouts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryEntry, { minLength: 1, maxLength: 5 }),
        arbitraryChunks,
        async (drawn, chunks) => {
          const entries = drawn.map(numbered);
          const { spool, fileSystem } = await sampleSpool();
          const store = new MemoryStore(fileSystem, chunks[0]);
          const segment = await spool.create(sampleHeader);
          for (const entry of entries) await writeEntry(segment, entry, chunks);
          const sealed = await segment.seal();
          await storeSegment(store, sealed);
          const opened = await openSegment(store, sealed.key);
          expect(opened.receipt).toEqual(sealed.receipt);
          for (const [index, entry] of entries.entries()) {
            const receiptEntry = opened.receipt.entries[index];
            if (receiptEntry === undefined) throw new Error('an entry is missing');
            const { bytes, pixelData } = entry;
            const reference = entryReference(sealed.key, receiptEntry);
            expect(receiptEntry.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
            expect(reference.crc32.length).toBe(
              4 * blockBoundaries({ length: bytes.length, pixelData }).length,
            );
            expect((await readEntryBytes(store, reference)).equals(bytes)).toBe(true);
          }
          expect((await verifySegment(store, sealed.key)).faults).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives back any range of an entry and no byte more', async () => {
    const pixelData: PixelDataLayout = {
      kind: 'native',
      offset: 300,
      length: 9000,
      bitsPerFrame: 8001,
      frames: 8,
    };
    const { store, key, entry, bytes } = await storedEntry(10_000, pixelData);
    await fc.assert(
      fc.asyncProperty(fc.nat(10_000), fc.nat(10_000), async (one, other) => {
        const range = { offset: Math.min(one, other), length: Math.abs(one - other) };
        const read = await readEntryBytes(store, entryReference(key, entry), range);
        expect(read.equals(bytes.subarray(range.offset, range.offset + range.length))).toBe(true);
      }),
    );
  });

  it('is opened with one read of its tail, and a second when the receipt is longer', async () => {
    const few = await storedEntry(10, undefined);
    few.store.reads.length = 0;
    await openSegment(few.store, few.key);
    expect(few.store.reads).toHaveLength(1);

    const fragments = Array.from({ length: 9000 }, (_, index) => [20 + index * 10, 2] as const);
    const layout: PixelDataLayout = {
      kind: 'encapsulated',
      offset: 4,
      length: 90_200,
      table: [12, 0],
      fragments,
      frames: 9000,
    };
    const many = await storedEntry(90_300, layout);
    many.store.reads.length = 0;
    const { receipt, receiptLength } = await openSegment(many.store, many.key);
    expect(receiptLength).toBeGreaterThan(tailBytes);
    expect(many.store.reads).toHaveLength(2);
    expect(receipt.entries[0]?.pixelData).toEqual(layout);
  });

  it('reads no more than the blocks of a frame', async () => {
    const pixelData: PixelDataLayout = {
      kind: 'native',
      offset: 300,
      length: 9000,
      bitsPerFrame: 8000,
      frames: 9,
    };
    const { store, key, entry } = await storedEntry(10_000, pixelData);
    store.reads.length = 0;
    await readEntryBytes(store, entryReference(key, entry), { offset: 2300, length: 1000 });
    expect(store.reads).toEqual([{ key, range: { offset: entry.offset + 2300, length: 1000 } }]);
  });

  it('carries the metadata of each instance, and null for received parts', async () => {
    const { spool, fileSystem } = await sampleSpool();
    const store = new MemoryStore(fileSystem);
    const part: SampleEntry = {
      request: {
        sopInstanceUid: '1.2.3.4.5.2',
        role: 'received',
        received: { contentType: 'application/octet-stream', contentLocation: 'bulk/1' },
      },
      bytes: sampleBytes(33),
    };
    const sealed = await sealSegment(spool, [sampleEntry(10), part, sampleEntry(20, 2)]);
    await storeSegment(store, sealed);
    const metadata = await readSegmentMetadata(store, sealed.key, sealed.receipt);
    expect([...metadata]).toEqual([
      [1, metadataOf('1.2.3.4.5.1')],
      [3, metadataOf('1.2.3.4.5.2')],
    ]);
    expect(sealed.receipt.entries.map(({ name, role }) => [name, role])).toEqual([
      ['1-1.2.3.4.5.1.dcm', 'part10'],
      ['2-1.2.3.4.5.2.part', 'received'],
      ['3-1.2.3.4.5.2.dcm', 'part10'],
    ]);
  });

  it('keeps metadata that are longer than what is gathered in memory', async () => {
    const { spool, fileSystem } = await sampleSpool();
    const store = new MemoryStore(fileSystem);
    const segment = await spool.create(sampleHeader);
    const lines = [1, 2, 3].map((seed) => JSON.stringify(sampleBytes(200_000, seed).toString('base64')));
    for (const [index, line] of lines.entries()) {
      const entry = sampleEntry(10, index + 1);
      const writer = await segment.beginEntry(entry.request);
      await writer.write(entry.bytes);
      const { sopInstanceUid } = entry.request;
      await writer.commit({
        sopInstanceUid,
        sopClassUid: '1.2',
        transferSyntaxUid: '1.2',
        characterSet: { label: [], used: [], flag: 'unknown' },
        metadata: Buffer.from(line),
      });
    }
    const sealed = await segment.seal();
    await storeSegment(store, sealed);
    expect([...(await readSegmentMetadata(store, sealed.key, sealed.receipt)).values()]).toEqual(lines);
  });

  it('holds bytes of a store stream only until their block is complete', async () => {
    const { store, key, entry } = await storedEntry(3 * 1024 * 1024, undefined);
    const lengths: number[] = [];
    for await (const chunk of readEntry(store, entryReference(key, entry))) lengths.push(chunk.length);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(entry.length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(65_536);
  });
});

async function storedEntry(length: number, pixelData: PixelDataLayout | undefined) {
  const { spool, fileSystem } = await sampleSpool(new LossyFileSystem());
  const store = new MemoryStore(fileSystem);
  const sample = sampleEntry(length, 1, pixelData);
  const sealed = await sealSegment(spool, [sample]);
  await storeSegment(store, sealed);
  const entry = sealed.receipt.entries[0];
  if (entry === undefined) throw new Error('no entry');
  return { store, key: sealed.key, entry, bytes: sample.bytes };
}

function numbered(entry: SampleEntry, index: number): SampleEntry {
  return {
    ...entry,
    request: { ...entry.request, sopInstanceUid: `${entry.request.sopInstanceUid}.${index}` },
  };
}

const arbitraryChunks = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 });

const arbitraryNative = fc
  .record({
    before: fc.nat(700),
    after: fc.nat(700),
    bitsPerFrame: fc.integer({ min: 1, max: 9000 }),
    frames: fc.nat(20),
  })
  .map(({ before, after, bitsPerFrame, frames }) => {
    const length = Math.ceil((bitsPerFrame * frames) / 8);
    const pixelData: PixelDataLayout = { kind: 'native', offset: before, length, bitsPerFrame, frames };
    return { length: before + length + after, pixelData };
  });

const arbitraryEncapsulated = fc
  .record({
    before: fc.nat(700),
    after: fc.nat(700),
    table: fc.nat(40),
    lengths: fc.array(fc.nat(3000), { maxLength: 12 }),
  })
  .map(({ before, after, table, lengths }) => {
    let position = before + 8 + table;
    const fragments = lengths.map((length) => {
      const offset = position + 8;
      position = offset + length;
      return [offset, length] as const;
    });
    const length = position + 8 - before;
    const frames = fragments.length;
    const tableItem = [before + 8, table] as const;
    const pixelData: PixelDataLayout = {
      kind: 'encapsulated',
      offset: before,
      length,
      table: tableItem,
      fragments,
      frames,
    };
    return { length: before + length + after, pixelData };
  });

const arbitraryPlain = fc.nat(5000).map((length) => ({ length, pixelData: undefined }));

const arbitraryEntry: fc.Arbitrary<SampleEntry> = fc
  .tuple(
    fc.oneof(arbitraryPlain, arbitraryNative, arbitraryEncapsulated),
    fc.boolean(),
    fc.oneof(
      fc.stringMatching(/^[0-9.]{1,64}$/),
      fc.string({ minLength: 1, maxLength: 10, unit: 'grapheme' }),
    ),
    fc.nat(),
  )
  .map(([{ length, pixelData }, tellCuts, sopInstanceUid, seed]) => ({
    request: { sopInstanceUid, role: 'part10' },
    bytes: sampleBytes(length, seed),
    pixelData,
    tellCuts,
  }));

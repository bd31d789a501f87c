import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../object-store.ts';
import { type StoreEvent, withEvents } from '../wrappers/with-events.ts';
import { openSegment } from './open-segment.ts';
import { openSegmentTail } from './open-segment-tail.ts';
import { readSegmentMetadata } from './read-segment-metadata.ts';
import { rewriteSegments } from './rewrite-segment.ts';
import type { SealedSegment } from './segment-writer.ts';
import { storeSegment } from './store-segment.ts';
import { MemoryStore } from './testing/memory-store.ts';
import {
  metadataOf,
  type SampleEntry,
  sampleBytes,
  sampleEntry,
  sampleFacts,
  sampleHeader,
  sampleSpool,
  sealSegment,
} from './testing/segment-kit.ts';

/** As a CT sends it: 512 × 512 × 16 bits, about 130 attributes. */
const SLICES = 300;
const HEADER_BYTES = 6_000;
const SLICE_BYTES = HEADER_BYTES + 512 * 512 * 2;
const ATTRIBUTES = 130;

async function bench() {
  const { spool, fileSystem } = await sampleSpool();
  const store = new MemoryStore(fileSystem);
  return { spool, fileSystem, store };
}

type Bench = Awaited<ReturnType<typeof bench>>;

/** What reading costs: of the reads that succeeded, how many, and how many bytes. */
function counted(store: ObjectStore): {
  readonly store: ObjectStore;
  readonly cost: () => { gets: number; bytes: number };
} {
  const events: StoreEvent[] = [];
  const watched = withEvents(store, { onEvent: (event) => events.push(event) });
  return {
    store: watched,
    cost: () => ({
      gets: events.filter(({ operation }) => operation === 'read' || operation === 'stat').length,
      bytes: events.reduce((sum, { bytes }) => sum + bytes, 0),
    }),
  };
}

function slice(number: number, pixels: Buffer): SampleEntry {
  return {
    request: { sopInstanceUid: `1.2.840.113619.2.55.3.604688119.971.1234567890.${number}`, role: 'part10' },
    bytes: Buffer.concat([sampleBytes(HEADER_BYTES, number), pixels]),
    pixelData: {
      kind: 'native',
      offset: HEADER_BYTES,
      length: pixels.length,
      frames: 1,
      bitsPerFrame: pixels.length * 8,
    },
    tellCuts: true,
  };
}

/** Values that repeat within a series, and values that do not. */
function attributesOf(number: number): Buffer {
  const attributes = Array.from({ length: ATTRIBUTES }, (_, index) => {
    const tag = (0x00080000 + index * 0x10).toString(16).toUpperCase().padStart(8, '0');
    const own = createHash('sha256').update(`${number} ${index}`).digest('hex').slice(0, 24);
    return [tag, { vr: 'LO', Value: [index % 5 === 0 ? own : `the same for all slices, ${index}`] }];
  });
  return Buffer.from(JSON.stringify(Object.fromEntries(attributes)));
}

async function storeSlices(
  { spool, store }: Bench,
  numbers: readonly number[],
  pixels: Buffer,
): Promise<SealedSegment> {
  const segment = await spool.create(sampleHeader);
  for (const number of numbers) {
    const entry = slice(number, pixels);
    const writer = await segment.beginEntry(entry.request);
    writer.framesFrom(HEADER_BYTES, pixels.length * 8, 1);
    await writer.write(entry.bytes);
    await writer.commit({ ...sampleFacts(entry), metadata: attributesOf(number) });
  }
  const sealed = await segment.seal();
  await storeSegment(store, sealed);
  await spool.remove(sealed);
  return sealed;
}

async function expectCheap({ store }: Bench, key: string, slices: number): Promise<void> {
  const { size } = (await store.stat(key)) ?? { size: 0 };
  const { store: watched, cost } = counted(store);
  const { segment, metadata } = await openSegmentTail(watched, key, { size });
  const { gets, bytes } = cost();
  process.stderr.write(
    `tail of ${slices} slices: ${gets} GETs, ${bytes} of ${size} bytes, ${((bytes / size) * 100).toFixed(2)} %\n`,
  );
  expect(gets).toBeLessThanOrEqual(2);
  expect(bytes / size).toBeLessThan(0.03);
  expect(metadata.size).toBe(slices);
  expect(metadata.get(1)).toBe(attributesOf(1).toString());
  expect(segment).toEqual(await openSegment(store, key));
}

describe('the tail of a segment', () => {
  it(`of ${SLICES} CT slices costs two reads and a fraction of its bytes`, async () => {
    const one = await bench();
    const pixels = sampleBytes(SLICE_BYTES - HEADER_BYTES);
    const { key } = await storeSlices(
      one,
      Array.from({ length: SLICES }, (_, index) => index + 1),
      pixels,
    );
    await expectCheap(one, key, SLICES);
  });

  it(`of ${SLICES} slices that came one by one and were joined costs no more`, async () => {
    const one = await bench();
    const pixels = sampleBytes(SLICE_BYTES - HEADER_BYTES);
    const sources = [];
    for (let number = 1; number <= SLICES; number += 1) {
      const { key, receipt } = await storeSlices(one, [number], pixels);
      sources.push({ key, receipt, ordinals: [1] });
    }
    const sealed = await rewriteSegments(one, {
      sources,
      principal: 'archive:test',
      receivedAt: '2026-01-03T00:00:00.000Z',
    });
    await storeSegment(one.store, sealed);
    expect((await openSegment(one.store, sealed.key)).receipt.originals).toHaveLength(SLICES);
    await expectCheap(one, sealed.key, SLICES);
  });

  it('of one slice is one read', async () => {
    const one = await bench();
    const { key } = await storeSlices(one, [1], sampleBytes(SLICE_BYTES - HEADER_BYTES));
    const { size } = (await one.store.stat(key)) ?? { size: 0 };
    const { store, cost } = counted(one.store);
    await openSegmentTail(store, key, { size });
    expect(cost().gets).toBe(1);
    expect(cost().bytes / size).toBeLessThan(0.04);
  });

  it('says what the segment says, wherever receipt and metadata begin', async () => {
    const one = await bench();
    // Receipts from short to far longer than what is read at first; entries of no length have no blocks.
    for (const count of [1, 7, 40, 120, 400]) {
      const entries = Array.from({ length: count }, (_, index) => sampleEntry(index % 3, index + 1));
      const sealed = await sealSegment(one.spool, entries);
      await storeSegment(one.store, sealed);
      const { segment, metadata } = await openSegmentTail(one.store, sealed.key);
      expect(segment).toEqual(await openSegment(one.store, sealed.key));
      expect(metadata).toEqual(await readSegmentMetadata(one.store, sealed.key, segment.receipt));
      expect(metadata.get(count)).toBe(metadataOf(`1.2.3.4.5.${count}`));
    }
  });

  it('is damaged by any wrong bit of it', async () => {
    const one = await bench();
    const sealed = await sealSegment(one.spool, [sampleEntry(100), sampleEntry(200, 2)]);
    await storeSegment(one.store, sealed);
    const whole = one.store.bytesOf(sealed.key);
    const { receipt, receiptOffset, receiptLength } = await openSegment(one.store, sealed.key);
    const places = [
      receipt.metadata.offset,
      receipt.metadata.offset + receipt.metadata.length - 1,
      receiptOffset,
      receiptOffset + receiptLength - 1,
      whole.length - 1_536,
      whole.length - 1,
    ];
    for (const place of places) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(place) ^ 1, place);
      one.store.replace(sealed.key, flipped);
      await expect(openSegmentTail(one.store, sealed.key), `byte ${place}`).rejects.toMatchObject({
        code: 'damaged',
      });
    }
    one.store.replace(sealed.key, whole.subarray(0, 100));
    await expect(openSegmentTail(one.store, sealed.key)).rejects.toMatchObject({ code: 'damaged' });
  });

  it('is not found where the object is gone', async () => {
    const one = await bench();
    const sealed = await sealSegment(one.spool, [sampleEntry(100)]);
    await expect(openSegmentTail(one.store, sealed.key)).rejects.toMatchObject({ code: 'not-found' });
  });
});

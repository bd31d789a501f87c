import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LossyFileSystem } from '../file-system/lossy-file-system.ts';
import { encodeReceipt } from './encode-receipt.ts';
import { openSegment } from './open-segment.ts';
import { entryReference, readEntryBytes } from './read-entry.ts';
import { readSegmentMetadata } from './read-segment-metadata.ts';
import { SegmentSpool } from './segment-spool.ts';
import {
  goldenEntries,
  goldenHeader,
  goldenMetadata,
  receivedGolden,
  rewrittenGolden,
} from './testing/golden-segments.ts';
import { MemoryStore } from './testing/memory-store.ts';
import { writeEntry } from './testing/segment-kit.ts';
import { verifySegment } from './verify-segment.ts';

const fileSystem = new LossyFileSystem();
const store = new MemoryStore(fileSystem);
for (const { key, bytes } of [receivedGolden, rewrittenGolden]) store.replace(key, bytes);

describe('a segment of version 1', () => {
  it('is read for ever', async () => {
    const { receipt, receiptSha256 } = await openSegment(store, receivedGolden.key);
    expect(receiptSha256).toBe(createHash('sha256').update(encodeReceipt(receipt)).digest('hex'));
    expect(receipt).toMatchObject({ ...goldenHeader, software: 'sandyq 0.1.0', originals: [] });
    for (const [index, { request, bytes, pixelData, bulk }] of goldenEntries.entries()) {
      const entry = receipt.entries[index];
      if (entry === undefined) throw new Error('an entry is missing');
      expect(entry).toMatchObject({
        ...request,
        length: bytes.length,
        characterSet: { flag: 'as-labelled' },
      });
      expect([entry.pixelData, entry.bulk]).toEqual([pixelData, bulk]);
      expect((await readEntryBytes(store, entryReference(receivedGolden.key, entry))).equals(bytes)).toBe(
        true,
      );
    }
    const metadata = await readSegmentMetadata(store, receivedGolden.key, receipt);
    expect([...metadata.values()]).toEqual(goldenMetadata.filter((line) => line !== 'null'));
    expect((await verifySegment(store, receivedGolden.key)).faults).toEqual([]);
  });

  it('is read for ever when it was rewritten', async () => {
    const { receipt } = await openSegment(store, rewrittenGolden.key);
    const original = (await openSegment(store, receivedGolden.key)).receipt;
    expect(receipt.originals).toEqual([original]);
    expect(receipt.entries.map(({ origin }) => origin)).toEqual([original.segmentId, original.segmentId]);
    expect(receipt.source).toEqual({ kind: 'rewrite', of: [original.segmentId] });
    expect((await verifySegment(store, rewrittenGolden.key)).faults).toEqual([]);
  });

  it('is still written as it was, but for what gzip makes of the metadata', async () => {
    const ids = ['019b7c00-0000-7000-8000-000000000000', '019b7c00-0000-7000-8000-000000000001'];
    const newId = () => ids.shift() ?? 'none left';
    const spool = new SegmentSpool({ directory: '/spool', fileSystem, newId, software: 'sandyq 0.1.0' });
    const segment = await spool.create(goldenHeader);
    for (const entry of goldenEntries) await writeEntry(segment, entry);
    const sealed = await segment.seal();
    const { receipt } = await openSegment(store, receivedGolden.key);
    expect({ ...sealed.receipt, metadata: undefined }).toEqual({ ...receipt, metadata: undefined });
    await store.putFile('written/again', sealed);
    const end = receipt.metadata.offset - 512;
    expect(
      store.bytesOf('written/again').subarray(0, end).equals(receivedGolden.bytes.subarray(0, end)),
    ).toBe(true);
  });
});

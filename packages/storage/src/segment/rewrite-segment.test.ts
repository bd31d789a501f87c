import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LossyFileSystem } from '../file-system/lossy-file-system.ts';
import { encodeReceipt } from './encode-receipt.ts';
import { openSegment } from './open-segment.ts';
import { entryReference, readEntryBytes } from './read-entry.ts';
import { readSegmentMetadata } from './read-segment-metadata.ts';
import type { SegmentHeader, SegmentReceipt } from './receipt.ts';
import type { RewriteSource } from './rewrite-request.ts';
import { originalsOf, rewriteSegments, withReceivedParts } from './rewrite-segment.ts';
import type { SegmentSpool } from './segment-spool.ts';
import type { SealedSegment } from './segment-writer.ts';
import { storeSegment } from './store-segment.ts';
import { goldenEntries, receivedGolden } from './testing/golden-segments.ts';
import { MemoryStore } from './testing/memory-store.ts';
import {
  metadataOf,
  type SampleEntry,
  sampleEntry,
  sampleHeader,
  sampleSpool,
  sealSegment,
} from './testing/segment-kit.ts';
import { verifySegment } from './verify-segment.ts';

const by = { principal: 'archive:test', receivedAt: '2026-02-03T04:05:06.789Z' };

/** A spool and a store over the same file system. */
async function kit() {
  const fileSystem = new LossyFileSystem();
  const { spool } = await sampleSpool(fileSystem);
  return { spool, fileSystem, store: new MemoryStore(fileSystem, 1_000) };
}

async function stored(
  { spool, store }: { spool: SegmentSpool; store: MemoryStore },
  entries: readonly SampleEntry[],
  header: Partial<SegmentHeader> = {},
): Promise<RewriteSource> {
  const sealed = await sealSegment(spool, entries, { ...sampleHeader, ...header });
  await storeSegment(store, sealed);
  return wholeSource(sealed);
}

function wholeSource({ key, receipt }: Pick<SealedSegment, 'key' | 'receipt'>): RewriteSource {
  return { key, receipt, ordinals: receipt.entries.map(({ ordinal }) => ordinal) };
}

function sha256OfReceipt(receipt: SegmentReceipt): string {
  return createHash('sha256').update(encodeReceipt(receipt)).digest('hex');
}

describe('a rewrite', () => {
  it('holds every kind of entry bit for bit, with everything that was certified of it', async () => {
    const { spool, store } = await kit();
    store.replace(receivedGolden.key, receivedGolden.bytes);
    const original = (await openSegment(store, receivedGolden.key)).receipt;
    const source = wholeSource({ key: receivedGolden.key, receipt: original });
    const sealed = await rewriteSegments({ store, spool }, { ...by, sources: [source] });
    await storeSegment(store, sealed);

    const { segment, faults } = await verifySegment(store, sealed.key);
    expect(faults).toEqual([]);
    const receipt = segment?.receipt;
    expect(receipt).toMatchObject({
      ...by,
      facility: original.facility,
      device: undefined,
      source: { kind: 'rewrite', of: [original.segmentId] },
      originals: [original],
    });
    expect(sha256OfReceipt(receipt?.originals[0] ?? original)).toContain('edfb7efc2a1f59f0');
    for (const [index, { bytes }] of goldenEntries.entries()) {
      const [entry, before] = [sealed.receipt.entries[index], original.entries[index]];
      if (entry === undefined || before === undefined) throw new Error('an entry is missing');
      expect(entry).toEqual({ ...before, origin: original.segmentId });
      expect((await readEntryBytes(store, entryReference(sealed.key, entry))).equals(bytes)).toBe(true);
    }
    expect(await readSegmentMetadata(store, sealed.key, sealed.receipt)).toEqual(
      await readSegmentMetadata(store, receivedGolden.key, original),
    );
  });

  it('joins chosen entries in order, and takes over the originals of what was a rewrite before', async () => {
    const { spool, store } = await kit();
    const first = await stored({ spool, store }, [sampleEntry(3_000, 1), sampleEntry(10, 2)]);
    const second = await stored({ spool, store }, [sampleEntry(700, 3)]);
    const third = await stored({ spool, store }, [sampleEntry(0, 4)]);
    const joined = await rewriteSegments(
      { store, spool },
      { ...by, sources: [{ ...first, ordinals: [2] }, second] },
    );
    await storeSegment(store, joined);
    const again = await rewriteSegments(
      { store, spool },
      { ...by, sources: [{ ...third, ordinals: [] }, wholeSource(joined)] },
    );
    expect(again.receipt.source).toEqual({ kind: 'rewrite', of: [third.receipt.segmentId, joined.id] });
    expect(again.receipt.entries.map(({ origin, sopInstanceUid }) => [origin, sopInstanceUid])).toEqual([
      [first.receipt.segmentId, '1.2.3.4.5.2'],
      [second.receipt.segmentId, '1.2.3.4.5.3'],
    ]);
    const originals = [first, second, third].map(({ receipt }) => receipt);
    expect(again.receipt.originals).toEqual(originals.sort((a, b) => (a.segmentId < b.segmentId ? -1 : 1)));
    expect(again.receipt.originals.map(sha256OfReceipt).sort()).toEqual(
      originals.flatMap(originalsOf).map(sha256OfReceipt).sort(),
    );
    await storeSegment(store, again);
    expect((await verifySegment(store, again.key)).faults).toEqual([]);
    expect([...(await readSegmentMetadata(store, again.key, again.receipt)).values()]).toEqual([
      metadataOf('1.2.3.4.5.2'),
      metadataOf('1.2.3.4.5.3'),
    ]);
  });

  it('names facility and device where all that is copied has the same', async () => {
    const { spool, store } = await kit();
    const one = await stored({ spool, store }, [sampleEntry(10, 1)]);
    const same = await stored({ spool, store }, [sampleEntry(10, 2)], { device: 'ct-2' });
    const other = await stored({ spool, store }, [sampleEntry(10, 3)], { facility: 'elsewhere' });
    const header = async (sources: RewriteSource[]) => {
      const { receipt } = await rewriteSegments({ store, spool }, { ...by, sources });
      return [receipt.facility, receipt.device];
    };
    expect(await header([one, same])).toEqual([sampleHeader.facility, undefined]);
    expect(await header([one, other])).toEqual([undefined, sampleHeader.device]);
    expect(await header([one, { ...other, ordinals: [] }])).toEqual([sampleHeader.facility, 'ct-1']);
  });

  it('reads small sources ahead with one read each, and long ones in passing', async () => {
    const { spool, store } = await kit();
    const small = [];
    for (let seed = 1; seed <= 12; seed += 1)
      small.push(await stored({ spool, store }, [sampleEntry(100, seed)]));
    const long = await stored({ spool, store }, [sampleEntry(3 * 1024 * 1024, 99)]);
    store.reads.length = 0;
    const copied: number[] = [];
    const onCopied = async (bytes: number) => void copied.push(bytes);
    const sealed = await rewriteSegments({ store, spool }, { ...by, sources: [...small, long], onCopied });
    const readsOf = (key: string) => store.reads.filter((read) => read.key === key).length;
    expect(small.map(({ key }) => readsOf(key))).toEqual(small.map(() => 1));
    expect(readsOf(long.key)).toBe(2);
    expect(copied).toEqual([...small.map(() => 100), 3 * 1024 * 1024]);
    await storeSegment(store, sealed);
    expect((await verifySegment(store, sealed.key)).faults).toEqual([]);
  });

  it('is read from another copy of the store where it is told to', async () => {
    const { spool, store, fileSystem } = await kit();
    const source = await stored({ spool, store }, [sampleEntry(2_000, 1)]);
    const replica = new MemoryStore(fileSystem);
    replica.replace(source.key, store.bytesOf(source.key));
    store.replace(source.key, Buffer.alloc(10));
    const sealed = await rewriteSegments({ store, spool }, { ...by, sources: [source], readFrom: replica });
    expect(sealed.receipt.entries[0]?.sha256).toBe(source.receipt.entries[0]?.sha256);
  });
});

describe('a rewrite is refused, and leaves nothing in the spool', () => {
  it('where a bit of any source was flipped, naming the key', async () => {
    for (const length of [900, 3 * 1024 * 1024]) {
      const { spool, store, fileSystem } = await kit();
      const whole = await stored({ spool, store }, [sampleEntry(500, 1)]);
      const damaged = await stored({ spool, store }, [sampleEntry(length, 2)]);
      const bytes = store.bytesOf(damaged.key);
      bytes[600] = (bytes[600] ?? 0) ^ 4;
      store.replace(damaged.key, bytes);
      const rewriting = rewriteSegments({ store, spool }, { ...by, sources: [whole, damaged] });
      await expect(rewriting).rejects.toMatchObject({
        code: 'damaged',
        message: expect.stringContaining(damaged.key) as string,
      });
      expect(await tarFiles(fileSystem, spool)).toHaveLength(2);
    }
  });

  it('where a receipt certifies other bytes than its CRCs do', async () => {
    const { spool, store } = await kit();
    const source = await stored({ spool, store }, [sampleEntry(500, 1)]);
    const entries = source.receipt.entries.map((entry) => ({ ...entry, sha256: '0'.repeat(64) }));
    const forged = { ...source, receipt: { ...source.receipt, entries } };
    await expect(rewriteSegments({ store, spool }, { ...by, sources: [forged] })).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining('SHA-256') as string,
    });
  });

  it('where a source is gone, another series, has no such entry, or nothing is to be copied', async () => {
    const { spool, store } = await kit();
    const source = await stored({ spool, store }, [sampleEntry(10, 1)]);
    const other = await stored({ spool, store }, [sampleEntry(10, 2)], { seriesInstanceUid: '1.2.3.4.6' });
    const rewrite = (sources: RewriteSource[]) => rewriteSegments({ store, spool }, { ...by, sources });
    const code = 'invalid-argument';
    await expect(rewrite([source, other])).rejects.toMatchObject({ code });
    await expect(rewrite([{ ...source, ordinals: [2] }])).rejects.toMatchObject({ code });
    await expect(rewrite([{ ...source, ordinals: [] }])).rejects.toMatchObject({ code });
    await expect(rewrite([])).rejects.toMatchObject({ code });
    await store.delete(source.key);
    await expect(rewrite([source])).rejects.toMatchObject({ code: 'not-found' });
  });

  it('where the caller gives up', async () => {
    const { spool, store } = await kit();
    const source = await stored({ spool, store }, [sampleEntry(10, 1), sampleEntry(10, 2)]);
    const giveUp = new AbortController();
    const onCopied = async () => giveUp.abort();
    const request = { ...by, sources: [source], onCopied, signal: giveUp.signal };
    await expect(rewriteSegments({ store, spool }, request)).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('received parts', () => {
  it('go with what was composed of them', async () => {
    const { spool, store } = await kit();
    store.replace(receivedGolden.key, receivedGolden.bytes);
    const { receipt } = await openSegment(store, receivedGolden.key);
    expect(withReceivedParts(receipt, [5])).toEqual([4, 5]);
    expect(withReceivedParts(receipt, [1, 3])).toEqual([1, 3]);
    const source = { key: receivedGolden.key, receipt, ordinals: withReceivedParts(receipt, [5]) };
    const sealed = await rewriteSegments({ store, spool }, { ...by, sources: [source] });
    expect(sealed.receipt.entries.map(({ role, name }) => `${role} ${name.split('-')[0]}`)).toEqual([
      'received 1',
      'part10 2',
    ]);
  });
});

/** Files of segments that are in the spool, sealed or not. */
async function tarFiles(fileSystem: LossyFileSystem, spool: SegmentSpool): Promise<string[]> {
  const names = (await fileSystem.readdir(`/spool/${spool.owner}`)).map(({ name }) => name);
  return names.filter((name) => name.includes('.tar'));
}

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { FileSystem, OpenFile } from '../file-system/file-system.ts';
import { LossyFileSystem } from '../file-system/lossy-file-system.ts';
import { openSegment } from './open-segment.ts';
import { entryReference, readEntryBytes } from './read-entry.ts';
import { storeSegment } from './store-segment.ts';
import { MemoryStore } from './testing/memory-store.ts';
import {
  type SampleEntry,
  sampleBytes,
  sampleEntry,
  sampleFacts,
  sampleHeader,
  sampleSpool,
  sealSegment,
  writeEntry,
} from './testing/segment-kit.ts';
import { verifySegment } from './verify-segment.ts';

describe('a segment whose disk is full', () => {
  it('fails for that reason, also where the next entry could not even begin', async () => {
    const fileSystem = new LossyFileSystem();
    const { spool } = await sampleSpool(fileSystem);
    const segment = await spool.create(sampleHeader);
    fileSystem.restartCount({ failingStep: { step: 1, code: 'no-space' } });
    await writeEntry(segment, sampleEntry(1_000, 1));
    segment.flushSoon();
    await new Promise((resolve) => setImmediate(resolve));
    const next = segment.beginEntry({ sopInstanceUid: '1.2.99', role: 'part10' });
    await expect(next).rejects.toMatchObject({ code: 'no-space' });
    expect(segment.busy).toBe(false);
    await expect(segment.seal()).rejects.toMatchObject({ code: 'no-space' });
    await segment.discard();
  });
});

describe('an entry that is rolled back', () => {
  it('leaves no trace, be it short or longer than a batch', async () => {
    for (const length of [10, 100_000, 3_000_000]) {
      const { spool, fileSystem } = await sampleSpool();
      const store = new MemoryStore(fileSystem);
      const segment = await spool.create(sampleHeader);
      await writeEntry(segment, sampleEntry(1000, 1));
      const refused = await segment.beginEntry({ sopInstanceUid: '1.2.99', role: 'part10' });
      for (let from = 0; from < length; from += 50_000)
        await refused.write(sampleBytes(Math.min(50_000, length - from)));
      await refused.rollback();
      await writeEntry(segment, sampleEntry(2000, 2));
      const sealed = await segment.seal();
      await storeSegment(store, sealed);
      expect(sealed.receipt.entries.map(({ ordinal, length }) => [ordinal, length])).toEqual([
        [1, 1000],
        [2, 2000],
      ]);
      expect((await verifySegment(store, sealed.key)).faults).toEqual([]);
      expect(store.bytesOf(sealed.key).includes('1.2.99')).toBe(false);
    }
  });

  it('gives its bytes first, for quarantine', async () => {
    const { spool, fileSystem } = await sampleSpool();
    const segment = await spool.create(sampleHeader);
    const bytes = sampleBytes(1_500_000, 7);
    const refused = await segment.beginEntry({ sopInstanceUid: '1.2.99', role: 'part10' });
    await refused.write(bytes.subarray(0, 700_000));
    await refused.write(bytes.subarray(700_000));
    const loose = await spool.createLoose();
    for await (const chunk of refused.extract()) await loose.write(chunk);
    await refused.rollback();
    const file = await loose.seal();
    expect(file).toMatchObject({
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    const store = new MemoryStore(fileSystem);
    await store.putFile('quarantine/x', file);
    expect(store.bytesOf('quarantine/x').equals(bytes)).toBe(true);
    await segment.discard();
  });

  it('can be any entry whose facts were refused: its neighbours are kept', async () => {
    const { spool } = await sampleSpool();
    const segment = await spool.create(sampleHeader);
    await writeEntry(segment, sampleEntry(100, 1));
    const good = sampleEntry(100, 2);
    const wrong = [
      { sopInstanceUid: '1.2.98' },
      { sopClassUid: '' },
      { metadata: Buffer.from('{}\n') },
      { metadata: Buffer.alloc(0) },
      { pixelData: { kind: 'native', offset: 0, length: 900, bitsPerFrame: 8, frames: 1 } as const },
      { bulk: [{ path: 'nonsense', vr: 'OW', offset: 1, length: 2 } as const] },
    ];
    for (const change of wrong) {
      const writer = await segment.beginEntry(good.request);
      await writer.write(good.bytes);
      await expect(writer.commit({ ...sampleFacts(good), ...change })).rejects.toMatchObject({
        code: 'invalid-argument',
      });
      await writer.rollback();
    }
    await writeEntry(segment, good);
    expect((await segment.seal()).receipt.entries).toHaveLength(2);
  });
});

describe('the cuts of an entry', () => {
  const fragments = Array.from({ length: 50 }, (_, index) => [28 + index * 1008, 1000] as const);
  const pixelData = {
    kind: 'encapsulated',
    offset: 4,
    length: 50_416,
    table: [12, 8],
    fragments,
    frames: 50,
  } as const;

  it('cost no second pass when they are told in time, and one when they are not', async () => {
    for (const tellCuts of [true, false]) {
      const lossy = new LossyFileSystem();
      const counted = countingReads(lossy);
      const { spool } = await sampleSpool(counted.fileSystem);
      const sealed = await sealSegment(spool, [{ ...sampleEntry(51_000, 1, pixelData), tellCuts }]);
      expect(counted.reads()).toBe(tellCuts ? 0 : 1);
      expect(sealed.receipt.entries[0]?.crc32).toHaveLength(Math.ceil((53 * 4) / 3) * 4);
    }
  });

  it('may be told for a layout that is given up in the end', async () => {
    const { spool, fileSystem } = await sampleSpool();
    const store = new MemoryStore(fileSystem);
    const entry = sampleEntry(51_000, 1);
    const segment = await spool.create(sampleHeader);
    const writer = await segment.beginEntry(entry.request);
    writer.framesFrom(100, 800, 400);
    await writer.write(entry.bytes);
    await expect(
      writer.commit({ ...sampleFacts(entry), pixelData: { ...pixelData, offset: 60_000 } }),
    ).rejects.toMatchObject({ code: 'invalid-argument' });
    const committed = await writer.commit(sampleFacts(entry));
    const sealed = await segment.seal();
    await storeSegment(store, sealed);
    expect((await readEntryBytes(store, entryReference(sealed.key, committed))).equals(entry.bytes)).toBe(
      true,
    );
    expect(entryReference(sealed.key, committed).crc32).toHaveLength(4);
  });
});

describe('a segment writer', () => {
  it('takes one entry at a time, and none when it is sealed or has none', async () => {
    const { spool } = await sampleSpool();
    const segment = await spool.create(sampleHeader);
    await expect(segment.seal()).rejects.toMatchObject({ code: 'invalid-argument' });
    const entry = sampleEntry(10);
    const writer = await segment.beginEntry(entry.request);
    await expect(segment.beginEntry(entry.request)).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(segment.seal()).rejects.toMatchObject({ code: 'invalid-argument' });
    await writer.write(entry.bytes);
    await writer.commit(sampleFacts(entry));
    expect(() => writer.write(entry.bytes)).toThrow(/committed/);
    await segment.seal();
    await expect(segment.beginEntry(entry.request)).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  it('leaves the entry to roll back when its UID can make no name', async () => {
    const { spool } = await sampleSpool();
    const segment = await spool.create(sampleHeader);
    await expect(
      segment.beginEntry({ sopInstanceUid: '1'.repeat(300), role: 'part10' }),
    ).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    await writeEntry(segment, sampleEntry(5));
    expect((await segment.seal()).receipt.entries).toHaveLength(1);
  });

  it('fails for good when fsync fails, and leaves nothing behind', async () => {
    const fileSystem = new LossyFileSystem();
    const { spool } = await sampleSpool(fileSystem);
    const segment = await spool.create(sampleHeader);
    await writeEntry(segment, sampleEntry(1000));
    const before = fileSystem.syncs;
    fileSystem.restartCount({ failingSync: 1 });
    await expect(segment.seal()).rejects.toMatchObject({ code: 'sync-failed' });
    await expect(segment.seal()).rejects.toMatchObject({ code: 'invalid-argument' });
    expect({ before: before > 0, after: fileSystem.syncs }).toEqual({ before: true, after: 1 });
    await segment.discard();
    await segment.discard();
    expect((await fileSystem.readdir(`/spool/${spool.owner}`)).map(({ name }) => name)).toEqual([
      'owner.json',
    ]);
    await spool.close();
    expect(await fileSystem.readdir('/spool')).toEqual([]);
    expect(fileSystem.openFiles).toBe(0);
  });

  it('fsyncs a segment once', async () => {
    const fileSystem = new LossyFileSystem();
    const { spool } = await sampleSpool(fileSystem);
    await sealSegment(spool, [sampleEntry(10)]);
    fileSystem.restartCount();
    await sealSegment(spool, [sampleEntry(10), sampleEntry(2_000_000, 2)]);
    expect(fileSystem.syncs).toBe(1);
  });

  it('refuses a header that no receipt could hold', async () => {
    const { spool } = await sampleSpool();
    await expect(spool.create({ ...sampleHeader, principal: '' })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});

describe('a rewrite', () => {
  it('copies entries and certifies them by their original receipts', async () => {
    const { spool, fileSystem } = await sampleSpool();
    const store = new MemoryStore(fileSystem);
    const samples = [sampleEntry(1000, 1), sampleEntry(2000, 2)];
    const sources = await Promise.all(samples.map((sample) => sealSegment(spool, [sample])));
    const rewrite = await spool.create({
      ...sampleHeader,
      source: { kind: 'rewrite', of: sources.map(({ id }) => id) },
      originals: sources.map(({ receipt }) => receipt),
    });
    await expect(rewrite.beginEntry(samples[0]?.request ?? fail())).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    for (const [index, sample] of samples.entries()) {
      const request = { ...sample.request, origin: sources[index]?.id };
      await writeEntry(rewrite, { ...sample, request });
    }
    const sealed = await rewrite.seal();
    await storeSegment(store, sealed);
    const { receipt } = await openSegment(store, sealed.key);
    expect(receipt.originals).toEqual(sources.map((source) => source.receipt));
    expect(receipt.entries.map(({ origin }) => origin)).toEqual(sources.map(({ id }) => id));
    expect((await verifySegment(store, sealed.key)).faults).toEqual([]);
  });
});

function fail(): SampleEntry['request'] {
  throw new Error('no sample');
}

function countingReads(fileSystem: FileSystem): {
  readonly fileSystem: FileSystem;
  readonly reads: () => number;
} {
  let reads = 0;
  const counted = (file: OpenFile): OpenFile => ({
    ...file,
    read: (into, position) => {
      reads += 1;
      return file.read(into, position);
    },
  });
  const proxy = new Proxy(fileSystem, {
    get(target, name) {
      if (name === 'open') {
        return async (path: string, mode: 'create') => counted(await target.open(path, mode));
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { fileSystem: proxy, reads: () => reads };
}

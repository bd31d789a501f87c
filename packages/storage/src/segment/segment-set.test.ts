import { describe, expect, it } from 'vitest';
import { LossyFileSystem } from '../file-system/lossy-file-system.ts';
import { type SegmentLimits, type SegmentOutcome, SegmentSet } from './segment-set.ts';
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
  writeEntry,
} from './testing/segment-kit.ts';
import { verifySegment } from './verify-segment.ts';

const study = '1.2.3.4';

async function sampleSet(limits: Partial<SegmentLimits> = {}, fileSystem = new LossyFileSystem()) {
  const { spool } = await sampleSpool(fileSystem);
  const sealedEarly: string[] = [];
  const { facility, device, principal, receivedAt, source } = sampleHeader;
  const set = new SegmentSet({
    spool,
    header: { facility, device, principal, receivedAt, source },
    limits,
    onSealing: ({ segment }) => sealedEarly.push(segment.id),
  });
  return { set, spool, fileSystem, sealedEarly };
}

function sealedOf(outcomes: readonly SegmentOutcome[]): SealedSegment[] {
  return outcomes.map((outcome) => {
    if ('error' in outcome) throw outcome.error;
    return outcome.sealed;
  });
}

/** Series and ordinals with lengths of each sealed segment. */
function contents(outcomes: readonly SegmentOutcome[]): [string, number[]][] {
  return sealedOf(outcomes).map(({ receipt }) => [
    receipt.seriesInstanceUid,
    receipt.entries.map(({ length }) => length),
  ]);
}

describe('SegmentSet', () => {
  it('has one segment per series', async () => {
    const { set } = await sampleSet();
    for (const [series, seed] of [
      ['1', 1],
      ['2', 2],
      ['1', 3],
      ['2', 4],
    ] as const) {
      await writeEntry(await set.acquire(study, series), sampleEntry(100 + seed, seed));
    }
    await writeEntry(await set.acquire('1.2.9', '1'), sampleEntry(50, 9));
    const outcomes = await set.finish();
    expect(contents(outcomes)).toEqual(
      expect.arrayContaining([
        ['1', [101, 103]],
        ['2', [102, 104]],
        ['1', [50]],
      ]),
    );
    expect(outcomes).toHaveLength(3);
  });

  it('seals the least recently used when as many are open as may be', async () => {
    const { set, sealedEarly } = await sampleSet({ openSegments: 2 });
    const first = await set.acquire(study, '1');
    await writeEntry(first, sampleEntry(1, 1));
    const second = await set.acquire(study, '2');
    await writeEntry(second, sampleEntry(2, 2));
    expect(await set.acquire(study, '1')).toBe(first);
    await writeEntry(await set.acquire(study, '3'), sampleEntry(3, 3));
    expect(sealedEarly).toEqual([second.id]);
    await writeEntry(await set.acquire(study, '2'), sampleEntry(4, 4));
    expect(sealedEarly).toEqual([second.id, first.id]);
    const outcomes = await set.finish();
    expect(outcomes.map(({ segmentId }) => segmentId)).toEqual(sealedEarly);
    expect(outcomes).toHaveLength(4);
  });

  it('is busy when all have an entry open', async () => {
    const { set } = await sampleSet({ openSegments: 1 });
    const segment = await set.acquire(study, '1');
    await segment.beginEntry({ sopInstanceUid: '1', role: 'part10' });
    await expect(set.acquire(study, '2')).rejects.toMatchObject({ code: 'busy' });
    await set.discard();
  });

  it('loses nothing when it is asked for a segment whose last entry is still open', async () => {
    const { set } = await sampleSet({ segmentBytes: 1000 });
    const segment = await set.acquire(study, '1');
    const writer = await segment.beginEntry(sampleEntry(2000).request);
    await writer.write(sampleEntry(2000).bytes);
    const again = await set.acquire(study, '1');
    expect(again).toBe(segment);
    await expect(again.beginEntry(sampleEntry(1, 2).request)).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    await writer.commit(sampleFacts(sampleEntry(2000)));
    expect(contents(await set.finish())).toEqual([['1', [2000]]]);
  });

  it('rolls at the limit, and before it when the length is known', async () => {
    const { set } = await sampleSet({ segmentBytes: 10_000 });
    for (const [length, known] of [
      [6000, 0],
      [6000, 6000],
      [3900, 0],
      [10, 0],
    ] as const) {
      await writeEntry(await set.acquire(study, '1', known), sampleEntry(length, length));
    }
    expect(contents(await set.finish())).toEqual([
      ['1', [6000]],
      ['1', [6000]],
      ['1', [3900, 10]],
    ]);
  });

  it('lets a longer instance stand alone, although its length was not known', async () => {
    const { set, fileSystem } = await sampleSet({ segmentBytes: 1_000_000 });
    const store = new MemoryStore(fileSystem);
    const long = sampleEntry(3_000_000, 3);
    const entries = [sampleEntry(300_000, 1), sampleEntry(400_000, 2), long, sampleEntry(20, 4)];
    const acquired: string[] = [];
    for (const entry of entries) {
      const segment = await set.acquire(study, '1');
      acquired.push(segment.id);
      await writeEntry(segment, entry);
    }
    const outcomes = await set.finish();
    expect(contents(outcomes)).toEqual([
      ['1', [300_000, 400_000]],
      ['1', [3_000_000]],
      ['1', [20]],
    ]);
    for (const sealed of sealedOf(outcomes)) {
      await storeSegment(store, sealed);
      expect((await verifySegment(store, sealed.key)).faults).toEqual([]);
    }
    const alone = sealedOf(outcomes)[1];
    const entry = alone?.receipt.entries[0];
    const stored = store
      .bytesOf(alone?.key ?? '')
      .subarray(entry?.offset, (entry?.offset ?? 0) + long.bytes.length);
    expect(stored.equals(long.bytes)).toBe(true);
    expect(acquired[2]).toBe(acquired[0]);
  });

  it('says where an entry lies that was moved, and takes it back there', async () => {
    const { set } = await sampleSet({ segmentBytes: 10_000 });
    const segment = await set.acquire(study, '1');
    await writeEntry(segment, sampleEntry(5000, 1));
    const writer = await segment.beginEntry({ sopInstanceUid: '1.9', role: 'part10' });
    await writer.write(sampleBytes(2000));
    expect(writer.segmentId).toBe(segment.id);
    await writer.write(sampleBytes(9000));
    expect(writer.segmentId).not.toBe(segment.id);
    const extracted: Buffer[] = [];
    for await (const chunk of writer.extract()) extracted.push(chunk);
    expect(Buffer.concat(extracted)).toEqual(Buffer.concat([sampleBytes(2000), sampleBytes(9000)]));
    await writer.rollback();
    expect(contents(await set.finish())).toEqual([['1', [5000]]]);
  });

  it('keeps received parts beside what is composed of them', async () => {
    const { set } = await sampleSet({ segmentBytes: 10_000 });
    const segment = await set.acquire(study, '1');
    const received = { contentType: 'application/octet-stream' };
    const part: SampleEntry = {
      request: { sopInstanceUid: '1.9', role: 'received', received },
      bytes: sampleBytes(9000),
    };
    await writeEntry(segment, sampleEntry(100, 1));
    await writeEntry(segment, { ...part, bytes: sampleBytes(1000) });
    await writeEntry(segment, part);
    await writeEntry(segment, {
      request: { sopInstanceUid: '1.9', role: 'part10' },
      bytes: sampleBytes(9500),
    });
    expect(contents(await set.finish())).toEqual([['1', [100, 1000, 9000, 9500]]]);
  });

  it('rolls when the closing entries grow too long', async () => {
    const { set } = await sampleSet({ metadataBytes: 60 });
    for (const seed of [1, 2, 3]) await writeEntry(await set.acquire(study, '1'), sampleEntry(10, seed));
    const rolled = await sampleSet({ receiptBytes: 600 });
    for (const seed of [1, 2, 3])
      await writeEntry(await rolled.set.acquire(study, '1'), sampleEntry(10, seed));
    expect(contents(await set.finish())).toHaveLength(2);
    expect(contents(await rolled.set.finish())).toHaveLength(2);
  });

  it('rolls after so many entries', async () => {
    const { set } = await sampleSet({ entries: 2 });
    for (const seed of [1, 2, 3, 4, 5])
      await writeEntry(await set.acquire(study, '1'), sampleEntry(10, seed));
    expect(contents(await set.finish())).toEqual([
      ['1', [10, 10]],
      ['1', [10, 10]],
      ['1', [10]],
    ]);
  });

  it('seals the least recently used when all together hold too much in memory', async () => {
    const line = metadataOf('1.2.3.4.5.1').length + 1;
    const { set, sealedEarly } = await sampleSet({ openMetadataBytes: 3 * line });
    for (const series of ['1', '2', '1', '3', '4'])
      await writeEntry(await set.acquire(study, series), sampleEntry(10, 1));
    expect(sealedEarly).toHaveLength(2);
    const [first, second, ...atTheEnd] = contents(await set.finish());
    expect([first, second]).toEqual([
      ['2', [10]],
      ['1', [10, 10]],
    ]);
    // Sealed side by side: either may be the first.
    expect(atTheEnd).toHaveLength(2);
    expect(atTheEnd).toEqual(
      expect.arrayContaining([
        ['3', [10]],
        ['4', [10]],
      ]),
    );
  });

  it('makes no segment of entries that were all rolled back', async () => {
    const { set, spool, fileSystem } = await sampleSet();
    const writer = await (await set.acquire(study, '1')).beginEntry({ sopInstanceUid: '1', role: 'part10' });
    await writer.write(sampleBytes(10));
    await writer.rollback();
    expect(await set.finish()).toEqual([]);
    expect(await fileSystem.readdir(`/spool/${spool.owner}`)).toHaveLength(1);
  });

  it('tells which segment failed; the others are sealed', async () => {
    const { set, spool, fileSystem } = await sampleSet();
    const segments = [];
    for (const series of ['1', '2', '3']) {
      const segment = await set.acquire(study, series);
      segments.push(segment.id);
      await writeEntry(segment, sampleEntry(100, 1));
    }
    fileSystem.restartCount({ failingSync: 2 });
    const outcomes = await set.finish();
    const failed = outcomes.filter((outcome) => 'error' in outcome);
    expect(failed).toEqual([
      { segmentId: expect.any(String), error: expect.objectContaining({ code: 'sync-failed' }) },
    ]);
    expect(outcomes.map(({ segmentId }) => segmentId).sort()).toEqual(segments.sort());
    expect(fileSystem.syncs).toBe(3);
    expect(await fileSystem.readdir(`/spool/${spool.owner}`)).toHaveLength(3);
    expect(fileSystem.openFiles).toBe(0);
  });

  it('gives everything up that is not sealed', async () => {
    const { set, spool, fileSystem } = await sampleSet({ openSegments: 1 });
    await writeEntry(await set.acquire(study, '1'), sampleEntry(100, 1));
    const segment = await set.acquire(study, '2');
    const writer = await segment.beginEntry(sampleEntry(1).request);
    await writer.write(sampleBytes(2_000_000));
    const outcomes = await set.discard();
    for (const sealed of sealedOf(outcomes)) await spool.remove(sealed);
    expect(outcomes).toHaveLength(1);
    await spool.close();
    expect(await fileSystem.readdir('/spool')).toEqual([]);
    expect(fileSystem.openFiles).toBe(0);
  });

  it('fails the entry, not the request, when the disk is full', async () => {
    const { set, fileSystem } = await sampleSet();
    const good = await set.acquire(study, '1');
    await writeEntry(good, sampleEntry(100, 1));
    const segment = await set.acquire(study, '2');
    const writer = await segment.beginEntry(sampleEntry(1).request);
    fileSystem.restartCount({ failingStep: { step: 1, code: 'no-space' } });
    const writeAll = async () => {
      for (let count = 0; count < 100; count += 1) await writer.write(sampleBytes(100_000));
      await writer.commit(sampleFacts(sampleEntry(1)));
    };
    await expect(writeAll()).rejects.toMatchObject({ code: 'no-space' });
    const outcomes = await set.finish();
    expect(outcomes.filter((outcome) => 'sealed' in outcome).map(({ segmentId }) => segmentId)).toEqual([
      good.id,
    ]);
  });
});

import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { StorageError } from '../errors.ts';
import { type ByteRange, maximumRangeBytes } from '../object-store.ts';
import { blockBoundaries } from './block-boundaries.ts';
import { CrcBlocks } from './crc-blocks.ts';
import {
  type EntryReference,
  longestVerifiedRange,
  maximumReadBytes,
  readEntry,
  readEntryBytes,
  readEntryRange,
} from './read-entry.ts';
import { MemoryStore } from './testing/memory-store.ts';
import { sampleBytes, sampleSpool } from './testing/segment-kit.ts';

const bytes = sampleBytes(3 * 1024 * 1024);
const entry: EntryReference = { key: 'v1/entry', offset: 0, length: bytes.length, crc32: crcsOf(bytes) };

function crcsOf(data: Buffer): Buffer {
  const crcs = new CrcBlocks();
  for (const end of blockBoundaries({ length: data.length })) crcs.cutAt(end);
  crcs.update(data);
  return crcs.finish();
}

/** A store that answers with this stream; remembers what it was asked. */
class OneStream extends MemoryStore {
  readonly stream: Readable;
  signal: AbortSignal | undefined;

  constructor(stream: Readable) {
    super(spool.fileSystem);
    this.stream = stream;
  }

  override async read(_key: string, _range?: ByteRange, signal?: AbortSignal): Promise<Readable> {
    this.signal = signal;
    signal?.addEventListener('abort', () => this.stream.destroy(new StorageError('aborted', 'given up')));
    return this.stream;
  }
}

const spool = await sampleSpool();

describe('readEntry', () => {
  it('hands the signal to the store and ends with its error', async () => {
    const controller = new AbortController();
    const store = new OneStream(Readable.from(chunksOf(bytes, 65_536), { objectMode: false }));
    const read = readEntry(store, entry, undefined, controller.signal);
    await read.next();
    expect(store.signal).toBe(controller.signal);
    controller.abort();
    const drain = async () => {
      for await (const chunk of read) expect(chunk.length).toBeGreaterThan(0);
    };
    await expect(drain()).rejects.toMatchObject({ code: 'aborted' });
  });

  it('destroys the stream when the reader stops early', async () => {
    const store = new OneStream(Readable.from(chunksOf(bytes, 65_536), { objectMode: false }));
    for await (const chunk of readEntry(store, entry)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    if (!store.stream.closed) await new Promise((resolve) => store.stream.once('close', resolve));
    expect(store.stream.destroyed).toBe(true);
  });

  it('lets no byte of a block out before the block is complete', async () => {
    const stream = new Readable({ read: () => undefined });
    const read = readEntry(new OneStream(stream), entry);
    stream.push(bytes.subarray(0, 1024 * 1024 - 1));
    const first = read.next();
    await expect(Promise.race([first, pause()])).resolves.toBe('nothing yet');
    stream.push(bytes.subarray(1024 * 1024 - 1, 1024 * 1024 + 10));
    const { value } = await first;
    expect(value?.equals(bytes.subarray(0, 1024 * 1024 - 1))).toBe(true);
    await read.return(undefined);
  });

  it('tells a stream that ends early, goes on too long, or fails', async () => {
    const early = new OneStream(Readable.from([bytes.subarray(0, -1)]));
    await expect(readEntryBytes(early, entry)).rejects.toMatchObject({ code: 'short-read' });
    const long = new OneStream(Readable.from([bytes, Buffer.of(0)]));
    await expect(readEntryBytes(long, entry)).rejects.toMatchObject({ code: 'damaged' });
    const failing = new Readable({ read: () => undefined });
    failing.push(bytes.subarray(0, 2_000_000));
    failing.destroy(new StorageError('unavailable', 'gone'));
    await expect(readEntryBytes(new OneStream(failing), entry)).rejects.toMatchObject({
      code: 'unavailable',
    });
    const wrong = new OneStream(Readable.from(['text']));
    await expect(readEntryBytes(wrong, entry)).rejects.toMatchObject({ code: 'bad-answer' });
  });

  it('names key and offset of damage, and has let out what came before', async () => {
    const changed = Buffer.from(bytes);
    changed[2 * 1024 * 1024 + 5] = (changed[2 * 1024 * 1024 + 5] ?? 0) ^ 1;
    const store = new OneStream(Readable.from(chunksOf(changed, 100_000), { objectMode: false }));
    let verified = 0;
    const readAll = async () => {
      for await (const chunk of readEntry(store, { ...entry, offset: 512 })) {
        expect(chunk.equals(bytes.subarray(verified, verified + chunk.length))).toBe(true);
        verified += chunk.length;
      }
    };
    await expect(readAll()).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringMatching(/v1\/entry, byte 2097664: /),
    });
    expect(verified).toBeLessThanOrEqual(2 * 1024 * 1024);
  });

  it('asks nothing of the store for nothing', async () => {
    const store = new MemoryStore(spool.fileSystem);
    expect(await readEntryBytes(store, entry, { offset: 5, length: 0 })).toHaveLength(0);
    expect(
      await readEntryBytes(store, { key: 'v1/e', offset: 0, length: 0, crc32: Buffer.alloc(0) }),
    ).toHaveLength(0);
    expect(store.reads).toEqual([]);
  });

  it('gathers no more in memory than it may', async () => {
    const store = new MemoryStore(spool.fileSystem);
    const long = { ...entry, length: 2 ** 40 };
    await expect(
      readEntryBytes(store, long, { offset: 0, length: maximumReadBytes + 1 }),
    ).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});

describe('readEntryRange', () => {
  /** Ranges of a segment in which the entry begins at byte 512; remembers what was asked. */
  function rangesOf(data: Buffer) {
    const asked: ByteRange[] = [];
    const segment = Buffer.concat([Buffer.alloc(512), data]);
    const readRange = async (_key: string, { offset, length }: ByteRange) => {
      asked.push({ offset, length });
      return Buffer.from(segment.subarray(offset, offset + length));
    };
    return { asked, ranges: { readRange } };
  }
  const place = { ...entry, offset: 512 };
  const mebibyte = 1024 * 1024;

  it('reads whole blocks with one call, and gives exactly the range', async () => {
    const { ranges, asked } = rangesOf(bytes);
    const range = { offset: mebibyte + 10, length: mebibyte };
    const read = await readEntryRange(ranges, place, range);
    expect(read.equals(bytes.subarray(range.offset, range.offset + range.length))).toBe(true);
    expect(asked).toEqual([{ offset: 512 + mebibyte, length: 2 * mebibyte }]);
  });

  it('takes the longest range that it promises', async () => {
    const { ranges, asked } = rangesOf(bytes);
    const range = { offset: 500_000, length: longestVerifiedRange };
    expect(await readEntryRange(ranges, place, range)).toHaveLength(longestVerifiedRange);
    expect(asked[0]?.length).toBeLessThanOrEqual(maximumRangeBytes);
  });

  it('gives nothing where any byte of a block is damaged, also beyond the range', async () => {
    const changed = Buffer.from(bytes);
    changed[mebibyte - 1] = (changed[mebibyte - 1] ?? 0) ^ 1;
    const { ranges } = rangesOf(changed);
    const damaged = { code: 'damaged', message: expect.stringMatching(/v1\/entry, byte 512: block 0/) };
    await expect(readEntryRange(ranges, place, { offset: 0, length: 5 })).rejects.toMatchObject(damaged);
    const sound = await readEntryRange(ranges, place, { offset: mebibyte, length: 5 });
    expect(sound.equals(bytes.subarray(mebibyte, mebibyte + 5))).toBe(true);
  });

  it('asks nothing for nothing', async () => {
    const { ranges, asked } = rangesOf(bytes);
    expect(await readEntryRange(ranges, place, { offset: 7, length: 0 })).toHaveLength(0);
    expect(asked).toEqual([]);
  });
});

function* chunksOf(data: Buffer, length: number): Generator<Buffer> {
  for (let from = 0; from < data.length; from += length) yield data.subarray(from, from + length);
}

async function pause(): Promise<string> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return 'nothing yet';
}

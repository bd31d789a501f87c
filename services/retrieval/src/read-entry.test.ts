import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Database, InstanceLocation } from '@sandyq/database';
import { type ObjectStore, StorageError } from '@sandyq/storage';
import { createMetrics, recordingLogger } from '@sandyq/telemetry';
import { describe, expect, it } from 'vitest';
import { DAMAGES } from './dependencies.ts';
import { readEntry } from './read-entry.ts';

const received = Buffer.from('the bytes of an instance');
const crc = Buffer.alloc(4);
crc.writeUInt32LE(crc32(received));

const location = {
  studyKey: 7,
  sopInstanceUid: '2.1.1',
  objectKey: 'v1/old.tar',
  entryOffset: 0,
  entryLength: received.length,
  crc32: crc,
  ordinal: 3,
} as InstanceLocation;

/** A store with these objects, and an index in which the instance lies in the object `nowIn`. */
function archiveWith(objects: Record<string, Buffer>, nowIn: string, changes: object = {}) {
  const asked: string[] = [];
  const store = {
    read: async (key: string) => {
      asked.push(key);
      const object = objects[key];
      if (object === undefined) throw new StorageError('not-found', `no object ${key}`);
      return Readable.from([object]);
    },
  } as unknown as ObjectStore;
  const row = {
    sop_instance_uid: location.sopInstanceUid,
    object_key: nowIn,
    entry_offset: 0,
    entry_length: received.length,
    crc32: crc,
    pixel_data: null,
    ...changes,
  };
  const database = { query: async () => ({ rows: [row] }) } as unknown as Database;
  const metrics = createMetrics();
  const damagedReads = metrics.counter({ name: 'damaged_total', help: 'damage', labels: { kind: DAMAGES } });
  const { logger, lines } = recordingLogger();
  const reader = { signal: new AbortController().signal, logger };
  const read = async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of readEntry({ store, database, damagedReads }, location, reader))
      chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  return { read, asked, lines, metrics, dependencies: { store, database, damagedReads }, reader };
}

describe('readEntry', () => {
  it('looks a missing segment up once more, because it may have been rewritten', async () => {
    const { read, asked, lines } = archiveWith({ 'v1/new.tar': received }, 'v1/new.tar');
    expect(await read()).toBe(received.toString());
    expect(asked).toEqual(['v1/old.tar', 'v1/new.tar']);
    expect(lines).toEqual([]);
  });

  it('goes on where it was if the segment is deleted while it is read', async () => {
    const long = Buffer.concat([Buffer.alloc(1024 * 1024, 'a'), received]);
    const crcs = Buffer.alloc(8);
    crcs.writeUInt32LE(crc32(long.subarray(0, 1024 * 1024)));
    crcs.writeUInt32LE(crc32(received), 4);
    const asked: { key: string; range: unknown }[] = [];
    const store = {
      read: async (key: string, range: { offset: number; length: number }) => {
        asked.push({ key, range });
        if (key === 'v1/new.tar')
          return Readable.from([long.subarray(range.offset, range.offset + range.length)]);
        return Readable.from(
          (async function* () {
            yield long.subarray(0, 1024 * 1024);
            throw new StorageError('not-found', `no object ${key}`);
          })(),
        );
      },
    } as unknown as ObjectStore;
    const { dependencies, reader } = archiveWith({}, 'v1/new.tar', {
      entry_length: long.length,
      crc32: crcs,
    });
    const place = { ...location, entryLength: long.length, crc32: crcs };
    const chunks = await Array.fromAsync(readEntry({ ...dependencies, store }, place, reader));
    expect(Buffer.concat(chunks).equals(long)).toBe(true);
    const rest = { offset: 1024 * 1024, length: received.length };
    expect(asked.map(({ key }) => key)).toEqual(['v1/old.tar', 'v1/new.tar']);
    expect(asked[1]?.range).toEqual(rest);
  });

  it('puts an object on record that is gone', async () => {
    const { read, asked, lines, metrics } = archiveWith({}, 'v1/old.tar');
    await expect(read()).rejects.toMatchObject({ code: 'not-found' });
    expect(asked).toEqual(['v1/old.tar']);
    expect(lines).toMatchObject([{ event: 'damaged', kind: 'missing', objectKey: 'v1/old.tar', ordinal: 3 }]);
    expect(await metrics.render()).toContain('sandyq_damaged_total{kind="missing"} 1');
  });

  it('puts damage on record, once, and gives no byte of it', async () => {
    const flipped = Buffer.from(received);
    flipped[4] = (flipped[4] ?? 0) ^ 1;
    const { read, lines } = archiveWith({ 'v1/new.tar': flipped }, 'v1/new.tar');
    await expect(read()).rejects.toMatchObject({ code: 'damaged' });
    expect(lines).toMatchObject([{ event: 'damaged', kind: 'damaged', objectKey: 'v1/new.tar' }]);
  });
});

/** A flipped bit anywhere in a segment is never served: error and event instead, and only where it matters. */
import { randomBytes } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { recordingLogger } from '@sandyq/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { get, storeAll } from '../support/dicomweb.ts';
import {
  type InstanceIds,
  makeEncapsulatedImage,
  makeNativeImage,
  makePdf,
} from '../support/made-instances.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const mebibyte = 2 ** 20;
const seed = testSeed();

const ids = (instance: number, series = 1): InstanceIds => ({
  studyInstanceUid: '2.2.1',
  seriesInstanceUid: `2.2.1.${series}`,
  sopInstanceUid: `2.2.1.${series}.${instance}`,
});

const cine = makeNativeImage(ids(1), { rows: 64, columns: 64, frames: 8, pixels: randomBytes(65_536) });
const jpeg = makeEncapsulatedImage(ids(2), {
  rows: 8,
  columns: 8,
  fragments: [randomBytes(3000), randomBytes(500)],
});
const pdf = makePdf(ids(3), randomBytes(40_000));
const long = makeNativeImage(ids(1, 2), {
  rows: 1024,
  columns: 1024,
  frames: 12,
  pixels: randomBytes(24 * mebibyte),
});

/** Everything that shows a bit of the series with the short instances. */
const resources: readonly (readonly [path: string, accept: string])[] = [
  ['dicom-web/studies/2.2.1/series/2.2.1.1', 'multipart/related; type="application/dicom"'],
  ['dicom-web/studies/2.2.1/series/2.2.1.1/instances/2.2.1.1.1', 'application/dicom'],
  ['dicom-web/studies/2.2.1/series/2.2.1.1/instances/2.2.1.1.2', 'application/dicom; transfer-syntax=*'],
  ['dicom-web/studies/2.2.1/series/2.2.1.1/instances/2.2.1.1.1/frames/1', 'application/octet-stream'],
  ['dicom-web/studies/2.2.1/series/2.2.1.1/instances/2.2.1.1.1/frames/8,3,4', '*/*'],
  [
    'dicom-web/studies/2.2.1/series/2.2.1.1/instances/2.2.1.1.1/bulkdata/7FE00010',
    'application/octet-stream',
  ],
  ['dicom-web/studies/2.2.1/series/2.2.1.1/instances/2.2.1.1.2/frames/1,2', '*/*; transfer-syntax=*'],
  ['dicom-web/studies/2.2.1/series/2.2.1.1/instances/2.2.1.1.2/frames/2', 'image/jpeg'],
  ['dicom-web/studies/2.2.1/series/2.2.1.1/instances/2.2.1.1.2/bulkdata/7FE00010', '*/*; transfer-syntax=*'],
  ['dicom-web/studies/2.2.1/series/2.2.1.1/instances/2.2.1.1.3/bulkdata/00420011', '*/*'],
  ['dicom-web/studies/2.2.1/series/2.2.1.1/metadata', 'application/dicom+json'],
  ['originals/2.2.1/2.2.1.1/2.2.1.1.1', '*/*'],
  ['originals/2.2.1/2.2.1.1/2.2.1.1.2', '*/*'],
  ['originals/2.2.1/2.2.1.1/2.2.1.1.3', '*/*'],
];

interface Entry {
  readonly object_key: string;
  readonly entry_offset: number;
  readonly entry_length: number;
  readonly size_bytes: number;
}

describe('damage', () => {
  const { logger, lines } = recordingLogger();
  let archive: TestArchive;
  let undo: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    archive = await startArchive({ logger });
    await storeAll(
      archive.url,
      [cine, jpeg, pdf, long].map(({ bytes }) => bytes),
    );
  });
  afterEach(async () => {
    for (const repair of undo.splice(0).reverse()) await repair();
    lines.length = 0;
  });
  afterAll(() => archive?.stop());

  async function entryOf({ sopInstanceUid }: InstanceIds): Promise<Entry> {
    const { rows } = await archive.testDatabase.database.query<Entry & Record<string, unknown>>({
      text: `select object_key, entry_offset, entry_length, size_bytes from instance join segment using (segment_id)
        where sop_instance_uid = $1`,
      values: [sopInstanceUid],
    });
    const [entry] = rows;
    if (entry === undefined) throw new Error('not stored');
    return entry;
  }

  const pathOf = (key: string) => join(archive.settings.dataFolder, 'objects', key);

  /** Flips a bit of an object until the test ends. */
  async function flip(key: string, offset: number, bit = 3): Promise<void> {
    const change = async () => {
      const file = await open(pathOf(key), 'r+');
      const byte = Buffer.alloc(1);
      await file.read(byte, 0, 1, offset);
      byte[0] = (byte[0] ?? 0) ^ (1 << bit);
      await file.write(byte, 0, 1, offset);
      await file.close();
    };
    await change();
    undo.push(change);
  }

  /** The body, or why there is none. */
  async function outcome(path: string, accept: string): Promise<Buffer | string> {
    try {
      const { status, body } = await get(`${archive.url}/${path}`, { Accept: accept });
      return status === 200 ? body : `${status} ${body.toString()}`;
    } catch {
      return 'broken';
    }
  }

  const damagedReads = async () => {
    const text = await (await fetch(`${archive.url}/metrics`)).text();
    return Number(/retrieval_damaged_reads_total\{kind="damaged"\} (\d+)/.exec(text)?.[1] ?? 0);
  };

  it.each<[string, InstanceIds, (length: number) => number, number[]]>([
    // Of pixel data as bulk data the header is read too: it says which element they are.
    ['the header', cine, () => 400, [0, 1, 5, 11]],
    ['the first frame', cine, (length) => length - 65_536, [0, 1, 3, 5, 11]],
    ['the last frame', cine, (length) => length - 1, [0, 1, 4, 5, 11]],
    ['the header of a compressed one', jpeg, () => 400, [0, 2, 8, 12]],
    ['the first fragment', jpeg, (length) => length - 2000, [0, 2, 6, 8, 12]],
    ['the last fragment', jpeg, (length) => length - 20, [0, 2, 6, 7, 8, 12]],
    ['a document', pdf, (length) => length - 10, [0, 9, 13]],
  ])(
    'in %s is an error of what shows it, and of nothing else',
    async (_where, instance, place, concerned) => {
      const before = await Promise.all(resources.map(([path, accept]) => outcome(path, accept)));
      const { object_key, entry_offset, entry_length } = await entryOf(instance);
      const counted = await damagedReads();
      await flip(object_key, entry_offset + place(entry_length));
      for (const [index, [path, accept]] of resources.entries()) {
        const after = await outcome(path, accept);
        const said = typeof after === 'string' ? after : after.equals(before[index] as Buffer);
        const expected = concerned.includes(index) ? expect.stringMatching(/^500 .*"damaged"/) : true;
        expect([path, said]).toEqual([path, expected]);
      }
      const events = lines.filter(({ event }) => event === 'damaged');
      expect(events).toHaveLength(concerned.length);
      expect(events[0]).toMatchObject({ kind: 'damaged', objectKey: object_key, entryOffset: entry_offset });
      expect(JSON.stringify(events)).not.toContain('2.2.1');
      expect(await damagedReads()).toBe(counted + concerned.length);
    },
  );

  it('anywhere, at random, is never served', async () => {
    const random = new SeededRandom(seed);
    const { object_key, size_bytes } = await entryOf(cine);
    const before = await Promise.all(resources.map(([path, accept]) => outcome(path, accept)));
    let refused = 0;
    for (let round = 0; round < 25; round += 1) {
      const offset = random.integer(0, size_bytes);
      await flip(object_key, offset, random.integer(0, 8));
      for (const [index, [path, accept]] of resources.entries()) {
        const after = await outcome(path, accept);
        if (typeof after === 'string') refused += 1;
        else
          expect([seed, offset, path, after.equals(before[index] as Buffer)]).toEqual([
            seed,
            offset,
            path,
            true,
          ]);
      }
      await undo.pop()?.();
    }
    expect(refused).toBeGreaterThan(25);
  });

  it('in the metadata or the receipt is found when the index has lost its copy', async () => {
    const { database } = archive.testDatabase;
    const { object_key, size_bytes } = await entryOf(cine);
    const metadata = `dicom-web/studies/2.2.1/series/2.2.1.1/metadata`;
    // Of the JSON a whole series is kept; the XML is made of what the index has of each instance.
    const xml = 'multipart/related; type="application/dicom+xml"';
    const before = await outcome(metadata, xml);
    await database.query({ text: 'delete from instance_metadata' });
    // The receipt stands before the trailer and the two blocks that end a tar.
    await flip(object_key, size_bytes - 4 * 1024);
    expect(await outcome(metadata, xml)).toMatch(/^500 .*"damaged"/);
    expect(lines.find(({ event }) => event === 'damaged')).toMatchObject({ objectKey: object_key });
    await undo.pop()?.();
    const place = await metadataOffset(object_key);
    await flip(object_key, place + 30);
    expect(await outcome(metadata, xml)).toMatch(/^500 .*"damaged"/);
    await undo.pop()?.();
    expect(await outcome(metadata, xml)).toEqual(before);
  });

  it('that is met late breaks the transfer', async () => {
    const { object_key, entry_offset, entry_length } = await entryOf(long);
    await flip(object_key, entry_offset + entry_length - mebibyte);
    for (const [path, accept] of [
      ['dicom-web/studies/2.2.1/series/2.2.1.2/instances/2.2.1.2.1', 'application/dicom'],
      ['dicom-web/studies/2.2.1', 'multipart/related; type="application/dicom"; transfer-syntax=*'],
      [
        'dicom-web/studies/2.2.1/series/2.2.1.2/instances/2.2.1.2.1/bulkdata/7FE00010',
        'application/octet-stream',
      ],
      ['originals/2.2.1/2.2.1.2/2.2.1.2.1', '*/*'],
    ] as const) {
      const answer = await fetch(`${archive.url}/${path}`, { headers: { Accept: accept } });
      expect([path, answer.status]).toEqual([path, 200]);
      await expect(answer.arrayBuffer(), path).rejects.toThrow('terminated');
    }
    const frames = 'dicom-web/studies/2.2.1/series/2.2.1.2/instances/2.2.1.2.1/frames';
    expect(await outcome(`${frames}/12`, 'application/octet-stream')).toMatch(/^500/);
    expect(await outcome(`${frames}/11`, 'application/octet-stream')).toEqual(
      long.bytes.subarray(-4 * mebibyte, -2 * mebibyte),
    );
  });

  it('of a whole object is an error', async () => {
    const { object_key } = await entryOf(long);
    await rename(pathOf(object_key), `${pathOf(object_key)}.away`);
    undo.push(() => rename(`${pathOf(object_key)}.away`, pathOf(object_key)));
    expect(await outcome('originals/2.2.1/2.2.1.2/2.2.1.2.1', '*/*')).toMatch(/^500/);
    expect(lines.find(({ event }) => event === 'damaged')).toMatchObject({
      kind: 'missing',
      objectKey: object_key,
    });
  });

  /** The `metadata` entry of a segment, found as tar lists it. */
  async function metadataOffset(key: string): Promise<number> {
    const file = await open(pathOf(key), 'r');
    const header = Buffer.alloc(512);
    let offset = 0;
    for (;;) {
      await file.read(header, 0, 512, offset);
      const name = header.toString('latin1', 0, header.indexOf(0));
      if (name === 'metadata' || name === '') break;
      offset += 512 + Math.ceil(Number.parseInt(header.toString('latin1', 124, 135), 8) / 512) * 512;
    }
    await file.close();
    return offset + 512;
  }
});

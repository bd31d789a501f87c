/**
 * A flipped bit anywhere in a stored segment is never served: whatever is asked for, the answer is an error, a transfer
 * that breaks, or the right bytes; and the damage is on record. Every region is tried: tar headers, headers of data sets,
 * every frame, bulk data, padding, metadata, receipt, trailer.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { DicomJson } from '@sandyq/dicom';
import { openSegment, type ReceiptEntry, type SegmentReceipt } from '@sandyq/storage';
import { recordingLogger } from '@sandyq/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, getJson, storeMany } from '../support/dicomweb.ts';
import {
  type MadeInstance,
  makeEncapsulatedImage,
  makeNativeImage,
  makePdf,
  makeWaveform,
} from '../support/made-instances.ts';
import { decodeMultipart } from '../support/multipart.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';
import { printTable } from './support/print-table.ts';

const seed = testSeed();
const random = new SeededRandom(seed);
const { logger, lines } = recordingLogger();
let archive: TestArchive;
let segment: { readonly path: string; readonly size: number; readonly receipt: SegmentReceipt };
let instances: readonly MadeInstance[];
/** What each resource of an instance answers while nothing is damaged. */
const rightAnswers = new Map<string, ReadonlyMap<string, Answer>>();

beforeAll(async () => {
  archive = await startArchive({ logger });
  instances = makeInstances();
  const { verdicts } = await storeMany(
    archive.url,
    instances.map(({ bytes }) => bytes),
  );
  expect(verdicts.map(({ kind, reason }) => [kind, reason])).toEqual(
    instances.map(() => ['stored', undefined]),
  );
  segment = await onlySegment();
  for (const instance of instances) {
    const answers = await answersOf(instance);
    expect([...answers].filter(([, [part]]) => part === undefined || part === 'refused')).toEqual([]);
    rightAnswers.set(instance.sopInstanceUid, answers);
  }
});
afterAll(async () => {
  printTable([['seed', seed], ...Object.entries(tally)]);
  await archive.stop();
});
/** Of all flips: answers to everything that was asked for. */
const tally = { flips: 0, 'right answers': 0, 'refused or broken off': 0, 'wrong answers': 0 };

describe(`one flipped bit (SANDYQ_TEST_SEED=${seed})`, () => {
  it('in an entry: the received bytes are not served, and nothing else is served wrong', async () => {
    for (const entry of segment.receipt.entries) {
      const instance = instanceOf(entry);
      for (const position of positionsIn(entry)) {
        lines.length = 0;
        const answers = await withFlippedBit(position, () => answersOf(instance));
        const where = `${entry.name}, byte ${position - entry.offset}`;
        expect(wrongAnswers(instance, answers), where).toEqual([]);
        expect(answers.get('original'), where).toEqual(['refused']);
        expect(
          [...answers.values()].some(([part]) => part !== 'refused'),
          where,
        ).toBe(true);
        expect(lines.filter(({ event }) => event === 'damaged').length, where).toBeGreaterThan(0);
      }
    }
  });

  it('around the entries: everything is served right', async () => {
    for (const position of positionsAround(segment.receipt)) {
      const answers = await withFlippedBit(position, async () =>
        Promise.all(instances.map(async (instance) => ({ instance, answers: await answersOf(instance) }))),
      );
      for (const { instance, answers: found } of answers) {
        expect(wrongAnswers(instance, found), `byte ${position}`).toEqual([]);
        expect(found.get('original'), `byte ${position}`).toEqual([instance.bytes]);
      }
    }
  });

  it('in the metadata, when it must be read from the segment: an error, or what is right', async () => {
    const { database } = archive.testDatabase;
    const { offset, length } = segment.receipt.metadata;
    const refusedBefore = tally['refused or broken off'];
    for (const position of spread(offset, length, 24)) {
      await database.query({ text: 'delete from instance_metadata' });
      await database.query({ text: 'delete from series_metadata' });
      const answers = await withFlippedBit(position, () => Promise.all(instances.map(metadataOf)));
      for (const [index, instance] of instances.entries()) {
        const answer: Answer = answers[index] ?? ['refused'];
        expect(wrongAnswers(instance, new Map([['metadata', answer]])), `byte ${position}`).toEqual([]);
      }
    }
    expect(tally['refused or broken off']).toBeGreaterThan(refusedBefore);
  });
});

type Answer = readonly Buffer[] | readonly ['refused'];

/** A series with everything that is stored and served in its own way. */
function makeInstances(): MadeInstance[] {
  const [study, series] = [random.uid(), random.uid()];
  const ids = () => ({ studyInstanceUid: study, seriesInstanceUid: series, sopInstanceUid: random.uid() });
  const pixels = (rows: number, frames: number) => random.bytes(rows * rows * 2 * frames);
  return [
    makeNativeImage(ids(), { rows: 64, columns: 64, pixels: pixels(64, 1) }),
    makeNativeImage(ids(), { rows: 33, columns: 33, frames: 5, pixels: pixels(33, 5) }),
    makeEncapsulatedImage(ids(), {
      rows: 16,
      columns: 16,
      fragments: [3_001, 500, 2_000, 1].map((length) => random.bytes(length)),
    }),
    makePdf(ids(), random.bytes(9_000)),
    makeWaveform(ids(), random.bytes(6_000)),
  ];
}

async function onlySegment(): Promise<typeof segment> {
  const { store } = archive.archive;
  const [object, ...others] = await Array.fromAsync(store.list('v1/'));
  if (object === undefined || others.length > 0) throw new Error('one request makes one segment of a series');
  const { receipt } = await openSegment(store, object.key);
  return { path: join(archive.settings.dataFolder, 'objects', object.key), size: object.size, receipt };
}

function instanceOf(entry: ReceiptEntry): MadeInstance {
  const found = instances.find(({ sopInstanceUid }) => sopInstanceUid === entry.sopInstanceUid);
  if (found === undefined) throw new Error(`${entry.name} is none of ours`);
  return found;
}

/** Flips one bit of the object on disk, and flips it back. */
async function withFlippedBit<Result>(position: number, work: () => Promise<Result>): Promise<Result> {
  const bit = 1 << random.integer(0, 8);
  const flip = async (): Promise<void> => {
    const file = await open(segment.path, 'r+');
    try {
      const byte = Buffer.alloc(1);
      await file.read(byte, 0, 1, position);
      byte.writeUInt8(byte.readUInt8(0) ^ bit, 0);
      await file.write(byte, 0, 1, position);
    } finally {
      await file.close();
    }
  };
  tally.flips += 1;
  await flip();
  try {
    return await work();
  } finally {
    await flip();
  }
}

/** Every resource of the instance, by name. */
async function answersOf(instance: MadeInstance): Promise<Map<string, Answer>> {
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = instance;
  const series = `${archive.url}/dicom-web/studies/${studyInstanceUid}/series/${seriesInstanceUid}`;
  const url = `${series}/instances/${sopInstanceUid}`;
  const dicom = 'multipart/related; type="application/dicom"';
  const answers = new Map<string, Answer>([
    [
      'original',
      await fetchParts(`${archive.url}/originals/${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}`),
    ],
    ['instance as stored', await fetchParts(url, `${dicom}; transfer-syntax=*`)],
    ['instance', await fetchParts(url, dicom)],
    ['instance alone', await fetchParts(url, 'application/dicom; transfer-syntax=*')],
    ['series', await fetchParts(series, `${dicom}; transfer-syntax=*`)],
    ['metadata', await fetchParts(`${url}/metadata`, 'application/dicom+json')],
  ]);
  for (const [name, resource] of await partialResources(url)) {
    answers.set(name, await fetchParts(resource, 'multipart/related; type="*/*"; transfer-syntax=*'));
  }
  return answers;
}

/** Frames and bulk data that the metadata speak of; they are read from the index, and never damaged here. */
async function partialResources(url: string): Promise<Map<string, string>> {
  const [json] = await getJson<DicomJson[]>(`${url}/metadata`);
  const resources = new Map<string, string>();
  const rows = json?.['00280010'];
  const frames = rows === undefined ? 0 : Number(json?.['00280008']?.Value?.[0] ?? 1);
  for (let frame = 1; frame <= frames; frame += 1) resources.set(`frame ${frame}`, `${url}/frames/${frame}`);
  for (const uri of bulkDataUris(json))
    resources.set(`bulk data ${uri}`, new URL(uri, `${url}/metadata`).toString());
  return resources;
}

function bulkDataUris(json: unknown): string[] {
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([name, value]) =>
    name === 'BulkDataURI' && typeof value === 'string' ? [value] : bulkDataUris(value),
  );
}

function metadataOf({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }: MadeInstance): Promise<Answer> {
  const path = `studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}/metadata`;
  return fetchParts(`${archive.url}/dicom-web/${path}`, 'application/dicom+json');
}

/** The parts of an answer of success; `refused` for an error and for a transfer that broke. */
async function fetchParts(url: string, accept = '*/*'): Promise<Answer> {
  try {
    const { status, headers, body } = await get(url, { Accept: accept });
    if (status !== 200) return ['refused'];
    const contentType = headers.get('content-type') ?? '';
    if (!contentType.startsWith('multipart/related')) return [body];
    return decodeMultipart(contentType, body).map((part) => part.body);
  } catch (error) {
    // How fetch() tells a body that ended before its time.
    if (error instanceof TypeError) return ['refused'];
    throw error;
  }
}

/** Names of resources that were served with other bytes than while nothing was damaged. */
function wrongAnswers(instance: MadeInstance, answers: ReadonlyMap<string, Answer>): string[] {
  const right = rightAnswers.get(instance.sopInstanceUid) ?? new Map<string, Answer>();
  return [...answers].flatMap(([name, answer]) => {
    const kind = kindOf(answer, right.get(name) ?? []);
    tally[kind] += 1;
    return kind === 'wrong answers' ? [name] : [];
  });
}

function kindOf(answer: Answer, expected: Answer): Exclude<keyof typeof tally, 'flips'> {
  if (answer[0] === 'refused') return 'refused or broken off';
  const isRight =
    answer.length === expected.length && answer.every((part, index) => isEqual(part, expected[index]));
  return isRight ? 'right answers' : 'wrong answers';
}

function isEqual(part: Buffer | 'refused', expected: Buffer | 'refused' | undefined): boolean {
  return part !== 'refused' && expected !== undefined && expected !== 'refused' && part.equals(expected);
}

/** Places in the data of an entry, as offsets in the segment. */
function positionsIn({ offset, length, pixelData, bulk = [] }: ReceiptEntry): number[] {
  const ranges: (readonly [number, number])[] = [[0, pixelData?.offset ?? length]];
  if (pixelData?.kind === 'native') {
    const frameBytes = pixelData.bitsPerFrame / 8;
    for (let frame = 0; frame < pixelData.frames; frame += 1) {
      ranges.push([pixelData.offset + frame * frameBytes, frameBytes]);
    }
  }
  if (pixelData?.kind === 'encapsulated') {
    const items = [pixelData.table, ...pixelData.fragments];
    // Each with its item header, and the delimiter at the end.
    ranges.push(...items.map(([at, size]) => [at - 8, size + 8] as const), [length - 8, 8]);
  }
  for (const element of bulk) ranges.push([element.offset, element.length]);
  return ranges.flatMap(([start, size]) => spread(offset + start, size, 5));
}

/** Places outside of the entries' data: tar headers, padding, metadata, receipt, trailer, the end. */
function positionsAround({ entries, metadata }: SegmentReceipt): number[] {
  const positions: number[] = [];
  let end = 0;
  for (const { offset, length } of entries) {
    positions.push(...spread(end, offset - end, 4));
    end = offset + length;
  }
  positions.push(...spread(end, metadata.offset - end, 4));
  positions.push(...spread(metadata.offset, metadata.length, 4));
  const closing = metadata.offset + metadata.length;
  return [...positions, ...spread(closing, segment.size - closing, 16)];
}

/** The first, the last, and some places between them; none where there is no room. */
function spread(start: number, length: number, count: number): number[] {
  if (length <= 0) return [];
  const between = Array.from({ length: count - 2 }, () => start + random.integer(0, length));
  return [...new Set([start, ...between, start + length - 1])];
}

/**
 * Power cuts along the whole write path of ingest: parts are parsed and spooled, segments sealed and put into the
 * filesystem store, refused bytes put into quarantine, in folders that did not exist before. The file system forgets
 * every byte and every name that was not fsynced; the power goes at each step. And the test itself is tested: with any
 * one fsync left out, it must notice.
 */
import { createHash, randomFillSync } from 'node:crypto';
import type { Facility } from '@sandyq/database';
import { type ReceivedInstance, receiveInstance } from '@sandyq/indexing';
import {
  buildQuarantineKey,
  createFilesystemStore,
  entryReference,
  isStorageError,
  makeDurableDirectory,
  openSegment,
  readEntryBytes,
  recoverSegment,
  type SealedSegment,
  SegmentSet,
  SegmentSpool,
  storeSegment,
  sweepSpool,
  uuidV7Source,
  verifySegment,
} from '@sandyq/storage';
import { type Faults, type Kept, LossyFileSystem } from '@sandyq/storage/testing';
import { describe, expect, it } from 'vitest';
import { makeEncapsulatedImage, makeNativeImage } from '../support/made-instances.ts';
import { SeededRandom } from '../support/seeded-random.ts';

/** Nothing above is there before the first start, except the root of the file system. */
const dataFolder = '/srv/sandyq/data';
const spoolFolder = `${dataFolder}/spool`;
const root = `${dataFolder}/objects`;
const allKept: readonly Kept[] = ['nothing', 'newest-names', 'names', 'everything'];
const newId = uuidV7Source({ now: Date.now, fillRandom: (bytes) => randomFillSync(bytes) });
const facility: Facility = {
  facilityId: 1,
  code: 'default',
  name: 'test',
  patientIssuerId: 1,
  accessionIssuerId: 1,
  assumedCharacterSet: undefined,
};

/** What one request brings. */
const requests = partsOfRequests();

function partsOfRequests(): readonly (readonly Buffer[])[] {
  const random = new SeededRandom(7);
  const study = random.uid();
  const [axial, coronal] = [random.uid(), random.uid()];
  const ids = (seriesInstanceUid: string) => ({
    studyInstanceUid: study,
    seriesInstanceUid,
    sopInstanceUid: random.uid(),
  });
  const slice = (series: string, rows: number) =>
    makeNativeImage(ids(series), { rows, columns: rows, pixels: random.bytes(rows * rows * 2) }).bytes;
  const loop = makeEncapsulatedImage(
    { ...ids(coronal), studyInstanceUid: random.uid() },
    { rows: 8, columns: 8, fragments: [random.bytes(300), random.bytes(500)] },
  );
  const torn = slice(axial, 16).subarray(0, 700);
  return [[slice(axial, 16), slice(coronal, 32), slice(axial, 16)], [torn, slice(axial, 600)], [loop.bytes]];
}

/** What the sender was told is safe. */
interface Acknowledged {
  readonly instances: { readonly key: string; readonly sopInstanceUid: string; readonly sha256: string }[];
  readonly quarantined: { readonly key: string; readonly sha256: string }[];
}

/** A process of the archive: starts, receives every request, and acknowledges; until it ends or the machine stops. */
async function ingest(fileSystem: LossyFileSystem): Promise<Acknowledged> {
  const acknowledged: Acknowledged = { instances: [], quarantined: [] };
  try {
    await makeDurableDirectory(dataFolder, fileSystem);
    const store = createFilesystemStore({ root, fileSystem, newId });
    const spool = new SegmentSpool({ directory: spoolFolder, fileSystem, newId });
    for (const parts of requests) await receive(parts, { spool, store, acknowledged });
  } catch (error) {
    if (!isStorageError(error)) throw error;
  }
  return acknowledged;
}

interface Ingest {
  readonly spool: SegmentSpool;
  readonly store: ReturnType<typeof createFilesystemStore>;
  readonly acknowledged: Acknowledged;
}

/** One request, as the Store transaction takes it, up to the object store. */
async function receive(parts: readonly Buffer[], { spool, store, acknowledged }: Ingest): Promise<void> {
  const sealed: SealedSegment[] = [];
  const received: ReceivedInstance[] = [];
  const segments = new SegmentSet({
    spool,
    header: {
      facility: facility.code,
      device: undefined,
      principal: 'test',
      receivedAt: '2026-03-01T08:00:00.000Z',
      source: { kind: 'received' },
    },
    onSealing: ({ segment }) => void sealed.push(segment),
  });
  for (const part of parts) {
    const reception = await receiveInstance<never>(inChunks(part), {
      sender: { principalId: 'test', facility, device: undefined, devices: [] },
      acquire: ({ studyInstanceUid, seriesInstanceUid }) =>
        segments.acquire(studyInstanceUid, seriesInstanceUid),
      keepRefused: (bytes) => quarantine(bytes, { spool, store, acknowledged }),
      verdictOnRepeat: () => Promise.resolve(undefined),
    });
    if (reception.kind === 'received') received.push(reception.instance);
  }
  for (const outcome of await segments.finish()) if ('error' in outcome) throw outcome.error;
  for (const segment of sealed) {
    await storeSegment(store, segment);
    const members = received.filter(({ segmentId }) => segmentId === segment.id);
    acknowledged.instances.push(...members.map(({ entry }) => ({ ...entry, key: segment.key })));
    await spool.remove(segment);
  }
}

async function quarantine(
  bytes: AsyncIterable<Uint8Array>,
  { spool, store, acknowledged }: Ingest,
): Promise<void> {
  const file = await spool.createLoose();
  for await (const chunk of bytes) await file.write(chunk);
  const sealed = await file.seal();
  const key = buildQuarantineKey(sealed.sha256, newId());
  await store.putFile(key, sealed);
  acknowledged.quarantined.push({ key, sha256: sealed.sha256 });
  await spool.remove(sealed);
}

async function* inChunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 400_000) yield bytes.subarray(from, from + 400_000);
}

/** What is wrong when the machine is back and a new process has swept up: nothing, if all is well. */
async function faultsOf(fileSystem: LossyFileSystem, acknowledged: Acknowledged): Promise<string[]> {
  const store = createFilesystemStore({ root, fileSystem });
  const found: string[] = [];
  for (const { key, sopInstanceUid, sha256 } of acknowledged.instances) {
    if ((await store.stat(key)) === undefined) found.push(`${key} was acknowledged and is lost`);
    else if ((await sha256InSegment(store, key, sopInstanceUid)) !== sha256)
      found.push(`${key} is there in part`);
  }
  for (const { key, sha256 } of acknowledged.quarantined) {
    if ((await store.stat(key)) === undefined || (await sha256Of(store, key)) !== sha256)
      found.push(`${key}: quarantined bytes are lost`);
  }
  for await (const { key } of store.list('')) {
    if (!(await isWhole(store, key))) found.push(`${key} is visible and damaged`);
  }
  return [...found, ...(await faultsOfSpool(fileSystem, store))];
}

/** The spool tells whose every file is, and every sealed segment in it becomes a whole object. */
async function faultsOfSpool(fileSystem: LossyFileSystem, store: Ingest['store']): Promise<string[]> {
  const swept = await sweepSpool({
    directory: spoolFolder,
    fileSystem,
    livenessOf: () => Promise.resolve('dead'),
  });
  const found = swept.damaged.map((path) => `${path} is sealed and damaged`);
  for (const { owner } of swept.kept) {
    const names = await fileSystem.readdir(`${spoolFolder}/${owner}`);
    if (names.some(({ name }) => name !== 'owner.json')) found.push(`nobody knows whose ${owner} is`);
  }
  for (const sealed of swept.sealed) {
    await recoverSegment(store, sealed);
    if (!(await isWhole(store, sealed.key))) found.push(`${sealed.key} was recovered and is damaged`);
  }
  return found;
}

async function isWhole(store: Ingest['store'], key: string): Promise<boolean> {
  if (key.startsWith('quarantine/')) return key.includes(await sha256Of(store, key));
  return (await verifySegment(store, key)).faults.length === 0;
}

async function sha256InSegment(store: Ingest['store'], key: string, sopInstanceUid: string) {
  try {
    const { receipt } = await openSegment(store, key);
    const entry = receipt.entries.find((candidate) => candidate.sopInstanceUid === sopInstanceUid);
    if (entry === undefined) return undefined;
    return digest(await readEntryBytes(store, entryReference(key, entry)));
  } catch (error) {
    if (isStorageError(error)) return undefined;
    throw error;
  }
}

async function sha256Of(store: Ingest['store'], key: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await store.read(key)) chunks.push(chunk as Buffer);
  return digest(Buffer.concat(chunks));
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function stepsOfRun(): Promise<{ readonly steps: number; readonly syncs: number }> {
  const fileSystem = new LossyFileSystem();
  const acknowledged = await ingest(fileSystem);
  expect(acknowledged.instances).toHaveLength(5);
  expect(acknowledged.quarantined).toHaveLength(1);
  return { steps: fileSystem.steps, syncs: fileSystem.syncs };
}

/** Power cuts after every step, latest first, with every kind of remains; stops at the first fault if `untilFirst`. */
async function powerCuts(faults: Faults, untilFirst = false): Promise<string[]> {
  const { steps } = await stepsOfRun();
  const found: string[] = [];
  for (let step = steps; step >= 0; step -= 1) {
    for (const kept of allKept) {
      const fileSystem = new LossyFileSystem(faults);
      fileSystem.crashAfter(step);
      const acknowledged = await ingest(fileSystem);
      fileSystem.crash(kept);
      const wrong = await faultsOf(fileSystem, acknowledged);
      found.push(...wrong.map((fault) => `step ${step} of ${steps}, kept ${kept}: ${fault}`));
      if (untilFirst && found.length > 0) return found;
    }
  }
  return found;
}

describe('the write path of ingest and a power cut', () => {
  it('loses nothing acknowledged and shows nothing half, whenever it comes', async () => {
    expect(await powerCuts({})).toEqual([]);
  });

  it('would be caught if any single fsync were missing', async () => {
    const { syncs } = await stepsOfRun();
    expect(syncs).toBeGreaterThan(20);
    const unnoticed: number[] = [];
    for (let ignoredSync = 1; ignoredSync <= syncs; ignoredSync += 1) {
      if ((await powerCuts({ ignoredSync }, true)).length === 0) unnoticed.push(ignoredSync);
    }
    expect(unnoticed).toEqual([]);
  });

  it('does not trust the folders that a killed process made', async () => {
    const { steps } = await stepsOfRun();
    for (let step = 0; step <= steps; step += 1) {
      const fileSystem = new LossyFileSystem();
      fileSystem.crashAfter(step);
      const before = await ingest(fileSystem);
      fileSystem.kill();
      const after = await ingest(fileSystem);
      fileSystem.crash('nothing');
      const acknowledged: Acknowledged = {
        instances: [...before.instances, ...after.instances],
        quarantined: [...before.quarantined, ...after.quarantined],
      };
      expect(await faultsOf(fileSystem, acknowledged), `killed after step ${step}`).toEqual([]);
    }
  });
});

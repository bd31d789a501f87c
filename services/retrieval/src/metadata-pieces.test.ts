import { randomFillSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '@sandyq/database';
import {
  createFilesystemStore,
  nodeFileSystem,
  rewriteSegments,
  SegmentSpool,
  storeSegment,
  uuidV7Source,
} from '@sandyq/storage';
import { createMetrics, silentLogger } from '@sandyq/telemetry';
import { afterEach, describe, expect, it } from 'vitest';
import { DAMAGES } from './dependencies.ts';
import { readPieces } from './metadata-pieces.ts';

const UIDS = ['1.2.1', '1.2.2', '1.2.3'];
const json = (uid: string) => `{"00080018":{"vr":"UI","Value":["${uid}"]}}`;

let folder = '';
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A stored segment of three instances, and a rewrite of it in which they stand in the opposite order. */
async function rewritten() {
  folder = await mkdtemp(join(tmpdir(), 'sandyq-pieces-'));
  const fileSystem = nodeFileSystem();
  const store = createFilesystemStore({ root: join(folder, 'objects'), fileSystem });
  const newId = uuidV7Source({ now: Date.now, fillRandom: (bytes) => randomFillSync(bytes) });
  const spool = new SegmentSpool({ directory: join(folder, 'spool'), fileSystem, newId });
  const sources = [];
  for (const uid of UIDS) {
    const segment = await spool.create({
      studyInstanceUid: '1',
      seriesInstanceUid: '1.2',
      facility: 'f',
      device: undefined,
      principal: 'p',
      receivedAt: '2026-01-01T00:00:00.000Z',
      source: { kind: 'received' },
    });
    const entry = await segment.beginEntry({ sopInstanceUid: uid, role: 'part10' });
    await entry.write(Buffer.from(`bytes of ${uid}`));
    await entry.commit({
      sopInstanceUid: uid,
      sopClassUid: '1.9',
      transferSyntaxUid: '1.2.840.10008.1.2.1',
      characterSet: { label: [], used: [], flag: 'as-labelled' },
      metadata: Buffer.from(json(uid)),
    });
    const sealed = await segment.seal();
    await storeSegment(store, sealed);
    sources.push({ key: sealed.key, receipt: sealed.receipt, ordinals: [1] });
  }
  const by = { principal: 'archive:test', receivedAt: '2026-01-02T00:00:00.000Z' };
  const first = await rewriteSegments({ store, spool }, { ...by, sources });
  const second = await rewriteSegments({ store, spool }, { ...by, sources: [...sources].reverse() });
  for (const sealed of [first, second]) await storeSegment(store, sealed);
  return { store, first, second };
}

describe('readPieces', () => {
  it('takes no text of another instance where the segment was rewritten since they were located', async () => {
    const { store, first, second } = await rewritten();
    await store.delete(first.key);
    let isSwapped = false;
    const located = () => {
      const { id, key, receipt } = isSwapped ? second : first;
      isSwapped = true;
      return receipt.entries.map(({ sopInstanceUid, ordinal }) => ({
        study_key: 7,
        series_key: 8,
        sop_instance_uid: sopInstanceUid,
        segment_id: id,
        object_key: key,
        ordinal,
      }));
    };
    const database = {
      query: async ({ name }: { name: string }) => ({ rows: name === 'locate-instances' ? located() : [] }),
    } as unknown as Database;
    const damagedReads = createMetrics().counter({
      name: 'damaged_total',
      help: 'damage',
      labels: { kind: DAMAGES },
    });
    const reader = { signal: new AbortController().signal, logger: silentLogger() };
    const instances = UIDS.map((sopInstanceUid) => ({ sopInstanceUid }));
    const pieces = await Array.fromAsync(readPieces({ store, database, damagedReads }, 7, instances, reader));
    expect(pieces.map(([{ sopInstanceUid }, piece]) => [sopInstanceUid, piece?.toString()])).toEqual(
      UIDS.map((uid) => [uid, json(uid)]),
    );
  });
});

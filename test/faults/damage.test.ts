/**
 * Objects that the store loses, cuts off or exchanges, and objects that nobody knows: everything is reported, what it
 * concerns is marked, what is whole is served, nothing is deleted; and what comes back is believed once it was read.
 */
import { recordingLogger } from '@sandyq/telemetry';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  image,
  ReconcileArchive,
  releaseStores,
  storesToReconcile,
} from '../integration/reconcile-archive.ts';
import { get, mustStore, storeAll, storeMany } from '../support/dicomweb.ts';

const SOP_INSTANCE_UID = '00080018';
const SERIES_INSTANCE_UID = '0020000E';
const STUDY_INSTANCE_UID = '0020000D';

afterAll(releaseStores);

describe.each(storesToReconcile)('damage, on $name', ({ skip, environment }) => {
  const { logger, lines } = recordingLogger();
  let archive: ReconcileArchive;
  let studies = 0;
  let study = '';

  beforeAll(async () => {
    if (!skip) archive = await ReconcileArchive.start(environment(), logger);
  });
  afterAll(() => archive?.archive.stop());
  beforeEach(() => {
    studies += 1;
    study = `2.25.80${studies}`;
    lines.length = 0;
  });

  /** Two series, two instances each, a segment a series. */
  async function storeStudy() {
    const members = [1, 2].flatMap((series) => [1, 2].map((number) => image(study, series, number)));
    await storeAll(
      archive.url,
      members.map(({ bytes }) => bytes),
    );
    const [first, second, other] = members;
    if (first === undefined || second === undefined || other === undefined) throw new Error('four members');
    return { first, second, other, ...(await archive.placeOf(first)) };
  }

  const damage = async (query = '') => {
    const answer = await get(`${archive.url}/admin/damage${query}`, {});
    return JSON.parse(answer.body.toString()) as {
      segments: object;
      damage: { kind: string; objectKey: string; repairedAt?: string }[];
      quarantine: object[];
      objects: { kind: string; objectKey: string }[];
    };
  };
  const events = (event: string) => lines.filter((line) => line.event === event);
  const unavailable = (found: Record<string, string>) =>
    Object.keys(found).filter((uid) => found[uid] === 'UNAVAILABLE');

  it.skipIf(skip)(
    'a deleted segment is missed, its instances are unavailable, the others are not',
    async () => {
      const { first, second, other, key, segmentId } = await storeStudy();
      const bytes = await archive.bytesOf(key);
      await archive.store.delete(key);
      expect(await archive.reconcile(true)).toMatchObject({ missing: [key], instances: 0 });
      expect(unavailable(await archive.availability(`studies/${study}/instances`, SOP_INSTANCE_UID))).toEqual(
        [],
      );

      expect(await archive.reconcile()).toMatchObject({
        missing: [key],
        instances: 2,
        damaged: [],
        unknown: 0,
      });
      const uids = [first.sopInstanceUid, second.sopInstanceUid];
      expect(unavailable(await archive.availability(`studies/${study}/instances`, SOP_INSTANCE_UID))).toEqual(
        uids,
      );
      expect(
        unavailable(
          await archive.availability(`studies/${study}/series?includefield=all`, SERIES_INSTANCE_UID),
        ),
      ).toEqual([`${study}.1`]);
      expect(
        unavailable(await archive.availability(`studies?StudyInstanceUID=${study}`, STUDY_INSTANCE_UID)),
      ).toEqual([study]);
      expect((await archive.original(first)).status).toBe(500);
      expect(await archive.original(other)).toMatchObject({ status: 200, body: other.bytes });
      expect(events('segment-damaged')).toMatchObject([
        { segmentId, objectKey: key, kind: 'missing', instances: 2 },
      ]);
      expect(await damage()).toMatchObject({
        segments: { missing: 1, damaged: 0 },
        damage: [
          { objectKey: key, kind: 'missing', foundBy: 'reconcile', instances: 2, studyInstanceUid: study },
        ],
      });

      // Found again is not found twice.
      expect(await archive.reconcile()).toMatchObject({ missing: [key], instances: 0 });
      expect(events('segment-damaged')).toHaveLength(1);

      await archive.store.putBytes(key, bytes);
      expect(await archive.reconcile()).toMatchObject({ missing: [], whole: 1 });
      expect(unavailable(await archive.availability(`studies/${study}/instances`, SOP_INSTANCE_UID))).toEqual(
        [],
      );
      expect(await archive.original(first)).toMatchObject({ status: 200, body: first.bytes });
      expect(await damage()).toMatchObject({ segments: { missing: 0 }, damage: [] });
      expect((await damage('?repaired=true')).damage).toMatchObject([{ objectKey: key }]);
    },
  );

  it.skipIf(skip)('a truncated segment is damaged; what of it is sound is served', async () => {
    const { first, second, key } = await storeStudy();
    const bytes = await archive.bytesOf(key);
    await archive.replaceObject(key, bytes.subarray(0, 512 + first.bytes.length + 1_024));
    expect(await archive.reconcile()).toMatchObject({ damaged: [key], missing: [], instances: 2 });
    expect(await archive.original(first)).toMatchObject({ status: 200, body: first.bytes });
    expect((await archive.original(second)).status).toBe(500);
    await archive.replaceObject(key, bytes);
    expect(await archive.reconcile()).toMatchObject({ damaged: [], whole: 1 });
    expect(await archive.original(second)).toMatchObject({ status: 200, body: second.bytes });
  });

  it.skipIf(skip)(
    'what comes back with a wrong bit is not believed: one entry is marked, the other is not',
    async () => {
      const { second, key } = await storeStudy();
      const bytes = await archive.bytesOf(key);
      await archive.store.delete(key);
      await archive.reconcile();
      const flipped = Buffer.from(bytes);
      const at = flipped.indexOf(second.bytes) + second.bytes.length - 10;
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      await archive.store.putBytes(key, flipped);
      expect(await archive.reconcile()).toMatchObject({ missing: [], damaged: [key], whole: 0 });
      expect(unavailable(await archive.availability(`studies/${study}/instances`, SOP_INSTANCE_UID))).toEqual(
        [second.sopInstanceUid],
      );
      expect(await damage()).toMatchObject({ damage: [{ objectKey: key, kind: 'damaged', ordinal: 2 }] });
      // It is not read in full again before it changes.
      const reads = readsOf(archive, key);
      expect(await archive.reconcile()).toMatchObject({ damaged: [key], whole: 0 });
      expect(reads()).toBe(0);
      await archive.replaceObject(key, bytes);
      expect(await archive.reconcile()).toMatchObject({ damaged: [], whole: 1 });
      expect(unavailable(await archive.availability(`studies/${study}/instances`, SOP_INSTANCE_UID))).toEqual(
        [],
      );
    },
  );

  it.skipIf(skip)(
    'an unknown segment that is damaged is noted, kept, and taken in once it is whole',
    async () => {
      const { first, key, segmentId } = await storeStudy();
      const bytes = await archive.bytesOf(key);
      const flipped = Buffer.from(bytes);
      flipped[1_000] = (flipped[1_000] ?? 0) ^ 4;
      await archive.replaceObject(key, flipped);
      for (const table of ['sop_instance', 'instance', 'segment']) {
        await archive.rows(`delete from ${table} where segment_id = $1`, [segmentId]);
      }
      expect(await archive.reconcile()).toMatchObject({ unknown: 1, replayed: 0, damaged: [key] });
      expect((await damage()).objects).toMatchObject([{ objectKey: key, kind: 'damaged' }]);
      const reads = readsOf(archive, key);
      expect(await archive.reconcile()).toMatchObject({ unknown: 1, replayed: 0, damaged: [key] });
      expect(reads()).toBe(0);
      expect(await archive.bytesOf(key)).toEqual(flipped);
      await archive.replaceObject(key, bytes);
      expect(await archive.reconcile()).toMatchObject({ unknown: 1, replayed: 1, damaged: [] });
      expect((await damage()).objects).toEqual([]);
      expect(await archive.original(first)).toMatchObject({ status: 200, body: first.bytes });
    },
  );

  it.skipIf(skip)('objects that are not of the archive are noted and kept', async () => {
    const key = 'v1/00/not-of-this-archive.tar';
    await archive.store.putBytes(key, Buffer.from('?'));
    expect(await archive.reconcile()).toMatchObject({ foreign: [key], unknown: 0, failed: [] });
    expect((await damage()).objects).toMatchObject([{ objectKey: key, kind: 'foreign' }]);
    expect(await archive.store.stat(key)).toBeDefined();
    await archive.store.delete(key);
    expect(await archive.reconcile()).toMatchObject({ foreign: [] });
    expect((await damage()).objects).toEqual([]);
  });

  it.skipIf(skip)(
    'quarantine: bytes without an entry are kept, an entry without its bytes is marked',
    async () => {
      const { first } = await storeStudy();
      await storeMany(archive.url, [first.bytes.subarray(0, 700)]);
      const [entry] = await archive.rows<{ key: string }>(
        `select object_key as key from quarantine where segment_id is null and state = 'open'`,
      );
      if (entry === undefined) throw new Error('a quarantine object');
      const bytes = await archive.bytesOf(entry.key);
      const stray = `quarantine/00/${'00'.repeat(32)}-019a0000-0000-7000-8000-000000000000`;
      await archive.store.putBytes(stray, Buffer.from('never told'));
      await archive.store.delete(entry.key);
      expect(await archive.reconcile()).toMatchObject({ missingQuarantine: [entry.key], unlisted: [stray] });
      expect(await damage()).toMatchObject({
        quarantine: [{ objectKey: entry.key, condition: 'missing' }],
        objects: [{ objectKey: stray, kind: 'unlisted' }],
      });
      expect(await archive.store.stat(stray)).toBeDefined();
      await archive.store.putBytes(entry.key, bytes);
      await archive.store.delete(stray);
      expect(await archive.reconcile()).toMatchObject({ missingQuarantine: [], unlisted: [], whole: 1 });
      expect(await damage()).toMatchObject({ quarantine: [], objects: [] });
    },
  );

  it.skipIf(skip)('is not seen where instances are stored meanwhile', async () => {
    const { first } = await storeStudy();
    const work = { isDone: false };
    const storing = Promise.all(
      [11, 12, 13].map(async (series) => {
        for (let number = 1; number <= 6; number += 1) {
          await mustStore(archive.url, image(study, series, number).bytes);
          await storeMany(archive.url, [first.bytes, image(study, series, 1, {}, 200 + number).bytes]);
        }
      }),
    ).finally(() => {
      work.isDone = true;
    });
    const reports = [];
    while (!work.isDone) reports.push(await archive.reconcile());
    await storing;
    for (const report of reports) {
      expect(report).toMatchObject({
        missing: [],
        damaged: [],
        failed: [],
        missingQuarantine: [],
        incomplete: 0,
      });
    }
    const found = await archive.availability(`studies/${study}/instances?limit=1000`, SOP_INSTANCE_UID);
    expect(Object.keys(found)).toHaveLength(4 + 18);
    expect(unavailable(found)).toEqual([]);
    expect(await archive.reconcile()).toMatchObject({ unknown: 0, incomplete: 0, missing: [], damaged: [] });
  });
});

/** Counts how often an object is read from now on. */
function readsOf({ store }: ReconcileArchive, key: string): () => number {
  const read = store.read.bind(store);
  let reads = 0;
  store.read = (asked, ...rest) => {
    if (asked === key) reads += 1;
    return read(asked, ...rest);
  };
  return () => {
    store.read = read;
    return reads;
  };
}

/**
 * Compaction beside everything else that touches the same instances: senders, other compactors, decisions on quarantine.
 * Whoever comes first, nothing is lost, nothing is shown twice, and every row points to bytes that are there.
 */
import { createHash } from 'node:crypto';
import { type Database, listQuarantine, type Quarantined } from '@sandyq/database';
import { compactionPorts, quarantinePorts, supersedeSegments } from '@sandyq/index';
import { compactNow, installRewrite, readKept, replaceByQuarantined } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { type ObjectStore, openSegment, verifySegment } from '@sandyq/storage';
import { afterEach, describe, expect, it } from 'vitest';
import { get, storeAll, storeOne } from '../support/dicomweb.ts';
import { type MadeInstance, makeNativeImage } from '../support/made-instances.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const STUDY = '2.25.77';
const SERIES = '2.25.77.1';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

describe('compaction beside', () => {
  it('senders to the same series and another compactor: every instance once, in few objects at last', async () => {
    const archive = await newArchive();
    const instances = Array.from({ length: 60 }, (_, index) => imageOf(index));
    const sending = new AbortController();
    const compactor = async () => {
      while (!sending.signal.aborted) await compactAll(archive);
    };
    const senders = [0, 1, 2].map(async (sender) => {
      for (const [index, { bytes }] of instances.entries()) {
        if (index % 3 === sender) await storeAll(archive.url, [bytes]);
      }
    });
    const compactors = [compactor(), compactor()];
    await Promise.all(senders);
    sending.abort();
    await Promise.all(compactors);
    await compactAll(archive);
    // Pressed so hard, it soon stops copying much for little: what is left is about the logarithm of what came.
    const live = await liveSegments(archive.archive);
    expect(live).toBeLessThanOrEqual(2 + Math.log2(instances.length));
    await untilObjects(archive, live);
    await expectShown(archive, instances);
    await expectConsistent(archive.archive);
  });

  it('a second rewrite of the same segments: one takes their place, the other is cleared away', async () => {
    const archive = await newArchive();
    const instances = [imageOf(1), imageOf(2), imageOf(3)];
    for (const { bytes } of instances) await storeAll(archive.url, [bytes]);
    const { store } = archive.archive;
    const keys = await keysOf(archive);
    const sources = await Promise.all(
      keys.map(async (key) => {
        const { receipt } = await openSegment(store, key);
        return { key, receipt, ordinals: receipt.entries.map(({ ordinal }) => ordinal) };
      }),
    );
    const rewrite = () =>
      installRewrite(compactionPorts(archive.archive), {
        sources,
        principal: 'archive:test',
        receivedAt: new Date().toISOString(),
      });
    const kinds = (await Promise.all([rewrite(), rewrite(), rewrite()])).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(['swapped', 'too-late', 'too-late']);
    await untilObjects(archive, 1);
    await expectShown(archive, instances);
    await expectConsistent(archive.archive);
  });

  it('a replacement that comes between put and swap', async () => {
    const { archive, newcomer, other, old, entry } = await quarantinedNewcomer();
    const ports = compactionPorts(archive.archive);
    const replacing = new Once(() =>
      replaceByQuarantined(quarantinePorts(archive.archive), entry.quarantineId, 'test'),
    );
    const store: ObjectStore = {
      ...ports.store,
      putFile: async (key, file, signal) => {
        await ports.store.putFile(key, file, signal);
        await replacing.happen();
      },
    };
    const report = await compactNow({ ...ports, store }, { dryRun: false });
    expect(report).toMatchObject({ made: 1, rewritten: 3, later: 0 });
    await untilObjects(archive, 1);
    await expectShown(archive, [newcomer, other]);
    await expectKept(archive.archive, {
      [sha256(newcomer.bytes)]: 'accepted',
      [sha256(old.bytes)]: 'replaced',
    });
    await expectConsistent(archive.archive);
  });

  it('a replacement whose segments are swapped and deleted under it', async () => {
    const { archive, newcomer, other, old, entry } = await quarantinedNewcomer();
    const compacting = new Once(async () => {
      await compactAll(archive);
      await untilObjects(archive, 1);
    });
    const ports = quarantinePorts(archive.archive);
    const database: Database = {
      ...ports.database,
      inTransaction: async (work) => {
        await compacting.happen();
        return ports.database.inTransaction(work);
      },
    };
    const replaced = await replaceByQuarantined({ ...ports, database }, entry.quarantineId, 'test');
    expect(replaced).toMatchObject({ sopInstanceUid: newcomer.sopInstanceUid, isHeld: false });
    await expectShown(archive, [newcomer, other]);
    await expectKept(archive.archive, {
      [sha256(newcomer.bytes)]: 'accepted',
      [sha256(old.bytes)]: 'replaced',
    });
    await expectConsistent(archive.archive);
  });

  it('what was kept and discarded: the one is copied, the other is not', async () => {
    const archive = await newArchive();
    const held = imageOf(1);
    await storeAll(archive.url, [held.bytes]);
    const corrected = imageOf(1, { patientName: 'Жаңа^Есім' });
    const contradiction = imageOf(1, { variant: 7 });
    const repeat = imageOf(2);
    expect((await storeOne(archive.url, corrected.bytes)).reason).toBe('proposed-correction');
    expect((await storeOne(archive.url, contradiction.bytes)).reason).toBe('duplicate-sop-instance');
    await storeAll(archive.url, [repeat.bytes]);
    const [entry] = await listQuarantine(archive.archive.database, {}, 10);
    const discard = await fetch(`${archive.url}/admin/quarantine/${entry?.quarantineId}/discard`, {
      method: 'POST',
    });
    expect(discard.status).toBe(200);
    // Its segment is looked at by itself first, and kept: nobody else holds what is in it.
    await expect
      .poll(() => compactAll(archive).then(() => liveSegments(archive.archive)), { timeout: 30_000 })
      .toBe(1);
    await untilObjects(archive, 1);
    const [key = ''] = await keysOf(archive);
    const { receipt } = await openSegment(archive.archive.store, key);
    expect(receipt.entries.map((one) => one.sha256).sort()).toEqual(
      [held, corrected, repeat].map(({ bytes }) => sha256(bytes)).sort(),
    );
    await expectShown(archive, [held, repeat]);
    await expectConsistent(archive.archive);
  });
});

/** Something that happens once, at the first moment it can. */
class Once {
  #work: (() => Promise<unknown>) | undefined;

  constructor(work: () => Promise<unknown>) {
    this.#work = work;
  }

  async happen(): Promise<void> {
    const work = this.#work;
    this.#work = undefined;
    await work?.();
  }
}

/** An instance of the series, an unequal newcomer under its UID in quarantine, and another instance: three segments. */
async function quarantinedNewcomer() {
  const archive = await newArchive();
  const [old, newcomer, other] = [imageOf(1), imageOf(1, { variant: 9 }), imageOf(2)];
  await storeAll(archive.url, [old.bytes]);
  expect((await storeOne(archive.url, newcomer.bytes)).reason).toBe('duplicate-sop-instance');
  await storeAll(archive.url, [other.bytes]);
  const [entry] = await listQuarantine(archive.archive.database, {}, 10);
  if (entry === undefined) throw new Error('it is not in quarantine');
  return { archive, old, newcomer, other, entry };
}

/** Compacts only when told to. */
async function newArchive(): Promise<TestArchive> {
  const archive = await startArchive({ environment: { SANDYQ_COMPACT_BYTES_PER_SECOND: '0' } });
  cleanUps.push(() => archive.stop());
  return archive;
}

function imageOf(number: number, { variant = 0, patientName = 'Сынақ^Айгүл' } = {}): MadeInstance {
  const ids = { studyInstanceUid: STUDY, seriesInstanceUid: SERIES, sopInstanceUid: `${SERIES}.${number}` };
  const pixels = createHash('shake256', { outputLength: 512 }).update(`${number} ${variant}`).digest();
  return makeNativeImage(ids, { rows: 16, columns: 16, pixels }, { instanceNumber: number, patientName });
}

async function compactAll({ archive }: TestArchive): Promise<void> {
  const { damaged } = await compactNow(compactionPorts(archive), { dryRun: false });
  expect(damaged).toEqual([]);
}

async function keysOf({ archive }: TestArchive): Promise<string[]> {
  return (await Array.fromAsync(archive.store.list('v1/'))).map(({ key }) => key);
}

async function liveSegments({ database }: Archive): Promise<number> {
  const counted = await database.query<{ segments: number }>({
    text: `select count(*)::int as segments from segment where state in ('live', 'duplicate')`,
  });
  return counted.rows[0]?.segments ?? -1;
}

/** Clears away, together with the archive itself, until so many segments are left. */
async function untilObjects(archive: TestArchive, count: number): Promise<void> {
  const clear = async () => {
    await supersedeSegments(archive.archive);
    return keysOf(archive);
  };
  await expect.poll(clear, { timeout: 30_000, interval: 100 }).toHaveLength(count);
}

/** Exactly these are shown, with these bytes. */
async function expectShown({ url }: TestArchive, instances: readonly MadeInstance[]): Promise<void> {
  const found = await get(`${url}/dicom-web/studies/${STUDY}/instances`, {
    Accept: 'application/dicom+json',
  });
  expect((JSON.parse(found.body.toString()) as unknown[]).length).toBe(instances.length);
  for (const { sopInstanceUid, bytes } of instances) {
    const { status, body } = await get(`${url}/originals/${STUDY}/${SERIES}/${sopInstanceUid}`);
    expect(status).toBe(200);
    expect(sha256(body), sopInstanceUid).toBe(sha256(bytes));
  }
}

/** Entries of quarantine by the digest of their bytes, which can be read. */
async function expectKept(
  { database, store }: Archive,
  states: Readonly<Record<string, Quarantined['state']>>,
): Promise<void> {
  const entries = await listQuarantine(database, {}, 10);
  const found = entries.map((entry) => [entry.sha256.toString('hex'), entry.state] as const);
  expect(Object.fromEntries(found)).toEqual(states);
  for (const entry of entries) {
    const bytes = Buffer.concat(await Array.fromAsync(readKept(store, entry)));
    expect(sha256(bytes)).toBe(entry.sha256.toString('hex'));
  }
}

/** Every segment in use is whole, and every row points to an entry of one, with its bytes. */
async function expectConsistent({ database, store }: Archive): Promise<void> {
  const entries = new Map<string, string>();
  for await (const { key } of store.list('v1/')) {
    const { segment, faults } = await verifySegment(store, key);
    expect(faults).toEqual([]);
    for (const { offset, sha256: digest } of segment?.receipt.entries ?? [])
      entries.set(`${key} ${offset}`, digest);
  }
  const rows = await database.query<{ place: string; sha256: Buffer; state: string; origin: string | null }>({
    text: `select g.object_key || ' ' || i.entry_offset as place, i.sha256, g.state from instance i
        join sop_instance p on p.sop_instance_uid = i.sop_instance_uid and p.segment_id = i.segment_id
          and p.ordinal = i.ordinal
        join segment g on g.segment_id = i.segment_id
      union all
      select q.object_key || ' ' || q.entry_offset, q.sha256, g.state from quarantine q
        join segment g on g.segment_id = q.segment_id and g.object_key = q.object_key where q.state <> 'discarded'
      union all
      select c.object_key || ' ' || c.entry_offset, c.sha256, g.state from proposed_correction c
        join segment g on g.segment_id = c.segment_id and g.object_key = c.object_key where c.state <> 'discarded'`,
  });
  for (const { place, sha256: digest, state } of rows.rows) {
    expect(state, place).toBe('live');
    expect(entries.get(place), place).toBe(digest.toString('hex'));
  }
  const counted = await database.query<{ rows: number }>({
    text: `select ((select count(*) from instance) + (select count(*) from quarantine where state <> 'discarded')
      + (select count(*) from proposed_correction where state <> 'discarded'))::int as rows`,
  });
  expect(rows.rows).toHaveLength(counted.rows[0]?.rows ?? -1);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

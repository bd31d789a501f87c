/** The journal of a running archive: what is decided stands in the store, and an index that is behind gives no verdicts. */
import { rename } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GroupCommit,
  markIndexBehind,
  markIndexCaughtUp,
  pendingJournalLines,
  readIndexState,
} from '@sandyq/database';
import { createTestDatabase } from '@sandyq/database/testing';
import { Directory, exportJournal, PixelValueComparison, readBatch, reconcile } from '@sandyq/indexing';
import { type JournalLine, journalPrefix } from '@sandyq/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, getJson, storeOne } from '../support/dicomweb.ts';
import { imageOf, QuarantineArchive } from './quarantine-archive.ts';

let archive: QuarantineArchive;
beforeAll(async () => {
  archive = await QuarantineArchive.start();
});
afterAll(() => archive?.test.stop());

/** Every decision in the store, in order: checkpoints come when they come. */
async function journalled(): Promise<JournalLine[]> {
  const { store } = archive.test.archive;
  const lines: JournalLine[] = [];
  for await (const { key } of store.list(journalPrefix))
    lines.push(...(await readBatch(store, key)).batch.lines);
  return lines.filter(({ kind }) => kind !== 'checkpoint');
}

const post = (path: string, body?: object) =>
  fetch(`${archive.test.url}/admin${path}`, {
    method: 'POST',
    headers: { ...archive.administrator, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

describe('what an administrator decides', () => {
  it('stands in the journal of the store when it is answered', async () => {
    expect((await post('/facilities', { code: 'late', name: 'Late' })).status).toBe(201);
    expect((await journalled()).at(-1)).toMatchObject({ kind: 'facility-created', fact: { code: 'late' } });
    expect((await post('/devices', { facility: 'late', code: 'late-ct' })).status).toBe(201);
    expect((await journalled()).at(-1)).toMatchObject({ kind: 'device-created', fact: { code: 'late-ct' } });
    const made = (await (await post('/api-keys', { roles: ['radiologist'] })).json()) as { id: string };
    expect((await journalled()).at(-1)).toMatchObject({
      kind: 'api-key-created',
      fact: { apiKeyId: made.id },
    });
    const revoked = await fetch(`${archive.test.url}/admin/api-keys/${made.id}`, {
      method: 'DELETE',
      headers: archive.administrator,
    });
    expect(revoked.status).toBe(204);
    expect((await journalled()).at(-1)).toMatchObject({
      kind: 'api-key-revoked',
      fact: { apiKeyId: made.id },
    });
  });

  it('is a discarded quarantine object only after the journal says so', async () => {
    const study = archive.newStudy();
    await archive.storeElsewhere(imageOf(study, 1).bytes);
    const { quarantineId, objectKey } = await archive.newest();
    expect((await archive.decide(quarantineId, 'discard')).json).toMatchObject({ isDeleted: true });
    expect((await journalled()).slice(-2)).toMatchObject([
      { kind: 'quarantined', fact: { quarantineId, objectKey, facility: 'hospital', device: 'ct' } },
      { kind: 'quarantine-discarded', fact: { quarantineId, leftoverObjectKey: objectKey } },
    ]);
    expect(await archive.objectKeys('quarantine/')).toEqual([]);
  });

  it('names the segments in which both the newcomer and the one it replaced were received', async () => {
    const study = archive.newStudy();
    await archive.store(imageOf(study, 1).bytes);
    await archive.store(imageOf(study, 1).bytes);
    const { quarantineId, segmentId } = await archive.newest();
    expect((await archive.decide(quarantineId, 'replace')).status).toBe(200);
    const [replaced, accepted] = (await journalled()).slice(-2);
    expect(accepted).toMatchObject({ kind: 'quarantine-accepted', fact: { quarantineId, segmentId } });
    expect(replaced).toMatchObject({
      kind: 'instance-replaced',
      fact: {
        byQuarantineId: quarantineId,
        sopInstanceUid: `${study}.1.1`,
        facility: 'hospital',
        device: 'ct',
      },
    });
    expect(replaced?.fact).not.toMatchObject({ segmentId });
  });

  it('is decided though the store is away, and follows when it is back', async () => {
    const { objectStore } = archive.test.settings;
    if (objectStore.kind !== 'filesystem') throw new Error('a folder is taken away here');
    await rename(objectStore.root, `${objectStore.root}-away`);
    const answer = await post('/facilities', { code: 'away', name: 'Away' });
    const text = await answer.text();
    await rename(`${objectStore.root}-away`, objectStore.root);
    expect({ status: answer.status, text }).toMatchObject({
      status: 503,
      text: expect.stringContaining('it takes effect when the store is back'),
    });
    expect(answer.headers.get('retry-after')).not.toBeNull();
    const lastCode = async () => {
      const last = (await journalled()).filter(({ kind }) => kind === 'facility-created').at(-1);
      return last?.kind === 'facility-created' ? last.fact.code : undefined;
    };
    await expect.poll(lastCode, { timeout: 15_000 }).toBe('away');
    await expect.poll(async () => (await pendingJournalLines(archive.test.archive.database)).count).toBe(0);
  });
});

describe('an empty database under the store', () => {
  it('gets the rows of everything that was kept and decided, bytes of their own that were accepted too', async () => {
    const study = archive.newStudy();
    await archive.storeElsewhere(imageOf(study, 1).bytes);
    const accepted = await archive.newest();
    expect((await archive.decide(accepted.quarantineId, 'accept')).status).toBe(200);
    await archive.storeElsewhere(imageOf(study, 2).bytes);
    await archive.store(imageOf(study, 1).bytes);
    await archive.store(imageOf(study, 3, { patientId: 'another' }).bytes);
    const { database, store, maintenance, logger } = archive.test.archive;
    await exportJournal({ database, store, maintenance, logger });
    const empty = await createTestDatabase();
    try {
      const directory = new Directory(empty.database, () => performance.now());
      const groupCommit = new GroupCommit(empty.database);
      const pixels = new PixelValueComparison({ threads: 1, isLast: true });
      const ports = { database: empty.database, store, maintenance, logger, directory, groupCommit, pixels };
      await reconcile(ports, { dryRun: false, minimumAgeMs: 0, now: () => new Date() });
      expect(await readIndexState(empty.database)).toMatchObject({ isCaughtUp: true });
      for (const text of [
        `select q.quarantine_id, q.state, q.reason, q.message, q.sha256, f.code, d.code as device, q.principal_id, q.object_key,
          q.entry_offset, q.entry_length, q.crc32, q.segment_id, q.origin_segment_id, q.sop_instance_uid, q.received_at,
          q.decided_by, date_trunc('milliseconds', q.decided_at) as decided_at
          from quarantine q join facility f using (facility_id) left join device d using (device_id) order by 1`,
        'select sop_instance_uid, segment_id, ordinal, sha256, state from sop_instance order by 1',
        'select sop_instance_uid, state from identity_conflict order by 1',
        'select code, name from facility order by 1',
      ]) {
        const { rows } = await database.query({ text });
        expect(rows.length).toBeGreaterThan(0);
        expect((await empty.database.query({ text })).rows, text).toEqual(rows);
      }
    } finally {
      await empty.drop();
    }
  });
});

describe('an index that is behind its store', () => {
  it('answers 503 to who sends, goes on to search and retrieve, and decides nothing', async () => {
    const study = archive.newStudy();
    const image = imageOf(study, 1).bytes;
    expect(await archive.store(image)).toMatchObject({ kind: 'stored' });
    await archive.store(imageOf(study, 1).bytes);
    const { database } = archive.test.archive;
    await markIndexBehind(database, 'rebuild');
    const behind = await readIndexState(database);
    // Readings are believed for two seconds.
    await sleep(2_100);
    const refused = await fetch(`${archive.test.url}/dicom-web/studies`, {
      method: 'POST',
      headers: { ...archive.hospital, 'Content-Type': 'application/dicom' },
      body: new Uint8Array(imageOf(study, 2).bytes),
    });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(await refused.text()).toContain('rebuilding its index');
    const readyz = await get(`${archive.test.url}/readyz`);
    expect(readyz.status).toBe(503);
    expect(JSON.parse(readyz.body.toString())).toMatchObject({ checks: { index: 'failed', database: 'ok' } });
    expect(await archive.original(study, 1)).toEqual(Buffer.from(image));
    expect(await archive.instanceCount(study)).toBe(1);
    const decision = await archive.decide((await archive.newest()).quarantineId, 'replace');
    expect(decision.status).toBe(503);
    expect(await getJson(`${archive.test.url}/admin/journal`, archive.administrator)).toMatchObject({
      index: { state: 'behind', reason: 'rebuild' },
      pendingLines: expect.any(Number),
      lastBatch: expect.stringContaining('journal/0000000001/'),
    });
    expect(await markIndexCaughtUp(database, behind)).toBe(true);
    await sleep(2_100);
    expect(
      await storeOne(archive.test.url, imageOf(study, 2).bytes, { headers: archive.hospital }),
    ).toMatchObject({
      kind: 'stored',
    });
  });
});

import {
  createApiKey,
  createDevice,
  createIssuer,
  decideQuarantined,
  discardProposedCorrection,
  ensureFacility,
  facilityByCode,
  findQuarantined,
  GroupCommit,
  listProposedCorrections,
  listQuarantine,
  readExisting,
  readIndexState,
  removeInstance,
  revokeApiKey,
  writeJournalLine,
} from '@sandyq/database';
import { makeCorrection, makeQuarantined, segmentCommit } from '@sandyq/database/testing';
import type { ObjectStore, StoreMaintenance } from '@sandyq/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catchUpJournal } from './catch-up-journal.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { exportJournal } from './export-journal.ts';
import { assertIndexCaughtUp } from './index-readiness.ts';
import { decide, JournalKit, journalledCodes, type KitDatabase } from './testing/journal-kit.ts';

const kit = new JournalKit();
let store: Awaited<ReturnType<JournalKit['newStore']>>;
beforeAll(async () => {
  store = await kit.newStore();
});
afterAll(() => kit.close());

/** Decides with the journal written. */
async function decided(ports: KitDatabase, ...codes: string[]): Promise<void> {
  for (const code of codes) {
    await decide(ports, code);
    await exportJournal(ports);
  }
}

describe('an empty database under a store', () => {
  it('learns who sends, who may do what, and what lies in quarantine', async () => {
    const first = await kit.newDatabase(store);
    await first.database.inTransaction(async (client) => {
      await createIssuer(
        client,
        { localNamespace: 'IIN', universalId: '1.2.398', universalIdType: 'ISO' },
        'anna',
      );
    });
    await decide(first, 'city');
    await first.database.inTransaction(async (client) => {
      const input = {
        facilityCode: 'city',
        code: 'ct',
        serialNumber: '4711',
        origin: 'local',
        patientIssuer: 'IIN',
      } as const;
      await createDevice(client, { ...input, quarantineQuotaBytes: 5_000 }, 'anna');
      for (const apiKeyId of ['stays', 'ends']) {
        const key = {
          apiKeyId,
          secretHash: Buffer.alloc(32, 7),
          name: apiKeyId,
          roles: ['scanner'],
          deviceCode: 'ct',
        };
        await createApiKey(client, key, 'anna');
      }
      await revokeApiKey(client, 'ends', 'berik');
    });
    const { facilityId } = await facilityByCode(first.database, 'city');
    const open = await makeQuarantined(first.database, { facilityId, bytes: 'open' });
    const discarded = await makeQuarantined(first.database, { facilityId, bytes: 'discarded' });
    await first.database.inTransaction((client) =>
      decideQuarantined(client, {
        quarantineId: discarded,
        state: 'discarded',
        decidedBy: 'anna',
        leftoverObjectKey: 'quarantine/00/discarded',
      }),
    );
    await exportJournal(first);

    const empty = await kit.newDatabase(store);
    // As the replay of a segment does where nobody tells of its facility.
    await ensureFacility(empty.database, { code: 'city', name: 'city' });
    const report = await catchUpJournal(empty);
    expect(report.unknownLines).toBe(9);
    await expectSame(
      first,
      empty,
      'select local_namespace, universal_id, universal_id_type from issuer order by 1',
    );
    await expectSame(first, empty, 'select code, name, assumed_character_set from facility order by 1');
    await expectSame(
      first,
      empty,
      `select d.code, serial_number, origin, quarantine_quota_bytes, i.local_namespace, date_trunc('milliseconds', d.created_at)
        from device d join issuer i on i.issuer_id = d.patient_issuer_id order by 1`,
    );
    await expectSame(
      first,
      empty,
      `select api_key_id, secret_hash, k.name, roles, f.code, d.code as device, created_by,
        date_trunc('milliseconds', revoked_at) as revoked_at
        from api_key k join facility f using (facility_id) join device d using (device_id) order by 1`,
    );
    await expectSame(
      first,
      empty,
      `select quarantine_id, sha256, reason, message, object_key, entry_length, principal_id, received_at, state, decided_by,
        date_trunc('milliseconds', decided_at), leftover_object_key from quarantine order by 1`,
    );
    expect(await readIndexState(empty.database)).toMatchObject({ isCaughtUp: false, reason: 'restored' });
    await expect(assertIndexCaughtUp(empty)).rejects.toMatchObject({ code: 'behind' });
    expect(await catchUpJournal(empty)).toEqual({ batches: 0, unknownLines: 0, gaps: [] });
    // Numbers go on after those that came back.
    const { facilityId: here } = await facilityByCode(empty.database, 'city');
    expect(await makeQuarantined(empty.database, { facilityId: here, bytes: 'next' })).toBeGreaterThan(
      discarded,
    );
    expect((await findQuarantined(empty.database, open))?.state).toBe('open');
  });

  it('is behind if there are objects, and not if the store is new too', async () => {
    const newStore = await kit.newStore();
    const fresh = await kit.newDatabase(newStore);
    expect(await readIndexState(fresh.database)).toMatchObject({ reason: 'new' });
    await assertIndexCaughtUp(fresh);
    expect(await readIndexState(fresh.database)).toMatchObject({ isCaughtUp: true });
    await newStore.putBytes('v1/00/object', Buffer.from('a segment'));
    await assertIndexCaughtUp(fresh);
    const forgetful = await kit.newDatabase(newStore);
    await expect(assertIndexCaughtUp(forgetful)).rejects.toMatchObject({ code: 'behind' });
    expect(await readIndexState(forgetful.database)).toMatchObject({ reason: 'restored' });
  });
});

async function expectSame(one: KitDatabase, other: KitDatabase, text: string): Promise<void> {
  const { rows } = await one.database.query({ text });
  expect(rows.length, text).toBeGreaterThan(0);
  expect((await other.database.query({ text })).rows, text).toEqual(rows);
}

describe('an older database', () => {
  it('is told by a checkpoint alone that the store is ahead', async () => {
    const ports = await kit.newDatabase(await kit.newStore());
    await decided(ports, 'a');
    expect(await catchUpJournal(ports)).toMatchObject({ unknownLines: 0 });
    expect(await readIndexState(ports.database)).toMatchObject({ isCaughtUp: true });
    const older = await kit.newDatabase(ports.store as ObjectStore & StoreMaintenance, ports);
    const newer = kit.portsOf(ports.connectionString, ports.store as ObjectStore & StoreMaintenance);
    expect(await writeCheckpoint(newer, { ifChanged: false })).toBe(true);
    expect(await writeCheckpoint(newer, { ifChanged: true })).toBe(false);
    await exportJournal(newer);
    expect(await catchUpJournal(older)).toMatchObject({ batches: 1, unknownLines: 1 });
    expect(await readIndexState(older.database)).toMatchObject({ isCaughtUp: false, reason: 'restored' });
    expect(await catchUpJournal(newer)).toMatchObject({ unknownLines: 0 });
    expect(await readIndexState(newer.database)).toMatchObject({ isCaughtUp: true });
  });

  it('recognises the lines that it wrote itself', async () => {
    const ports = await kit.newDatabase(await kit.newStore());
    await decide(ports, 'a');
    await decide(ports, 'b');
    const store = ports.store as ObjectStore & StoreMaintenance;
    const older = await kit.newDatabase(store, ports);
    const newer = kit.portsOf(ports.connectionString, store);
    await exportJournal(newer);
    expect(await catchUpJournal(older)).toMatchObject({ batches: 1, unknownLines: 0 });
    expect(await exportJournal(older)).toBe(0);
    expect(await journalledCodes(store)).toEqual(['a', 'b']);
  });

  it('applies decisions to the rows that it has, and has entries judged again that it knew otherwise', async () => {
    const ports = await kit.newDatabase(await kit.newStore());
    const { store } = ports;
    const { ids, segments } = await fill(ports);
    await exportJournal(ports);
    const older = await kit.newDatabase(store as ObjectStore & StoreMaintenance, ports);
    const newer = kit.portsOf(ports.connectionString, store as ObjectStore & StoreMaintenance);
    const { database } = newer;
    const decide = (quarantineId: number, state: 'accepted' | 'discarded') =>
      database.inTransaction((client) =>
        decideQuarantined(client, { quarantineId, state, decidedBy: 'anna' }),
      );
    await decide(ids.discarded, 'discarded');
    await decide(ids.accepted, 'accepted');
    const [correction] = await listProposedCorrections(database, {}, 1);
    await database.inTransaction((client) =>
      discardProposedCorrection(client, correction?.proposedCorrectionId ?? 0, 'anna'),
    );
    const holder = (await readExisting(database, ['1.7.1.1'])).get('1.7.1.1');
    if (holder === undefined) throw new Error('nobody holds it');
    const origin = {
      segmentId: holder.segmentId,
      principalId: 'scanner',
      facilityId: ids.facilityId,
      deviceId: undefined,
      receivedAt: new Date('2026-03-01T08:00:00Z'),
    };
    const now = new Date('2026-03-02T10:00:00Z');
    const replacedId = await database.inTransaction((client) =>
      removeInstance(client, holder, { quarantineId: ids.accepted, decidedBy: 'anna', now, origin }),
    );
    await database.inTransaction((client) =>
      writeJournalLine(client, {
        kind: 'segment-superseded',
        decidedBy: 'archive',
        fact: { segmentId: segments.empty, objectKey: 'v1/00/empty.tar' },
      }),
    );
    await exportJournal(newer);

    expect((await catchUpJournal(older)).unknownLines).toBe(5);
    await expectSame(
      newer,
      older,
      `select quarantine_id, state, decided_by, date_trunc('milliseconds', decided_at), sop_instance_uid, origin_segment_id,
        received_at, principal_id from quarantine order by 1`,
    );
    await expectSame(newer, older, 'select state, decided_by, sop_instance_uid from proposed_correction');
    expect((await findQuarantined(older.database, replacedId))?.state).toBe('replaced');
    expect(await readExisting(older.database, ['1.7.1.1'])).toEqual(new Map());
    const states = await older.database.query<{ segment_id: string; state: string; verdicts_due: boolean }>({
      text: 'select segment_id, state, verdicts_due from segment',
    });
    const stateOf = (id: string) => states.rows.find((row) => row.segment_id === id);
    expect(stateOf(segments.quarantined)).toMatchObject({ verdicts_due: true });
    expect(stateOf(segments.empty)).toMatchObject({ state: 'superseded' });
    expect(stateOf(segments.other)).toMatchObject({ state: 'live', verdicts_due: false });
  });
});

/** Instances, quarantine of both forms, a proposal. */
async function fill(ports: KitDatabase) {
  const { database } = ports;
  await decide(ports, 'city');
  const facility = await facilityByCode(database, 'city');
  const { facilityId, patientIssuerId: issuerId } = facility;
  const commit = async (sopInstanceUid: string) => {
    const segment = segmentCommit({
      studyInstanceUid: '1.7',
      seriesInstanceUid: '1.7.1',
      facilityId,
      issuerId,
      instances: [{ sopInstanceUid }],
    });
    await new GroupCommit(database).submit(segment);
    return segment.segmentId;
  };
  await commit('1.7.1.1');
  const other = await commit('1.7.1.2');
  const corrected = await commit('1.7.1.3');
  const quarantined = await commit('1.7.1.4');
  const empty = await commit('1.7.1.5');
  await database.query({ text: 'delete from instance where segment_id = $1', values: [empty] });
  const study = await database.query<{ study_key: number }>({ text: 'select study_key from study' });
  await makeCorrection(database, {
    sopInstanceUid: '1.7.1.3',
    studyKey: study.rows[0]?.study_key ?? 0,
    facilityId,
    segmentId: corrected,
    bytes: 'correction',
  });
  const discarded = await makeQuarantined(database, { facilityId, bytes: 'loose' });
  const accepted = await makeQuarantined(database, {
    facilityId,
    bytes: 'inside',
    reason: 'foreign-study',
    segmentId: quarantined,
    crc32: Buffer.alloc(4),
  });
  expect((await listQuarantine(database, {}, 10)).length).toBe(2);
  return { ids: { facilityId, discarded, accepted }, segments: { other, quarantined, empty } };
}

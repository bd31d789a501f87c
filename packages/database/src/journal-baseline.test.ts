/** A database of before the journal: what was decided then is told anew from its rows. */
import { type JournalLine, maximumBatchLines } from '@sandyq/storage';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { readIndexState } from './index-state.ts';
import { assignJournalBatch } from './journal-batches.ts';
import { migrate } from './migrate.ts';
import { makeOlderDatabase, type OlderDatabase } from './testing/older-database.ts';

let older: OlderDatabase;
let database: Database;

beforeAll(async () => {
  older = await makeOlderDatabase('0006');
  database = older.database;
});
afterAll(() => older?.drop());

const ROWS = `
  insert into issuer (local_namespace, universal_id, universal_id_type) values ('IIN', '1.2.398', 'ISO');
  insert into facility (code, name, patient_issuer_id, accession_issuer_id) values ('city', 'Қала', 1, 1);
  insert into device (facility_id, code, serial_number, origin) values (1, 'ct', '4711', 'local');
  insert into api_key (api_key_id, secret_hash, name, roles, facility_id, created_by, revoked_at)
    values ('k', decode(repeat('07', 32), 'hex'), 'key', '{scanner}', 1, 'anna', now());
  insert into patient default values;
  insert into study (study_key, study_instance_uid, facility_id, patient_key, patient_issuer_id, patient_issuer_assigned,
    attributes, received_at, updated_at) values (1, '1.2', 1, 1, 1, true, '{}', now(), now());
  insert into segment (segment_id, object_key, study_key, series_key, facility_id, principal_id, size_bytes, receipt_sha256,
    received_at, entries, state, superseded_at)
    values ('018f0000-0000-7000-8000-000000000001', 'v1/00/a.tar', 1, 1, 1, 'scanner', 1, '\\x00', now(), 1, 'live', null),
      ('018f0000-0000-7000-8000-000000000002', 'v1/00/b.tar', 1, 1, 1, 'scanner', 1, '\\x00', now(), 1, 'superseded', now());
  insert into sop_instance values ('1.2.3', 1, 1, '018f0000-0000-7000-8000-000000000001', 1,
    decode(repeat('01', 32), 'hex'), 'identity-conflict');
  insert into identity_conflict (study_key, series_key, sop_instance_uid, patient_issuer_id, facility_id, device_id, received_at)
    values (1, 1, '1.2.3', 1, 1, 1, now());
  insert into quarantine (sha256, reason, message, facility_id, device_id, principal_id, object_key, entry_offset,
    entry_length, segment_id, received_at, last_received_at, state, decided_by, decided_at, leftover_object_key)
    select decode(repeat(lpad(n::text, 2, '0'), 32), 'hex'), 'duplicate-sop-instance',
      'its SOP Instance UID was given to the instance of entry 17', 1, 1, 'scanner', 'quarantine/00/' || n, 0, 100,
      case when state = 'replaced' then '018f0000-0000-7000-8000-000000000001'::uuid end, now(), now(), state,
      case when state <> 'open' then 'anna' end, case when state <> 'open' then now() end,
      case when state = 'discarded' then 'quarantine/00/' || n end
    from unnest('{open,accepted,discarded,replaced}'::text[]) with ordinality as t (state, n);
  update quarantine set study_instance_uid = '1.2', series_instance_uid = '1.2.1', sop_instance_uid = '1.2.4';
  insert into proposed_correction (sop_instance_uid, study_key, sha256, segment_id, ordinal, object_key, entry_offset,
    entry_length, crc32, facility_id, principal_id, received_at, state, decided_by, decided_at)
    values ('1.2.3', 1, decode(repeat('09', 32), 'hex'), '018f0000-0000-7000-8000-000000000001', 1, 'v1/00/a.tar', 512, 10,
      '\\x00', 1, 'scanner', now(), 'discarded', 'anna', now());
  insert into journal_outbox (kind, fact, decided_by) values ('facility-created', '{"facilityId": 1}', 'anna');
`;

it('tells every fact of before in natural names, so that a batch can hold it', async () => {
  await database.query({ text: ROWS });
  await migrate(database);
  const lines: readonly JournalLine[] = (await assignJournalBatch(database))?.lines ?? [];
  expect(lines.length).toBeLessThan(maximumBatchLines);
  const kinds = lines.map(({ kind }) => kind).sort();
  expect(kinds).toEqual(
    [
      'issuer-created',
      'facility-created',
      'device-created',
      'api-key-created',
      'api-key-revoked',
      'quarantined',
      'quarantined',
      'quarantined',
      'quarantine-accepted',
      'quarantine-discarded',
      'instance-replaced',
      'correction-proposed',
      'correction-discarded',
      'identity-conflict',
      'segment-superseded',
    ].sort(),
  );
  const factOf = (kind: string) => lines.find((line) => line.kind === kind)?.fact;
  expect(factOf('facility-created')).toEqual({
    code: 'city',
    name: 'Қала',
    patientIssuer: 'IIN',
    accessionIssuer: 'IIN',
  });
  expect(factOf('api-key-created')).toMatchObject({
    apiKeyId: 'k',
    secretHash: '07'.repeat(32),
    facility: 'city',
  });
  expect(factOf('instance-replaced')).toMatchObject({
    quarantineId: 4,
    byQuarantineId: 17,
    segmentId: '018f0000-0000-7000-8000-000000000001',
    sopInstanceUid: '1.2.4',
    device: 'ct',
  });
  expect(factOf('quarantine-discarded')).toMatchObject({
    leftoverObjectKey: 'quarantine/00/3',
    entryLength: 100,
  });
  expect(factOf('identity-conflict')).toMatchObject({
    sha256: '01'.repeat(32),
    facility: 'city',
    device: 'ct',
  });
  // Facilities before what was sent to them.
  expect(lines.findIndex(({ kind }) => kind === 'facility-created')).toBeLessThan(
    lines.findIndex(({ kind }) => kind === 'device-created'),
  );
  // It has followed its store so far.
  expect(await readIndexState(database)).toMatchObject({ isCaughtUp: true });
  const origins = await database.query({
    text: 'select origin_segment_id from quarantine where segment_id is not null',
  });
  expect(origins.rows).toEqual([{ origin_segment_id: '018f0000-0000-7000-8000-000000000001' }]);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { createFacility, type Facility } from '../principals.ts';
import { listQuarantine } from '../quarantine.ts';
import { journalLines } from '../testing/kept-back.ts';
import { segmentCommit } from '../testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { countKnownRepeat, recordKnownEncoding } from '../verdicts.ts';
import { readExisting } from './claim-sop-instances.ts';
import { commitDecided } from './commit-decided.ts';
import type { ExistingInstance, SegmentCommit } from './facts.ts';
import { GroupCommit } from './group-commit.ts';
import { removeInstance } from './remove-instance.ts';

let test: TestDatabase;
let database: Database;
let hospital: Facility;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  hospital = await createFacility(database, { code: 'hospital', name: 'Hospital' }, 'test');
});

afterAll(() => test.drop());

function segmentOf(
  study: string,
  series: number,
  uids: readonly string[],
  options: { bytes?: string; patientId?: string } = {},
) {
  return segmentCommit({
    studyInstanceUid: study,
    seriesInstanceUid: `${study}.${series}`,
    facilityId: hospital.facilityId,
    issuerId: hospital.patientIssuerId,
    instances: uids.map((sopInstanceUid) => ({
      sopInstanceUid,
      ...options,
      attributes: { '00080060': { vr: 'CS', Value: [series === 1 ? 'CT' : 'MR'] } },
    })),
  });
}

const submit = (segment: SegmentCommit) => new GroupCommit(database).submit(segment);

async function holderOf(uid: string): Promise<ExistingInstance> {
  const holder = (await readExisting(database, [uid])).get(uid);
  if (holder === undefined) throw new Error(`nobody holds ${uid}`);
  return holder;
}

/** The bytes came in another segment than they lie in now. */
const ORIGINAL = '018f0000-0000-7000-8000-00000000000a';
const decision = () => ({
  quarantineId: 4711,
  decidedBy: 'anna',
  now: new Date('2026-03-02T10:00:00Z'),
  origin: {
    segmentId: ORIGINAL,
    principalId: 'scanner',
    facilityId: hospital.facilityId,
    deviceId: undefined,
    receivedAt: new Date('2026-03-01T08:00:00Z'),
  },
});
const remove = (existing: ExistingInstance) =>
  database.inTransaction((client) => removeInstance(client, existing, decision()));

async function study(uid: string) {
  const found = await database.query<{ revision: number }>({
    text: `select number_of_instances, number_of_series, modalities, sop_classes, revision from study
      where study_instance_uid = $1`,
    values: [uid],
  });
  return found.rows[0];
}

describe('removeInstance', () => {
  it('gives the UID back, counts anew and keeps the bytes listed', async () => {
    await submit(segmentOf('1.9.1', 1, ['1.9.1.1.1', '1.9.1.1.2']));
    await submit(segmentOf('1.9.1', 2, ['1.9.1.2.1']));
    const holder = await holderOf('1.9.1.2.1');
    const other = Buffer.alloc(32, 7);
    await recordKnownEncoding(database, {
      sopInstanceUid: '1.9.1.2.1',
      sha256: other,
      segmentId: holder.segmentId,
      isSameEncoding: false,
      holderSha256: holder.sha256,
    });
    const before = await study('1.9.1');
    const replacedId = await remove(holder);

    expect(await readExisting(database, ['1.9.1.2.1'])).toEqual(new Map());
    expect(await study('1.9.1')).toMatchObject({
      number_of_instances: 2,
      number_of_series: 1,
      modalities: ['CT'],
      sop_classes: ['1.2.840.10008.5.1.4.1.1.2'],
      revision: (before?.revision ?? 0) + 1,
    });
    const [entry] = await listQuarantine(database, { state: 'replaced' }, 1);
    expect(entry).toMatchObject({
      quarantineId: replacedId,
      sha256: holder.sha256,
      objectKey: holder.objectKey,
      segmentId: holder.segmentId,
      originSegmentId: ORIGINAL,
      principalId: 'scanner',
      crc32: holder.crc32,
      sopInstanceUid: '1.9.1.2.1',
      decidedBy: 'anna',
      message: 'its SOP Instance UID was given to the instance of entry 4711',
    });
    expect(await journalLines(database, 1)).toMatchObject([
      {
        kind: 'instance-replaced',
        fact: {
          quarantineId: replacedId,
          byQuarantineId: 4711,
          sopInstanceUid: '1.9.1.2.1',
          segmentId: ORIGINAL,
          sha256: holder.sha256.toString('hex'),
          facility: 'hospital',
        },
      },
    ]);
    const announced = await database.query({
      text: `select kind, sop_instance_uids from change_outbox order by change_outbox_id desc limit 1`,
    });
    expect(announced.rows).toEqual([{ kind: 'replaced', sop_instance_uids: ['1.9.1.2.1'] }]);
    // What was equal to the old instance must be judged anew.
    const repeat = { facilityId: hospital.facilityId, sopInstanceUid: '1.9.1.2.1', sha256: other };
    expect(await countKnownRepeat(database, { ...repeat, receivedAt: new Date() })).toBeUndefined();
  });

  it('lets a newcomer take the UID in the same transaction, with exact counts', async () => {
    await submit(segmentOf('1.9.2', 1, ['1.9.2.1.1', '1.9.2.1.2']));
    const existing = await holderOf('1.9.2.1.1');
    const newcomer = segmentOf('1.9.2', 1, ['1.9.2.1.1'], { bytes: 'new' });
    const outcome = await commitDecided(database, newcomer, {
      first: async (client) => {
        await removeInstance(client, existing, decision());
      },
      decide: () => Promise.resolve(),
    });
    expect(outcome).toEqual({ kind: 'stored' });
    expect(await holderOf('1.9.2.1.1')).toMatchObject({ segmentId: newcomer.segmentId });
    expect(await study('1.9.2')).toMatchObject({ number_of_instances: 2, number_of_series: 1 });
  });

  it('forgets the identity conflict of an instance that was held', async () => {
    await submit(segmentOf('1.9.3', 1, ['1.9.3.1.1'], { patientId: 'A' }));
    await submit(segmentOf('1.9.3', 1, ['1.9.3.1.2'], { patientId: 'B' }));
    const before = await study('1.9.3');
    await remove(await holderOf('1.9.3.1.2'));
    expect(await study('1.9.3')).toEqual(before);
    const left = await database.query({
      text: `select from identity_conflict where sop_instance_uid = '1.9.3.1.2'`,
    });
    expect(left.rowCount).toBe(0);
  });

  it('refuses when the instance is not the one that was looked at', async () => {
    await submit(segmentOf('1.9.4', 1, ['1.9.4.1.1']));
    const holder = await holderOf('1.9.4.1.1');
    await expect(remove({ ...holder, ordinal: holder.ordinal + 1 })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await holderOf('1.9.4.1.1')).toEqual(holder);
    expect(await study('1.9.4')).toMatchObject({ number_of_instances: 1 });
  });
});

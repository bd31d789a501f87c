import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SegmentCommit } from './commit/facts.ts';
import { GroupCommit } from './commit/group-commit.ts';
import type { Database } from './database.ts';
import { checkDevice } from './device-check.ts';
import { createDevice, createFacility, type Facility } from './principals.ts';
import { makeCorrection, makeQuarantined } from './testing/kept-back.ts';
import { segmentCommit } from './testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

const now = new Date('2026-03-20T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);

let test: TestDatabase;
let database: Database;
let hospital: Facility;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  hospital = await createFacility(database, { code: 'hospital', name: 'Hospital' }, 'test');
});

afterAll(() => test.drop());

async function deviceId(code: string): Promise<number> {
  return (await createDevice(database, { facilityCode: 'hospital', code, origin: 'local' }, 'test')).deviceId;
}

let last = 0;
/** One instance of the device in a study of its own, unless told otherwise. */
async function send(segment: Partial<SegmentCommit>, sopInstanceUid?: string, patientId?: string) {
  last += 1;
  const commit = segmentCommit({
    studyInstanceUid: segment.studyInstanceUid ?? `1.7.${last}`,
    seriesInstanceUid: `1.7.${last}.1`,
    facilityId: hospital.facilityId,
    issuerId: hospital.patientIssuerId,
    instances: [
      { sopInstanceUid: sopInstanceUid ?? `1.7.${last}.1.1`, ...(patientId !== undefined && { patientId }) },
    ],
  });
  const whole = { ...commit, ...segment };
  await new GroupCommit(database).submit(whole);
  return whole;
}

describe('checkDevice', () => {
  it('knows nothing of a device that sent nothing', async () => {
    expect(await checkDevice(database, await deviceId('silent'), now)).toEqual({
      lastSuccessAt: undefined,
      lastFailure: undefined,
      lastReceivedAt: undefined,
      clockSkewMs: undefined,
      clockSamples: 0,
      characterSetAlarms: { last30Days: 0, total: 0 },
      quarantine: { entries: 0, bytes: 0 },
      openIdentityConflicts: 0,
      openProposedCorrections: 0,
    });
  });

  it('takes for a success what holds an instance, not what was refused whole', async () => {
    const device = await deviceId('success');
    const stored = await send({ deviceId: device, receivedAt: daysAgo(3) });
    const uid = stored.instances[0]?.sopInstanceUid;
    const refused = await send({ deviceId: device, receivedAt: daysAgo(1) }, uid);
    // Its bytes differ, so that it stays live; nothing points to it but quarantine.
    await database.query({
      text: `update segment set state = 'live' where segment_id = $1`,
      values: [refused.segmentId],
    });
    expect(await checkDevice(database, device, now)).toMatchObject({ lastSuccessAt: daysAgo(3) });
    await database.query({
      text: `update segment set state = 'superseded' where segment_id = $1`,
      values: [refused.segmentId],
    });
    expect(await checkDevice(database, device, now)).toMatchObject({ lastSuccessAt: daysAgo(1) });
  });

  it('names the last failure, also when it was a repeat, and counts what is open', async () => {
    const device = await deviceId('failure');
    const common = { facilityId: hospital.facilityId, deviceId: device };
    const repeated = await makeQuarantined(database, { ...common, bytes: 'f-1', receivedAt: daysAgo(5) });
    await makeQuarantined(database, { ...common, bytes: 'f-2', reason: 'malformed', receivedAt: daysAgo(4) });
    await makeQuarantined(database, { ...common, bytes: 'f-1', receivedAt: daysAgo(2) });
    const check = await checkDevice(database, device, now);
    expect(check.lastFailure).toEqual({
      quarantineId: repeated,
      reason: 'truncated',
      message: 'the data set ends at byte 100',
      at: daysAgo(2),
      timesReceived: 2,
    });
    expect(check.quarantine).toEqual({ entries: 2, bytes: 200 });
    expect(check.lastReceivedAt).toEqual(daysAgo(2));
  });

  it('takes the median clock offset of the last 100 segments of 7 days', async () => {
    const device = await deviceId('clock');
    await send({ deviceId: device, receivedAt: daysAgo(8), clockOffsetMs: 9_000_000 });
    await send({ deviceId: device, receivedAt: daysAgo(1) });
    for (const offset of [1_000, 60_000, 3_000]) {
      await send({ deviceId: device, receivedAt: daysAgo(1), clockOffsetMs: offset });
    }
    expect(await checkDevice(database, device, now)).toMatchObject({ clockSkewMs: 3_000, clockSamples: 3 });
  });

  it('counts character set alarms of 30 days and of all time', async () => {
    const device = await deviceId('charset');
    const alarm = async (receivedAt: Date) => {
      const made = await send({ deviceId: device, receivedAt });
      await database.query({
        text: 'update segment set character_set_alarms = 2 where segment_id = $1',
        values: [made.segmentId],
      });
    };
    await alarm(daysAgo(40));
    await alarm(daysAgo(10));
    await send({ deviceId: device, receivedAt: daysAgo(5) });
    expect(await checkDevice(database, device, now)).toMatchObject({
      characterSetAlarms: { last30Days: 2, total: 4 },
    });
  });

  it('counts open identity conflicts and proposed corrections', async () => {
    const device = await deviceId('held');
    const study = await send({ deviceId: device, receivedAt: daysAgo(2) }, undefined, 'A');
    const { studyInstanceUid } = study;
    await send({ deviceId: device, receivedAt: daysAgo(1), studyInstanceUid }, undefined, 'B');
    const keys = await database.query<{ study_key: number }>({
      text: 'select study_key from study where study_instance_uid = $1',
      values: [studyInstanceUid],
    });
    await makeCorrection(database, {
      sopInstanceUid: study.instances[0]?.sopInstanceUid ?? '',
      studyKey: keys.rows[0]?.study_key ?? 0,
      facilityId: hospital.facilityId,
      deviceId: device,
      segmentId: study.segmentId,
      bytes: 'held',
    });
    expect(await checkDevice(database, device, now)).toMatchObject({
      openIdentityConflicts: 1,
      openProposedCorrections: 1,
    });
  });
});

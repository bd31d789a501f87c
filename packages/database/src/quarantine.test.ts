import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { createDevice, createFacility, type Device, type Facility } from './principals.ts';
import {
  clearQuarantineLeftover,
  decideQuarantined,
  findQuarantined,
  listQuarantine,
  quarantineLeftovers,
} from './quarantine.ts';
import { journalLines, makeQuarantined, pretendExported } from './testing/kept-back.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

let test: TestDatabase;
let database: Database;
let hospital: Facility;
let clinic: Facility;
let scanner: Device;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  hospital = await createFacility(database, { code: 'hospital', name: 'Hospital' }, 'test');
  clinic = await createFacility(database, { code: 'clinic', name: 'Clinic' }, 'test');
  scanner = await createDevice(database, { facilityCode: 'hospital', code: 'ct', origin: 'local' }, 'test');
});

afterAll(() => test.drop());

const numbers = async (...[filter, limit = 100]: [Parameters<typeof listQuarantine>[1], number?]) =>
  (await listQuarantine(database, filter, limit)).map(({ quarantineId }) => quarantineId);

describe('listQuarantine', () => {
  it('filters by facility, device, reason and state, newest first, in pages', async () => {
    const { facilityId } = hospital;
    const { deviceId } = scanner;
    const ct = await makeQuarantined(database, { facilityId, deviceId, bytes: 'list-1' });
    const malformed = await makeQuarantined(database, { facilityId, bytes: 'list-2', reason: 'malformed' });
    const foreign = await makeQuarantined(database, { facilityId: clinic.facilityId, bytes: 'list-3' });
    await database.inTransaction((client) =>
      decideQuarantined(client, { quarantineId: foreign, state: 'discarded', decidedBy: 'anna' }),
    );
    expect(await numbers({})).toEqual([foreign, malformed, ct]);
    expect(await numbers({ facilityId })).toEqual([malformed, ct]);
    expect(await numbers({ deviceId })).toEqual([ct]);
    expect(await numbers({ reason: 'malformed' })).toEqual([malformed]);
    expect(await numbers({ state: 'discarded' })).toEqual([foreign]);
    expect(await numbers({ state: 'open', facilityId, reason: 'truncated' })).toEqual([ct]);
    expect(await numbers({}, 2)).toEqual([foreign, malformed]);
    expect(await numbers({ before: malformed }, 2)).toEqual([ct]);
  });
});

describe('findQuarantined', () => {
  it('gives an entry whole, with codes, and undefined for what is not there', async () => {
    const quarantineId = await makeQuarantined(database, {
      facilityId: hospital.facilityId,
      deviceId: scanner.deviceId,
      bytes: 'find',
      reason: 'foreign-study',
      crc32: Buffer.of(1, 2, 3, 4),
      segmentId: '018f0000-0000-7000-8000-000000000001',
      entryOffset: 512,
      sopInstanceUid: '1.2.3',
    });
    expect(await findQuarantined(database, quarantineId)).toMatchObject({
      quarantineId,
      state: 'open',
      reason: 'foreign-study',
      message: 'the data set ends at byte 100',
      facilityCode: 'hospital',
      deviceCode: 'ct',
      principalId: 'test',
      objectKey: 'quarantine/00/find',
      entryOffset: 512,
      entryLength: 100,
      crc32: Buffer.of(1, 2, 3, 4),
      segmentId: '018f0000-0000-7000-8000-000000000001',
      sopInstanceUid: '1.2.3',
      studyInstanceUid: undefined,
      timesReceived: 1,
      decidedAt: undefined,
    });
    expect(await findQuarantined(database, 999_999)).toBeUndefined();
  });
});

describe('decideQuarantined', () => {
  it('moves the entry, notes the leftover and writes a journal line', async () => {
    const quarantineId = await makeQuarantined(database, {
      facilityId: hospital.facilityId,
      bytes: 'decide',
    });
    const place = {
      objectKey: 'v1/00/segment.tar',
      entryOffset: 512,
      entryLength: 100,
      crc32: Buffer.of(9, 9, 9, 9),
      segmentId: '018f0000-0000-7000-8000-000000000002',
    };
    await database.inTransaction((client) =>
      decideQuarantined(client, {
        quarantineId,
        state: 'accepted',
        decidedBy: 'anna',
        place,
        leftoverObjectKey: 'quarantine/00/decide',
      }),
    );
    expect(await findQuarantined(database, quarantineId)).toMatchObject({
      state: 'accepted',
      decidedBy: 'anna',
      decidedAt: expect.any(Date),
      ...place,
    });
    const [line] = await journalLines(database, 1);
    expect(line).toMatchObject({
      kind: 'quarantine-accepted',
      decided_by: 'anna',
      fact: {
        quarantineId,
        reason: 'truncated',
        facility: 'hospital',
        principal: 'test',
        objectKey: 'quarantine/00/decide',
        place: {
          segmentId: place.segmentId,
          objectKey: 'v1/00/segment.tar',
          entryOffset: 512,
          entryLength: 100,
        },
        leftoverObjectKey: 'quarantine/00/decide',
      },
    });
  });

  it('lets the same decision repeat and refuses another one, without a second line', async () => {
    const quarantineId = await makeQuarantined(database, {
      facilityId: hospital.facilityId,
      bytes: 'repeat',
    });
    const decide = (state: 'accepted' | 'discarded', decidedBy: string) =>
      database.inTransaction((client) => decideQuarantined(client, { quarantineId, state, decidedBy }));
    await decide('discarded', 'anna');
    const [before] = await journalLines(database, 1);
    await decide('discarded', 'anna');
    await expect(decide('discarded', 'berik')).rejects.toMatchObject({ code: 'conflict' });
    await expect(decide('accepted', 'anna')).rejects.toMatchObject({ code: 'conflict' });
    expect(await journalLines(database, 1)).toEqual([before]);
  });
});

describe('quarantineLeftovers', () => {
  it('names objects of discarded entries at once, of accepted ones after the grace, until they are cleared', async () => {
    const [accepted, discarded, kept] = [
      await makeQuarantined(database, { facilityId: hospital.facilityId, bytes: 'left-1' }),
      await makeQuarantined(database, { facilityId: hospital.facilityId, bytes: 'left-2' }),
      await makeQuarantined(database, { facilityId: hospital.facilityId, bytes: 'left-3' }),
    ];
    const decide = (quarantineId: number, state: 'accepted' | 'discarded', leftoverObjectKey?: string) =>
      database.inTransaction((client) =>
        decideQuarantined(client, { quarantineId, state, decidedBy: 'anna', leftoverObjectKey }),
      );
    await decide(accepted, 'accepted', 'quarantine/00/left-1');
    await decide(discarded, 'discarded', 'quarantine/00/left-2');
    await decide(kept, 'discarded');
    // Not before the decisions are in the journal of the store.
    expect(await quarantineLeftovers(database, 0, 100)).toEqual([]);
    await pretendExported(database);
    const ours = async (graceSeconds: number) =>
      (await quarantineLeftovers(database, graceSeconds, 100))
        .filter(({ objectKey }) => objectKey.includes('left-'))
        .map(({ quarantined, objectKey }) => [quarantined.quarantineId, objectKey]);
    expect(await ours(3_600)).toEqual([[discarded, 'quarantine/00/left-2']]);
    expect(await ours(0)).toEqual([
      [accepted, 'quarantine/00/left-1'],
      [discarded, 'quarantine/00/left-2'],
    ]);
    await clearQuarantineLeftover(database, discarded);
    expect(await ours(0)).toEqual([[accepted, 'quarantine/00/left-1']]);
  });
});

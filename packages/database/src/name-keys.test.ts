import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitInstances } from './commit/commit-instances.ts';
import type { Database } from './database.ts';
import { countNameKeysDue, settleNameKeys } from './name-keys.ts';
import { createFacility, type Facility } from './principals.ts';
import { segmentCommit } from './testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

let test: TestDatabase;
let database: Database;
let facility: Facility;

const NAMES = ['Ким^Анна', '김^안나', 'Doe^Jane', '王^小东', ''];

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  facility = await createFacility(database, { code: 'hospital', name: 'Hospital' }, 'test');
  for (const [index, name] of NAMES.entries()) {
    await commitInstances(database, [
      segmentCommit({
        studyInstanceUid: `1.2.${index}`,
        seriesInstanceUid: `1.2.${index}.1`,
        facilityId: facility.facilityId,
        issuerId: facility.patientIssuerId,
        instances: [
          {
            sopInstanceUid: `1.2.${index}.1.1`,
            patientId: `P${index}`,
            attributes: {
              '00080090': { vr: 'PN', Value: [{ Ideographic: 'Цой^Виктор' }] },
              '00100010': name === '' ? { vr: 'PN' } : { vr: 'PN', Value: [{ Alphabetic: name }] },
            },
          },
        ],
      }),
    ]);
  }
});
afterAll(() => test.drop());

async function keys(): Promise<unknown[]> {
  const found = await database.query({
    text: `select study_instance_uid, patient_name_readings, patient_name_sounds, referring_physician_name_readings,
        referring_physician_name_sounds, name_keys_version, revision
      from study order by study_instance_uid`,
  });
  return found.rows;
}

/** As a migration leaves studies of before. */
async function forget(): Promise<void> {
  await database.query({
    text: `update study set patient_name_readings = null, patient_name_sounds = null,
      referring_physician_name_readings = null, referring_physician_name_sounds = null, name_keys_version = 0`,
  });
}

describe('keys of names', () => {
  it('are made with the study', async () => {
    expect(await countNameKeysDue(database, 10)).toBe(0);
    expect(await settleNameKeys(database)).toBe(0);
    const [korean, hangul, , chinese, nameless] = await keys();
    expect(korean).toMatchObject({
      patient_name_readings: expect.stringMatching(/^ 1kim .*4kim .* $/),
      patient_name_sounds: ['560000', '060000'],
      referring_physician_name_readings: expect.stringContaining(' 4choe '),
    });
    expect(hangul).toMatchObject({ patient_name_readings: expect.stringContaining(' 6hana ') });
    expect(chinese).toMatchObject({ patient_name_readings: null, patient_name_sounds: null });
    expect(nameless).toMatchObject({ patient_name_readings: null, patient_name_sounds: null });
  });

  it('are made for studies of before, the same, by several processes at once', async () => {
    const before = await keys();
    await forget();
    expect(await countNameKeysDue(database, 3)).toBe(3);
    const done = await Promise.all([settleNameKeys(database), settleNameKeys(database)]);
    expect(done[0] + done[1]).toBe(NAMES.length);
    expect(await countNameKeysDue(database, 10)).toBe(0);
    expect(await settleNameKeys(database)).toBe(0);
    expect(await keys()).toEqual(before);
  });
});

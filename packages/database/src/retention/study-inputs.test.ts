import { randomUUID } from 'node:crypto';
import type { RetentionSubject } from '@sandyq/retention';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { createDevice } from '../principals.ts';
import { People } from '../testing/people.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { registerProgramme, withdrawProgramme } from './programmes.ts';
import { setDeviceCommissioned, setFacilityRegion } from './regions.ts';
import { rejectInstances } from './rejections.ts';
import { readSubject } from './subjects.ts';

let test: TestDatabase;
let database: Database;
let people: People;
/** Each test has a study of its own. */
let number = 0;
let patientId: string;
let study: string;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  people = await People.in(database);
});
afterAll(() => test?.drop());
beforeEach(() => {
  number += 1;
  patientId = `P${number}`;
  study = `2.25.${number}00`;
});

async function subjectOf(studyInstanceUid: string): Promise<RetentionSubject> {
  const subject = await database.inTransaction((client) => readSubject(client, studyInstanceUid));
  if (subject === undefined) throw new Error('no such study');
  return subject;
}

describe('what a study says of itself', () => {
  it('is undefined of one that there is not', async () => {
    expect(await readSubject(database, '2.25.999')).toBeUndefined();
  });

  it('has its dates, its facility and its attributes', async () => {
    const receivedAt = new Date('2010-06-16T03:00:00Z');
    await people.store({
      studyInstanceUid: study,
      patientId,
      receivedAt,
      attributes: {
        '00080050': { vr: 'SH', Value: ['A-7'] },
        '00081030': { vr: 'LO', Value: ['Chest CT '] },
        '00080090': { vr: 'PN', Value: [{ Alphabetic: 'House^G', Ideographic: '家' }] },
      },
    });
    const subject = await subjectOf(study);
    expect(subject).toMatchObject({
      studyInstanceUid: study,
      studyDate: '2010-06-15',
      firstReceivedAt: receivedAt,
      accessionNumber: 'A-7',
      modalities: ['CT'],
      bodyParts: [],
      lacksBodyPart: true,
      sopClasses: ['1.2.840.10008.5.1.4.1.1.2'],
      facility: 'hospital',
      devices: [],
      programmes: [],
      hasIdentityConflict: false,
    });
    expect(subject.attributes).toMatchObject({
      StudyDescription: ['Chest CT'],
      ReferringPhysicianName: ['House^G', '家'],
    });
    expect(subject).not.toHaveProperty('region');
  });

  it('leaves out a date that there is not', async () => {
    await people.store({ studyInstanceUid: study, patientId, studyDate: '' });
    expect(await subjectOf(study)).not.toHaveProperty('studyDate');
  });

  it('gathers modalities, body parts and devices of all its series', async () => {
    const device = await createDevice(
      database,
      { facilityCode: 'hospital', code: `ct-${number}`, origin: 'local' },
      'test',
    );
    const { deviceId } = device;
    await people.store({ studyInstanceUid: study, patientId, bodyPart: 'CHEST', deviceId });
    await people.store({
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.2`,
      patientId,
      bodyPart: 'HEAD',
      modality: 'SR',
    });
    await database.inTransaction((client) =>
      setDeviceCommissioned(client, { code: device.code, commissionedOn: '2009-02-01' }, 'test'),
    );
    expect(await subjectOf(study)).toMatchObject({
      modalities: ['CT', 'SR'],
      bodyParts: ['CHEST', 'HEAD'],
      lacksBodyPart: false,
      devices: [{ code: device.code, commissionedOn: '2009-02-01' }],
    });
    await people.store({ studyInstanceUid: study, seriesInstanceUid: `${study}.3`, patientId });
    expect(await subjectOf(study)).toMatchObject({ lacksBodyPart: true });
  });

  it('knows its region and its programmes as the registers say', async () => {
    await people.store({ studyInstanceUid: study, patientId });
    const region = (name: string | undefined) =>
      database.inTransaction((client) =>
        setFacilityRegion(client, { code: 'hospital', region: name }, 'test'),
      );
    await region('Almaty');
    const programme = { studyInstanceUid: study, programme: 'screening' };
    await database.inTransaction((client) =>
      registerProgramme(client, { studyProgrammeId: randomUUID(), ...programme }, 'test'),
    );
    expect(await subjectOf(study)).toMatchObject({ region: 'Almaty', programmes: ['screening'] });
    await region(undefined);
    await database.inTransaction((client) => withdrawProgramme(client, programme, 'test'));
    expect(await subjectOf(study)).not.toHaveProperty('region');
    expect(await subjectOf(study)).toMatchObject({ programmes: [] });
  });

  it('is judged by what is hidden too, until that is purged', async () => {
    await people.store({ studyInstanceUid: study, patientId, bodyPart: 'CHEST' });
    const shown = await subjectOf(study);
    await database.inTransaction((client) =>
      rejectInstances(client, {
        rejectionId: randomUUID(),
        studyInstanceUid: study,
        reasonCode: '113001',
        reasonText: 'blurred',
        rejectedBy: 'test',
        now: new Date(),
        restoreUntil: new Date(),
      }),
    );
    const { patient, ...hidden } = await subjectOf(study);
    expect(hidden).toMatchObject({
      modalities: ['CT'],
      bodyParts: ['CHEST'],
      sopClasses: shown.sopClasses,
      studyDate: '2010-06-15',
    });
    // A contact it was; a later study that rules may count on it is not.
    expect(patient.otherStudies).toMatchObject([{ studyDate: '2010-06-15', modalities: [] }]);
  });

  it('says that it keeps instances of somebody else back', async () => {
    await people.store({ studyInstanceUid: study, patientId });
    await people.store({
      studyInstanceUid: study,
      sopInstanceUid: `${study}.9`,
      patientId: `${patientId}-other`,
    });
    expect((await subjectOf(study)).hasIdentityConflict).toBe(true);
  });
});

import { randomUUID } from 'node:crypto';
import { detailsAskedBy, everyDetail, notRead, type RetentionSubject } from '@sandyq/retention';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { createDevice } from '../principals.ts';
import { JudgedPeople } from '../testing/judged-people.ts';
import type { People } from '../testing/people.ts';
import { registerProgramme, withdrawProgramme } from './programmes.ts';
import { setDeviceCommissioned, setFacilityRegion } from './regions.ts';
import { rejectInstances } from './rejections.ts';
import { readSubject, streamSubjects } from './subjects.ts';

let here: JudgedPeople;
let database: Database;
let people: People;
/** Each test has a study of its own. */
let number: number;
let patientId: string;
let study: string;

beforeAll(async () => {
  here = await JudgedPeople.start();
  ({ database, people } = here);
});
afterAll(() => here?.drop());
beforeEach(() => {
  ({ number, patientId, study } = here.next());
});

const subjectOf = (studyInstanceUid: string) => here.subjectOf(studyInstanceUid);

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
      devices: [device.code],
    });
    expect(await subjectOf(study)).not.toHaveProperty('commissionedOn');
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

describe('what no condition asks for', () => {
  const details = [
    'bodyParts',
    'lacksBodyPart',
    'devices',
    'sopClasses',
    'programmes',
    'attributes',
  ] as const;

  async function streamed(asked: Parameters<typeof streamSubjects>[1]['details']): Promise<RetentionSubject> {
    for await (const batch of streamSubjects(database, { details: asked })) {
      const found = batch.find(({ studyInstanceUid }) => studyInstanceUid === study);
      if (found !== undefined) return found;
    }
    throw new Error('no such study');
  }

  it('is not read, and makes no difference to anything else', async () => {
    await people.store({ studyInstanceUid: study, patientId, bodyPart: 'CHEST' });
    const whole = await subjectOf(study);
    expect(await streamed(everyDetail)).toEqual(whole);
    const none = detailsAskedBy({ schedules: [undefined], holds: [] });
    expect(await streamed(none)).toEqual({
      ...whole,
      ...Object.fromEntries(details.map((detail) => [detail, notRead])),
    });
    expect((await streamed(new Set(['programmes']))).programmes).toEqual([]);
  });

  it('is a device that the clock depends on all the same', async () => {
    const code = `ct-${number}`;
    const equipment = { facilityCode: 'hospital', code, origin: 'local' } as const;
    const { deviceId } = await createDevice(database, equipment, 'test');
    await people.store({ studyInstanceUid: study, patientId, deviceId });
    const commissioned = (commissionedOn: string) =>
      database.inTransaction((client) => setDeviceCommissioned(client, { code, commissionedOn }, 'test'));
    // The day of the study itself is not before it.
    await commissioned('2010-06-15');
    expect(await streamed(new Set())).not.toHaveProperty('commissionedOn');
    await commissioned('2010-06-16');
    expect(await streamed(new Set())).toMatchObject({ commissionedOn: '2010-06-16' });
    expect(await subjectOf(study)).toMatchObject({ commissionedOn: '2010-06-16' });
  });
});

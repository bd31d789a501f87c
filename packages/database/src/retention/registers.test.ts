import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { createDevice } from '../principals.ts';
import { journalLines } from '../testing/kept-back.ts';
import { People } from '../testing/people.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import {
  listPatientFacts,
  type NewPatientFact,
  registerPatientFact,
  withdrawPatientFact,
} from './patient-facts.ts';
import { listProgrammes, registerProgramme, withdrawProgramme } from './programmes.ts';
import { setDeviceCommissioned, setFacilityRegion } from './regions.ts';
import { readSubject } from './subjects.ts';

let test: TestDatabase;
let database: Database;
let people: People;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  people = await People.in(database);
});
afterAll(() => test?.drop());

const fact: Omit<NewPatientFact, 'patientFactId'> = {
  issuer: 'hospital',
  patientId: 'F1',
  kind: 'diagnosis',
  diagnosisClass: 'cancer',
  on: '2013-03-03',
  source: 'cancer register',
};

function register(said: Partial<NewPatientFact> = {}): Promise<boolean> {
  const whole = { patientFactId: randomUUID(), ...fact, ...said };
  return database.inTransaction((client) => registerPatientFact(client, whole, 'registrar'));
}

describe('facts of patients', () => {
  it('are registered once, withdrawn once, and said in the journal', async () => {
    const patientFactId = randomUUID();
    expect(await register({ patientFactId })).toBe(true);
    const { kind, ...said } = fact;
    expect((await journalLines(database, 1))[0]).toEqual({
      kind: 'patient-fact-registered',
      fact: { ...said, patientFactId, factKind: kind },
      decided_by: 'registrar',
    });
    expect(await register({ source: 'another one' })).toBe(false);
    expect(await register({ diagnosisClass: 'cjd' })).toBe(true);
    expect(await listPatientFacts(database, { patientId: 'F1' }, 10)).toHaveLength(2);

    const withdraw = () =>
      database.inTransaction((client) => withdrawPatientFact(client, patientFactId, 'registrar'));
    await withdraw();
    expect((await journalLines(database, 1))[0]).toMatchObject({
      kind: 'patient-fact-withdrawn',
      fact: { patientFactId },
    });
    await expect(withdraw()).rejects.toMatchObject({ code: 'conflict' });
    expect(await listPatientFacts(database, { patientId: 'F1' }, 10)).toMatchObject([
      { diagnosisClass: 'cjd', withdrawnAt: undefined },
    ]);
    const all = await listPatientFacts(database, { patientId: 'F1', includeWithdrawn: true }, 10);
    expect(all.find((one) => one.patientFactId === patientFactId)).toMatchObject({
      ...fact,
      registeredBy: 'registrar',
      withdrawnBy: 'registrar',
    });
    expect(await register()).toBe(true);
  });

  it('are of issuers that there are', async () => {
    await expect(register({ issuer: 'nobody' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(
      database.inTransaction((client) => withdrawPatientFact(client, randomUUID(), 'registrar')),
    ).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are listed page by page', async () => {
    for (const day of ['01', '02', '03']) await register({ patientId: 'F2', on: `2014-01-${day}` });
    const first = await listPatientFacts(database, { patientId: 'F2' }, 2);
    const rest = await listPatientFacts(database, { patientId: 'F2', after: first[1]?.patientFactId }, 2);
    expect(new Set([...first, ...rest].map(({ on }) => on)).size).toBe(3);
    expect(await listPatientFacts(database, { patientId: 'F2', kind: 'death' }, 2)).toEqual([]);
  });

  it('wait for whoever decides on a study, who then has seen all there were', async () => {
    await people.store({ studyInstanceUid: '2.25.1', patientId: 'F3' });
    let written: Promise<boolean> | undefined;
    let hasWaited = true;
    await database.inTransaction(async (client) => {
      await readSubject(client, '2.25.1');
      written = register({ patientId: 'F3', kind: 'death', diagnosisClass: undefined }).then((isNew) => {
        hasWaited = false;
        return isNew;
      });
      // Whatever the other transaction can do meanwhile, it does.
      await client.query({ text: 'select pg_sleep(0.2)' });
      expect((await readSubject(client, '2.25.1'))?.patient.deathDates).toEqual([]);
      expect(hasWaited).toBe(true);
    });
    expect(await written).toBe(true);
    expect((await readSubject(database, '2.25.1'))?.patient.deathDates).toEqual(['2013-03-03']);
  });
});

describe('programmes', () => {
  it('are registered once, listed and withdrawn', async () => {
    const said = { studyInstanceUid: '2.25.5', programme: 'screening' };
    const again = () =>
      database.inTransaction((client) =>
        registerProgramme(client, { studyProgrammeId: randomUUID(), ...said }, 'registrar'),
      );
    expect([await again(), await again()]).toEqual([true, false]);
    expect(await listProgrammes(database, { programme: 'screening' }, 10)).toMatchObject([
      { ...said, registeredBy: 'registrar' },
    ]);
    const withdraw = () => database.inTransaction((client) => withdrawProgramme(client, said, 'registrar'));
    await withdraw();
    expect((await journalLines(database, 2)).map(({ kind }) => kind)).toEqual([
      'programme-withdrawn',
      'programme-registered',
    ]);
    await expect(withdraw()).rejects.toMatchObject({ code: 'not-found' });
    expect(await again()).toBe(true);
  });
});

describe('facilities and devices', () => {
  it('are changed with their journal lines', async () => {
    await createDevice(database, { facilityCode: 'hospital', code: 'ct-1', origin: 'local' }, 'test');
    await database.inTransaction(async (client) => {
      await setFacilityRegion(client, { code: 'hospital', region: 'Almaty' }, 'registrar');
      await setDeviceCommissioned(client, { code: 'ct-1', commissionedOn: '2009-02-01' }, 'registrar');
    });
    expect(await journalLines(database, 2)).toMatchObject([
      {
        kind: 'device-changed',
        fact: { facility: 'hospital', code: 'ct-1', commissionedOn: '2009-02-01' },
      },
      { kind: 'facility-changed', fact: { code: 'hospital', region: 'Almaty' } },
    ]);
    await expect(
      database.inTransaction((client) =>
        setFacilityRegion(client, { code: 'nowhere', region: 'Almaty' }, 'registrar'),
      ),
    ).rejects.toMatchObject({ code: 'not-found' });
    await expect(
      database.inTransaction((client) =>
        setDeviceCommissioned(client, { code: 'nothing', commissionedOn: undefined }, 'registrar'),
      ),
    ).rejects.toMatchObject({ code: 'not-found' });
  });
});

import { randomUUID } from 'node:crypto';
import { everyDetail, type RetentionSubject } from '@sandyq/retention';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { JudgedPeople } from '../testing/judged-people.ts';
import type { People } from '../testing/people.ts';
import { type NewPatientFact, registerPatientFact, withdrawPatientFact } from './patient-facts.ts';
import { decidePatientLink, type PatientLinkDecision } from './patient-links.ts';
import { streamSubjects } from './subjects.ts';

let here: JudgedPeople;
let database: Database;
let people: People;
/** Each test has people and studies of its own. */
let number: number;
let patientId: string;
let study: string;
const named = (id: string) => ({ issuer: 'hospital', patientId: id });

beforeAll(async () => {
  here = await JudgedPeople.start();
  ({ database, people } = here);
});
afterAll(() => here?.drop());
beforeEach(() => {
  ({ number, patientId, study } = here.next());
});

const subjectOf = (studyInstanceUid: string) => here.subjectOf(studyInstanceUid);

async function register(fact: Partial<NewPatientFact> & Pick<NewPatientFact, 'kind' | 'on'>) {
  const patientFactId = randomUUID();
  await database.inTransaction((client) =>
    registerPatientFact(
      client,
      { patientFactId, ...named(patientId), source: 'civil register', ...fact },
      'test',
    ),
  );
  return patientFactId;
}

function decide(one: string, other: string, state: PatientLinkDecision['state']): Promise<void> {
  const decision = { one: named(one), other: named(other), state };
  return database.inTransaction((client) => decidePatientLink(client, decision, 'test'));
}

describe('the person', () => {
  it('has the dates of all studies and registers, each once', async () => {
    await people.store({ studyInstanceUid: study, patientId, birthDate: '19700101' });
    await people.store({ studyInstanceUid: `${study}.2`, patientId, birthDate: '19700101' });
    await register({ kind: 'birth', on: '1970-01-02' });
    await register({ kind: 'death', on: '2020-05-05' });
    await register({ kind: 'contact', on: '2012-01-01' });
    await register({ kind: 'contact', on: '2011-01-01' });
    await register({ kind: 'diagnosis', on: '2013-03-03', diagnosisClass: 'cancer' });
    const { patient } = await subjectOf(study);
    expect(patient).toMatchObject({
      identifiers: [{ issuer: 'hospital', id: patientId }],
      birthDates: ['1970-01-01', '1970-01-02'],
      deathDates: ['2020-05-05'],
      registeredContact: '2012-01-01',
      diagnoses: [{ diagnosisClass: 'cancer', date: '2013-03-03' }],
      unconfirmedCandidates: 0,
    });
    expect(patient.otherStudies).toHaveLength(2);
  });

  it('knows what was registered before the first study, and forgets what is withdrawn', async () => {
    const fact = await register({ kind: 'death', on: '2020-05-05' });
    await people.store({ studyInstanceUid: study, patientId });
    expect((await subjectOf(study)).patient.deathDates).toEqual(['2020-05-05']);
    await database.inTransaction((client) => withdrawPatientFact(client, fact, 'test'));
    expect((await subjectOf(study)).patient.deathDates).toEqual([]);
  });

  it('is everybody who is confirmed to be the same, by way of others too', async () => {
    const ids = ['a', 'b', 'c'].map((letter) => `${patientId}${letter}`);
    const [a = '', b = '', c = ''] = ids;
    for (const [index, id] of ids.entries())
      await people.store({
        studyInstanceUid: `${study}.${index}`,
        patientId: id,
        studyDate: `201${index}0101`,
      });
    await decide(b, a, 'confirmed');
    await decide(b, c, 'confirmed');
    const { patient } = await subjectOf(`${study}.0`);
    expect(patient.identifiers.map(({ id }) => id)).toEqual(ids);
    expect(patient.otherStudies.map(({ studyDate }) => studyDate ?? '').toSorted()).toEqual([
      '2010-01-01',
      '2011-01-01',
      '2012-01-01',
    ]);
    await decide(b, c, 'removed');
    expect((await subjectOf(`${study}.0`)).patient.otherStudies).toHaveLength(2);
  });

  it('may be somebody else of the same name and birth date, until a person says yes or no', async () => {
    const like = { name: `Alike^${number}`, birthDate: '19800505' };
    const [a, b, c] = [`${patientId}a`, `${patientId}b`, `${patientId}c`];
    await people.store({ studyInstanceUid: `${study}.1`, patientId: a, ...like });
    expect((await subjectOf(`${study}.1`)).patient.unconfirmedCandidates).toBe(0);
    await people.store({ studyInstanceUid: `${study}.2`, patientId: b, ...like });
    await people.store({
      studyInstanceUid: `${study}.3`,
      patientId: c,
      name: like.name,
      birthDate: '19800506',
    });
    const candidates = async (id: number) =>
      (await subjectOf(`${study}.${id}`)).patient.unconfirmedCandidates;
    expect([await candidates(1), await candidates(2), await candidates(3)]).toEqual([1, 1, 0]);
    await decide(a, b, 'refused');
    expect([await candidates(1), await candidates(2)]).toEqual([0, 0]);
    await decide(a, b, 'removed');
    expect([await candidates(1), await candidates(2)]).toEqual([1, 1]);
    await decide(a, b, 'confirmed');
    expect([await candidates(1), await candidates(2)]).toEqual([0, 0]);
  });

  it('is not asked about again who is linked to someone that was refused', async () => {
    const like = { name: `Alike^${number}`, birthDate: '19800505' };
    const [a, b, c] = [`${patientId}a`, `${patientId}b`, `${patientId}c`];
    await people.store({ studyInstanceUid: `${study}.1`, patientId: a, ...like });
    await people.store({ studyInstanceUid: `${study}.2`, patientId: b, ...like });
    await people.store({ studyInstanceUid: `${study}.3`, patientId: c });
    await decide(b, c, 'confirmed');
    await decide(a, c, 'refused');
    expect((await subjectOf(`${study}.1`)).patient.unconfirmedCandidates).toBe(0);
  });

  it('may be whom somebody has proposed', async () => {
    await people.store({ studyInstanceUid: `${study}.1`, patientId: `${patientId}a` });
    await people.store({ studyInstanceUid: `${study}.2`, patientId: `${patientId}b` });
    await decide(`${patientId}a`, `${patientId}b`, 'candidate');
    expect((await subjectOf(`${study}.2`)).patient.unconfirmedCandidates).toBe(1);
  });

  it('is nobody of whom there are more studies than anybody has', async () => {
    await people.store({ studyInstanceUid: study, patientId });
    await database.query({
      text: `insert into study (study_key, study_instance_uid, facility_id, patient_key, patient_id, patient_issuer_id,
          patient_issuer_assigned, number_of_instances, attributes, received_at, updated_at)
        select 1e12 + n, study_instance_uid || '.' || n, facility_id, patient_key, patient_id, patient_issuer_id, true, 1, '{}',
          now(), now() from study, generate_series(1, 20000) n where study_instance_uid = $1`,
      values: [study],
    });
    expect((await subjectOf(study)).patient.unconfirmedCandidates).toBe(1);
    const crowd = new Set<unknown>();
    let studies = 0;
    for await (const batch of streamSubjects(database, { details: everyDetail })) {
      for (const { patient } of batch) {
        if (patient.identifiers[0]?.id !== patientId) continue;
        crowd.add(patient.otherStudies);
        studies += 1;
      }
    }
    // However many batches they are: the person is read once, and kept once.
    expect([studies, crowd.size]).toEqual([20_001, 1]);
    await database.query({ text: `delete from study where study_key > 1e12` });
  });

  it('without an identifier may be anyone of the same name and birth date', async () => {
    const like = { name: `Alike^${number}`, birthDate: '19800505' };
    await people.store({ studyInstanceUid: `${study}.1`, patientId: undefined, ...like });
    await people.store({ studyInstanceUid: `${study}.2`, patientId, ...like });
    expect((await subjectOf(`${study}.1`)).patient).toMatchObject({
      identifiers: [],
      unconfirmedCandidates: 1,
    });
    expect((await subjectOf(`${study}.2`)).patient.unconfirmedCandidates).toBe(1);
  });
});

describe('the stream of studies', () => {
  it('has every study once, as it is read alone, and may be of one facility', async () => {
    const elsewhere = await people.addFacility(`elsewhere-${number}`);
    for (const index of [1, 2, 3])
      await people.store({
        studyInstanceUid: `${study}.${index}`,
        patientId: `${patientId}-${index % 2}`,
        facility: elsewhere,
      });
    const here: RetentionSubject[] = [];
    for await (const batch of streamSubjects(database, {
      details: everyDetail,
      facilityId: elsewhere.facilityId,
    }))
      here.push(...batch);
    expect(here.map(({ studyInstanceUid }) => studyInstanceUid).sort()).toEqual(
      [1, 2, 3].map((index) => `${study}.${index}`),
    );
    for (const subject of here)
      expect(plain(subject)).toEqual(plain(await subjectOf(subject.studyInstanceUid)));

    const all: string[] = [];
    for await (const batch of streamSubjects(database, { details: everyDetail }))
      all.push(...batch.map((one) => one.studyInstanceUid));
    expect(new Set(all).size).toBe(all.length);
    const counted = await database.query<{ count: number }>({ text: 'select count(*) from study' });
    expect(all).toHaveLength(counted.rows[0]?.count ?? 0);
  });

  it('ends where nobody listens any more', async () => {
    for await (const batch of streamSubjects(database, { details: everyDetail })) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    const stopped = streamSubjects(database, { details: everyDetail, signal: AbortSignal.abort() }).next();
    await expect(stopped).rejects.toThrow(/abort/);
  });
});

/** With what is read on demand. */
function plain(subject: RetentionSubject): unknown {
  return JSON.parse(JSON.stringify(subject));
}

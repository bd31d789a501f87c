/** Registers and links for a generated index, as a nation has them: made once, the same every time. */
import type pg from 'pg';

/** Does nothing where there are some. */
export async function fillRegisters(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ filled: boolean }>(
    'select exists (select from patient_fact) as filled',
  );
  if (rows[0]?.filled === true) return;
  for (const statement of [DEATHS, DIAGNOSES, LINKS, PROGRAMMES]) await client.query(statement);
  await client.query('analyze patient_fact, patient_link, study_programme');
}

/** One patient in twenty. */
const DEATHS = `
  insert into patient_fact (patient_fact_id, issuer_id, patient_id, kind, on_date, source, registered_by, registered_at)
  select gen_random_uuid(), issuer_id, value, 'death', date '2016-01-01' + (patient_key % 3600)::int, 'civil register',
    'generator', now()
  from patient_identifier where patient_key % 20 = 0`;

/** One patient in fifty. */
const DIAGNOSES = `
  insert into patient_fact (patient_fact_id, issuer_id, patient_id, kind, class, on_date, source, registered_by, registered_at)
  select gen_random_uuid(), issuer_id, value, 'diagnosis', 'cancer', date '2016-01-01' + (patient_key % 3500)::int,
    'cancer register', 'generator', now()
  from patient_identifier where patient_key % 50 = 1`;

/** One patient in thirty is two; of one in a hundred somebody has said that they may be, or are not. */
const LINKS = `
  insert into patient_link (patient_key, other_key, state, decided_by)
  select patient_key, patient_key + 1,
    case when patient_key % 30 = 0 then 'confirmed' when patient_key % 200 = 7 then 'candidate' else 'refused' end, 'generator'
  from patient where (patient_key % 30 = 0 or patient_key % 100 = 7)
    and patient_key < (select max(patient_key) from patient)`;

/** One study in twenty. */
const PROGRAMMES = `
  insert into study_programme (study_programme_id, study_instance_uid, programme, registered_by, registered_at)
  select gen_random_uuid(), study_instance_uid, 'breast-screening', 'generator', now() from study where study_key % 20 = 3`;

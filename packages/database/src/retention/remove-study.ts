/** What goes with the last instance of a series, of a study, of a patient: rows that say whose they were. */
import type { Queryable } from '../database.ts';

/** No instance of it is known, and no object with bytes of it: `of` compares the keys. */
const NOTHING_LEFT = (of: (table: string) => string) => `
  not exists (select from instance i where ${of('i')})
  and not exists (select from segment g where ${of('g')} and g.state <> 'deleted')`;

/**
 * Removes the series of which nothing is left, and the study if nothing is left of that, with its patient if nobody names
 * them any more. The caller has locked the study. Returns whether the study is gone. What stays, because something of it
 * is kept, e.g. in quarantine, keeps what it says.
 */
export async function removeIfEmpty(client: Queryable, studyKey: number): Promise<boolean> {
  await removeEmptySeries(client, studyKey);
  const patientKey = await removeEmptyStudy(client, studyKey);
  if (patientKey === undefined) return false;
  await removeUnnamedPatient(client, patientKey);
  return true;
}

async function removeEmptySeries(client: Queryable, studyKey: number): Promise<void> {
  const removed = await client.query<{ series_key: number }>({
    name: 'remove-empty-series',
    text: `delete from series e where e.study_key = $1
        and ${NOTHING_LEFT((table) => `${table}.study_key = $1 and ${table}.series_key = e.series_key`)}
      returning series_key`,
    values: [studyKey],
  });
  const seriesKeys = removed.rows.map((row) => row.series_key);
  for (const table of ['series_metadata', 'series_request', 'segment']) {
    await client.query({
      name: `remove-${table}-of-empty-series`,
      text: `delete from ${table} where study_key = $1 and series_key = any ($2)`,
      values: [studyKey, seriesKeys],
    });
  }
}

/** Returns whose it was; undefined: something is left. */
async function removeEmptyStudy(client: Queryable, studyKey: number): Promise<number | undefined> {
  const removed = await client.query<{ patient_key: number }>({
    name: 'remove-empty-study',
    text: `delete from study where study_key = $1 and ${NOTHING_LEFT((table) => `${table}.study_key = $1`)}
      returning patient_key`,
    values: [studyKey],
  });
  const [row] = removed.rows;
  if (row === undefined) return undefined;
  for (const table of ['segment', 'proposed_correction', 'identity_conflict']) {
    await client.query({
      name: `remove-${table}-of-empty-study`,
      text: `delete from ${table} where study_key = $1`,
      values: [studyKey],
    });
  }
  return row.patient_key;
}

/**
 * A patient who has no study, and whom no link and no register names, goes with their identifiers. Who just makes a study
 * of theirs is waited for; who comes later is refused by the foreign key, and makes the patient anew.
 */
async function removeUnnamedPatient(client: Queryable, patientKey: number): Promise<void> {
  await client.query({
    name: 'lock-patient',
    text: 'select from patient where patient_key = $1 for update',
    values: [patientKey],
  });
  // A statement of its own: what it sees is taken after the wait.
  const unnamed = await client.query({
    name: 'remove-identifiers-of-unnamed-patient',
    text: `with unnamed as (select p.patient_key from patient p where p.patient_key = $1
        and not exists (select from study s where s.patient_key = $1)
        and not exists (select from patient_link l where $1 in (l.patient_key, l.other_key))
        and not exists (select from patient_fact f join patient_identifier n
          on n.issuer_id = f.issuer_id and n.value = f.patient_id
          where n.patient_key = $1 and f.withdrawn_at is null)),
      identifiers as (delete from patient_identifier n using unnamed u where n.patient_key = u.patient_key)
      select from unnamed`,
    values: [patientKey],
  });
  if (unnamed.rowCount === 0) return;
  await client.query({
    name: 'remove-unnamed-patient',
    text: 'delete from patient where patient_key = $1',
    values: [patientKey],
  });
}

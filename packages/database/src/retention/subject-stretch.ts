/**
 * A stream of studies goes from stretch to stretch in the order of patients. Patients come back over years, so studies that follow
 * each other there lie far apart on disk: read one by one, each is waited for.
 */
import type { Database, Queryable } from '../database.ts';

/** A place between two studies: after this one. */
export interface SubjectCursor {
  readonly patientKey: number;
  readonly studyKey: number;
}

/** The studies after one place and up to another. */
export interface SubjectStretch {
  readonly after: SubjectCursor;
  readonly upTo: SubjectCursor;
}

/** SQL that is true for the studies of a stretch; its four parameters begin with this number. */
export function inStretch(table: string, first: number): string {
  const [afterPatient, afterStudy, upToPatient, upToStudy] = [0, 1, 2, 3].map((index) => `$${first + index}`);
  const key = `(${table}.patient_key, ${table}.study_key)`;
  // Of rows compared as a whole the planner does not know how few there are.
  return `${table}.patient_key between ${afterPatient} and ${upToPatient}
    and ${key} > (${afterPatient}, ${afterStudy}) and ${key} <= (${upToPatient}, ${upToStudy})`;
}

/** The parameters of {@link inStretch}. */
export function valuesOf({ after, upTo }: SubjectStretch): number[] {
  return [after.patientKey, after.studyKey, upTo.patientKey, upTo.studyKey];
}

/** The end of a stretch of at most so many studies, whatever they are; undefined: there are no more. */
export async function endOfStretch(
  client: Queryable,
  { patientKey, studyKey }: SubjectCursor,
  studies: number,
): Promise<SubjectCursor | undefined> {
  const result = await client.query<{ patientKey: number; studyKey: number }>({
    name: 'end-of-stretch',
    text: `select patient_key as "patientKey", study_key as "studyKey" from (
        select patient_key, study_key from study where (patient_key, study_key) > ($1, $2)
        order by patient_key, study_key limit $3) s
      order by patient_key desc, study_key desc limit 1`,
    values: [patientKey, studyKey, studies],
  });
  return result.rows[0];
}

/**
 * Brings the rows of a stretch into memory. A bitmap scan goes through pages as they lie, and PostgreSQL asks the disk for many
 * at a time; the planner, who takes a random page for cheap, would fetch row after row.
 */
export async function fetchStretch(database: Database, { after, upTo }: SubjectStretch): Promise<void> {
  await database.inTransaction(async (client) => {
    await client.query({ text: 'set local enable_indexscan = off' });
    await client.query({ text: 'set local enable_seqscan = off' });
    // From a column that no index has, or the index would do.
    await client.query({
      name: 'fetch-stretch',
      text: `select sum(number_of_instances) from study
        where ${inStretch('study', 1)}`,
      values: valuesOf({ after, upTo }),
    });
  });
}

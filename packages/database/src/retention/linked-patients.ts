/** Statements about patients that are one person: SQL only, no statement of its own. */

/**
 * SQL: the patients that confirmed links make one person with this one, itself included; `bigint[]`, in order. Most people
 * are one patient, which takes no recursion to find out.
 */
export const LINKED_PATIENTS = (patientKey: string) => `(case when exists (select from patient_link l
    where l.state = 'confirmed' and (l.patient_key = ${patientKey} or l.other_key = ${patientKey}))
  then (with recursive member(patient_key) as (
      select ${patientKey}
      union
      select l.patient_key from member m cross join lateral (
        select other_key from patient_link where patient_key = m.patient_key and state = 'confirmed'
        union all
        select patient_key from patient_link where other_key = m.patient_key and state = 'confirmed') l(patient_key))
    select array_agg(patient_key order by patient_key) from member)
  else array[${patientKey}] end)`;

/** SQL condition: someone has decided that one of these patients and one of those are two people. Both `bigint[]`. */
export const REFUSED_BETWEEN = (some: string, others: string) => `exists (select from patient_link r
  where r.state = 'refused' and ((r.patient_key = any (${some}) and r.other_key = any (${others}))
    or (r.other_key = any (${some}) and r.patient_key = any (${others}))))`;

/** SQL: the name of a study's patient in the key that people are compared by; see the index `study_patient_birth_date`. */
export const NAME_KEY = (study: string) =>
  `coalesce(${study}.patient_name_key, ${study}.patient_name_ideographic_key, ${study}.patient_name_phonetic_key)`;

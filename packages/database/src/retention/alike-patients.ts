/** Patients of whom nobody has said whether they are one person: of the same name and birth date, under other identifiers. */
import type { NamedPatient } from '@sandyq/storage';
import type { Queryable } from '../database.ts';
import { LINKED_PATIENTS, NAME_KEY, REFUSED_BETWEEN } from './linked-patients.ts';
import { IDENTIFIERS_OF } from './patient-links.ts';

/** One of two. Without identifiers it is a study without a Patient ID, which no link can name. */
export interface AlikePatient {
  readonly patientKey: number;
  readonly identifiers: readonly NamedPatient[];
  /** One of its studies of that name and birth date. */
  readonly studyInstanceUid: string;
}

/** Two that may be one person. */
export interface AlikePatients {
  /** Person name as the first one's study has it. */
  readonly name: string;
  /** `YYYY-MM-DD`. */
  readonly birthDate: string;
  readonly one: AlikePatient;
  readonly other: AlikePatient;
}

/** Where a list of pairs stands: after this one. */
export interface AlikeCursor {
  readonly patientKey: number;
  readonly otherKey: number;
}

/** Some pairs, and where to go on; `next` is undefined after the last patient. */
export interface AlikePage {
  readonly pairs: readonly AlikePatients[];
  readonly next: AlikeCursor | undefined;
}

/** Patients that are looked at for one page: it may be empty, and not the last one. */
const PAGE_PATIENTS = 10_000;

/** Up to `limit` pairs after the cursor, each once, unless a link of whatever state stands between the two people. */
export async function listAlikePatients(
  client: Queryable,
  after: AlikeCursor | undefined,
  limit: number,
): Promise<AlikePage> {
  const from = after ?? { patientKey: 0, otherKey: 0 };
  const { rows: pairs } = await client.query<AlikePatients & Record<string, unknown>>({
    name: 'list-alike-patients',
    text: ALIKE,
    values: [from.patientKey, from.otherKey, limit],
  });
  const last = pairs.at(-1);
  if (last !== undefined && pairs.length === limit)
    return { pairs, next: { patientKey: last.one.patientKey, otherKey: last.other.patientKey } };
  const { rows: bounds } = await client.query<{ last: number | null }>({
    name: 'last-of-alike-page',
    text: `select max(patient_key) as last from (${PAGE}) p having count(*) = ${PAGE_PATIENTS}`,
    values: [from.patientKey],
  });
  const end = bounds[0]?.last ?? undefined;
  return { pairs, next: end === undefined ? undefined : { patientKey: end, otherKey: LAST_KEY } };
}

/** No patient has a greater key. */
const LAST_KEY = Number.MAX_SAFE_INTEGER;

/** $1: the patient at which the page begins. */
const PAGE = `select patient_key from patient where patient_key >= $1 order by patient_key limit ${PAGE_PATIENTS}`;

const SIDE = (patientKey: string, study: string) => `json_build_object('patientKey', ${patientKey},
  'identifiers', ${IDENTIFIERS_OF(patientKey)}, 'studyInstanceUid', ${study})`;

const PROPOSED = `exists (select from patient_link l
  where l.patient_key = p.patient_key and l.other_key = o.patient_key and l.state = 'candidate')`;

const ALIKE = `select k.name, k.patient_birth_date as "birthDate",
    ${SIDE('p.patient_key', 'k.study_instance_uid')} as one, ${SIDE('o.patient_key', 'o.study_instance_uid')} as other
  from (${PAGE}) p
  cross join lateral (select distinct on (s.patient_birth_date, ${NAME_KEY('s')}) s.patient_birth_date,
      ${NAME_KEY('s')} as name_key, s.patient_name as name, s.study_instance_uid
    from study s where s.patient_key = p.patient_key and s.patient_birth_date is not null
    order by s.patient_birth_date, ${NAME_KEY('s')}, s.study_key) k
  cross join lateral (select o.patient_key, min(o.study_instance_uid) as study_instance_uid from study o
    where o.patient_birth_date = k.patient_birth_date and ${NAME_KEY('o')} = k.name_key
      and o.patient_key > p.patient_key and (p.patient_key, o.patient_key) > ($1, $2)
    group by o.patient_key) o
  where not ${PROPOSED} and o.patient_key <> all (${LINKED_PATIENTS('p.patient_key')})
    and not ${REFUSED_BETWEEN(LINKED_PATIENTS('p.patient_key'), LINKED_PATIENTS('o.patient_key'))}
  order by p.patient_key, o.patient_key limit $3`;

/**
 * The people whom studies are about, as retention judges them: a patient with everyone who is confirmed to be the same,
 * what studies and registers say of them, and who else they may be. One statement, so that what it says is of one moment:
 * whoever decides on a link meanwhile is seen as before or as after.
 */
import { type OtherStudy, parseCalendarDate, type SubjectPatient } from '@sandyq/retention';
import type { Queryable } from '../database.ts';
import { LINKED_PATIENTS, NAME_KEY, REFUSED_BETWEEN } from './linked-patients.ts';

/** Nobody has more studies: a Patient ID that has is given to many people, and its studies are reviewed, never destroyed. */
const MOST_STUDIES = 20_000;
/** Candidates are counted so far. */
const MOST_CANDIDATES = 10;

/** The person behind each patient key. */
export async function readPersons(
  client: Queryable,
  patientKeys: readonly number[],
): Promise<Map<number, SubjectPatient>> {
  if (patientKeys.length === 0) return new Map();
  const result = await client.query<PersonRow>({
    name: 'read-persons',
    text: PERSONS,
    values: [patientKeys],
  });
  return new Map(result.rows.map((row) => [row.patient_key, toPerson(row)]));
}

const IDENTIFIERS = `(select json_agg(json_build_array(i.local_namespace, n.value) order by i.local_namespace, n.value)
  from patient_identifier n join issuer i on i.issuer_id = n.issuer_id where n.patient_key = any (p.members))`;

const STUDIES = `(select json_agg(json_build_array(s.study_date, (extract(epoch from s.received_at) * 1000)::bigint, f.code,
    s.modalities, s.patient_birth_date))
  from (select study_date, received_at, facility_id, modalities, patient_birth_date from study
    where patient_key = any (p.members) limit ${MOST_STUDIES + 1}) s
  join facility f on f.facility_id = s.facility_id)`;

const FACTS = `(select json_agg(json_build_array(f.kind, f.on_date, f.class))
  from patient_identifier n
  join patient_fact f on f.issuer_id = n.issuer_id and f.patient_id = n.value collate "C" and f.withdrawn_at is null
  where n.patient_key = any (p.members))`;

/** Whom somebody has proposed, and nobody has decided on; and where confirmed links and a refusal contradict each other. */
const PROPOSED = `select from patient_link l
  where (l.state = 'candidate' and (l.patient_key = any (p.members) or l.other_key = any (p.members)))
    or (l.state = 'refused' and l.patient_key = any (p.members) and l.other_key = any (p.members))
  limit ${MOST_CANDIDATES}`;

/** Of the same name and birth date. Who has been refused, or is linked to someone who has, is somebody else. */
const LIKE = `select from (
    select distinct s.patient_birth_date, ${NAME_KEY('s')} as name_key from study s
    where s.patient_key = any (p.members) and s.patient_birth_date is not null) k
  cross join lateral (select from study o
    where o.patient_birth_date = k.patient_birth_date and ${NAME_KEY('o')} = k.name_key
      and o.patient_key <> all (p.members) and not ${REFUSED_BETWEEN('p.members', LINKED_PATIENTS('o.patient_key'))}
    limit ${MOST_CANDIDATES}) o
  limit ${MOST_CANDIDATES}`;

/** $1: keys of patients. */
const PERSONS = `select p.patient_key, ${IDENTIFIERS} as identifiers, ${STUDIES} as studies, ${FACTS} as facts,
    (select count(*) from (${PROPOSED}) l)::int + (select count(*) from (${LIKE}) l)::int as candidates
  from (select k as patient_key, ${LINKED_PATIENTS('k')} as members from unnest($1::bigint[]) k offset 0) p`;

interface PersonRow {
  readonly patient_key: number;
  readonly identifiers: readonly (readonly [issuer: string, id: string])[] | null;
  readonly studies: readonly StudyCells[] | null;
  readonly facts: readonly FactCells[] | null;
  readonly candidates: number;
}

type StudyCells = readonly [
  studyDate: string | null,
  receivedAtMs: number,
  facility: string,
  modalities: readonly string[],
  birthDate: string | null,
];
type FactCells = readonly [
  kind: 'birth' | 'death' | 'contact' | 'diagnosis',
  onDate: string,
  diagnosisClass: string | null,
];

function toPerson(row: PersonRow): SubjectPatient {
  const studies = row.studies ?? [];
  const facts = row.facts ?? [];
  const registered = (kind: FactCells[0]) => facts.flatMap(([of, on]) => (of === kind ? [on] : []));
  const contact = registered('contact').sort().at(-1);
  const isSomebody = studies.length <= MOST_STUDIES;
  return {
    identifiers: (row.identifiers ?? []).map(([issuer, id]) => ({ issuer, id })),
    birthDates: datesOf([...studies.flatMap((study) => study[4] ?? []), ...registered('birth')]),
    deathDates: datesOf(registered('death')),
    ...(contact !== undefined && { registeredContact: parseCalendarDate(contact) }),
    diagnoses: facts.flatMap(([, on, diagnosisClass]) =>
      diagnosisClass === null ? [] : [{ diagnosisClass, date: parseCalendarDate(on) }],
    ),
    otherStudies: studies.map(toOtherStudy),
    unconfirmedCandidates: row.candidates + (isSomebody ? 0 : 1),
  };
}

function toOtherStudy([studyDate, receivedAtMs, facility, modalities]: StudyCells): OtherStudy {
  return {
    ...(studyDate !== null && { studyDate: parseCalendarDate(studyDate) }),
    firstReceivedAt: new Date(receivedAtMs),
    modalities,
    facility,
  };
}

/** Each once, in order. */
function datesOf(texts: readonly string[]) {
  return [...new Set(texts)].sort().map(parseCalendarDate);
}

/** Step 3: the studies of new instances, and how each instance stands to its study's patient and facility. */
import { type DicomJson, type Tag, Tags } from '@sandyq/dicom';
import type { Queryable } from '../database.ts';
import { dateOf, nameOf, pick, textOf, timeOf } from '../index-attributes.ts';
import { insertRows } from '../insert-rows.ts';
import type { Candidate, Standing } from './candidate.ts';
import { KeysChangedError } from './keys-changed-error.ts';
import { createAnonymousPatient, identityName, type PatientKeys, readLinks } from './patients.ts';

/** Patient and study level attributes kept for answers (PS3.18 Table 10.6.3-3 and what clients ask for beyond). */
export const STUDY_LEVEL_TAGS: readonly Tag[] = [
  Tags.StudyDate,
  Tags.StudyTime,
  Tags.AccessionNumber,
  Tags.IssuerOfAccessionNumberSequence,
  Tags.TimezoneOffsetFromUTC,
  Tags.ReferringPhysicianName,
  Tags.StudyDescription,
  Tags.ProcedureCodeSequence,
  Tags.PhysiciansOfRecord,
  Tags.NameOfPhysiciansReadingStudy,
  Tags.AdmittingDiagnosesDescription,
  Tags.ReferencedStudySequence,
  Tags.PatientName,
  Tags.PatientID,
  Tags.IssuerOfPatientID,
  Tags.IssuerOfPatientIDQualifiersSequence,
  Tags.PatientBirthDate,
  Tags.PatientBirthTime,
  Tags.PatientSex,
  Tags.OtherPatientIDsSequence,
  Tags.OtherPatientNames,
  Tags.PatientAge,
  Tags.PatientSize,
  Tags.PatientWeight,
  Tags.EthnicGroup,
  Tags.Occupation,
  Tags.AdditionalPatientHistory,
  Tags.PatientComments,
  Tags.StudyInstanceUID,
  Tags.StudyID,
];

const COLUMNS = [
  'study_key',
  'study_instance_uid',
  'facility_id',
  'patient_key',
  'patient_id',
  'patient_issuer_id',
  'patient_issuer_assigned',
  'patient_name',
  'patient_name_key',
  'patient_name_ideographic_key',
  'patient_name_phonetic_key',
  'patient_birth_date',
  'patient_sex',
  'study_date',
  'study_time',
  'accession_number',
  'accession_issuer_id',
  'study_id',
  'study_description',
  'referring_physician_name',
  'referring_physician_name_key',
  'attributes',
  'received_at',
  'updated_at',
] as const;

interface StudyRow {
  study_key: number;
  study_instance_uid: string;
  facility_id: number;
  patient_key: number;
  patient_id: string | null;
  patient_issuer_id: number;
}

/** Makes missing studies, then says for every candidate whether it may join its study. */
export async function joinStudies(
  client: Queryable,
  candidates: readonly Candidate[],
  patients: PatientKeys,
): Promise<Map<Candidate, Standing>> {
  const firstByStudy = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const uid = candidate.segment.studyInstanceUid;
    if (!firstByStudy.has(uid)) firstByStudy.set(uid, candidate);
  }
  const uids = [...firstByStudy.keys()].sort();
  let studies = await readStudies(client, uids);
  const missing = uids.flatMap((uid) => (studies.has(uid) ? [] : (firstByStudy.get(uid) ?? [])));
  if (missing.length > 0) {
    await insertStudies(client, missing, patients);
    studies = await readStudies(client, uids);
  }
  assertKeys(studies, firstByStudy.values());
  const links = await readLinks(client, [
    ...new Set([...studies.values()].map((s) => s.patient_key).concat([...patients.values()])),
  ]);
  return new Map(
    candidates.map((candidate) => [
      candidate,
      standing(candidate, studies.get(candidate.segment.studyInstanceUid), patients, links),
    ]),
  );
}

async function readStudies(client: Queryable, uids: readonly string[]): Promise<Map<string, StudyRow>> {
  const result = await client.query<StudyRow>({
    name: 'read-studies-of-commit',
    text: `select study_key, study_instance_uid, facility_id, patient_key, patient_id, patient_issuer_id
      from study where study_instance_uid = any ($1)`,
    values: [uids],
  });
  return new Map(result.rows.map((row) => [row.study_instance_uid, row]));
}

async function insertStudies(client: Queryable, firsts: readonly Candidate[], patients: PatientKeys) {
  const rows: unknown[][] = [];
  for (const first of firsts) {
    const name = identityName(first.instance.patient);
    const patientKey = (name && patients.get(name)) || (await createAnonymousPatient(client));
    rows.push(studyRow(first, patientKey));
  }
  await insertRows(
    client,
    { table: 'study', columns: COLUMNS, suffix: 'on conflict (study_instance_uid) do nothing' },
    rows,
  );
}

function studyRow({ segment, instance, keys }: Candidate, patientKey: number): unknown[] {
  const json: DicomJson = instance.json;
  const patientName = nameOf(json, Tags.PatientName);
  const referring = nameOf(json, Tags.ReferringPhysicianName);
  return [
    keys.studyKey,
    segment.studyInstanceUid,
    segment.facilityId,
    patientKey,
    instance.patient.patientId ?? null,
    instance.patient.issuerId,
    instance.patient.issuerAssigned,
    patientName.name,
    patientName.key,
    patientName.ideographicKey,
    patientName.phoneticKey,
    dateOf(json, Tags.PatientBirthDate),
    textOf(json, Tags.PatientSex, 16),
    dateOf(json, Tags.StudyDate),
    timeOf(json, Tags.StudyTime),
    textOf(json, Tags.AccessionNumber, 256),
    instance.accessionIssuerId,
    textOf(json, Tags.StudyID, 256),
    textOf(json, Tags.StudyDescription),
    referring.name,
    referring.key,
    pick(json, STUDY_LEVEL_TAGS),
    segment.receivedAt,
    segment.receivedAt,
  ];
}

/** Another process made the study first, under its own number: the whole transaction starts over. */
function assertKeys(studies: ReadonlyMap<string, StudyRow>, candidates: Iterable<Candidate>) {
  for (const { segment, keys } of candidates) {
    if (studies.get(segment.studyInstanceUid)?.study_key !== keys.studyKey) throw new KeysChangedError();
  }
}

function standing(
  { instance, segment }: Candidate,
  study: StudyRow | undefined,
  patients: PatientKeys,
  links: ReadonlySet<string>,
): Standing {
  if (study === undefined) throw new KeysChangedError();
  if (instance.joinsAnyway === true) return 'active';
  const name = identityName(instance.patient);
  const patientKey = name === undefined ? undefined : patients.get(name);
  const samePatient = patientKey !== undefined && isSamePerson(patientKey, study.patient_key, links);
  if (study.facility_id !== segment.facilityId) return samePatient ? 'active' : 'facility-conflict';
  const bothAnonymous = patientKey === undefined && study.patient_id === null;
  return samePatient || bothAnonymous ? 'active' : 'identity-conflict';
}

function isSamePerson(a: number, b: number, links: ReadonlySet<string>): boolean {
  return a === b || links.has(`${Math.min(a, b)} ${Math.max(a, b)}`);
}

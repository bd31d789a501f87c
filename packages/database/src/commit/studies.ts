/** Step 3: the studies of new instances, and how each instance stands to its study's patient and facility. */
import { type DicomJson, nameReadingsVersion, type Tag, Tags } from '@sandyq/dicom';
import type { Queryable } from '../database.ts';
import { dateOf, nameOf, pick, textOf, timeOf } from '../index-attributes.ts';
import { insertRows } from '../insert-rows.ts';
import type { Candidate, Standing } from './candidate.ts';
import type { Founder } from './facts.ts';
import { firstOfEach } from './founding.ts';
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

/** Never changed: whose study it is. */
const IDENTITY_COLUMNS = [
  'study_key',
  'study_instance_uid',
  'facility_id',
  'patient_key',
  'patient_id',
  'patient_issuer_id',
  'patient_issuer_assigned',
  'updated_at',
] as const;

/** What its founder says. */
const FOUNDED_COLUMNS = [
  'founded_by',
  'received_at',
  'patient_name',
  'patient_name_key',
  'patient_name_ideographic_key',
  'patient_name_phonetic_key',
  'patient_name_readings',
  'patient_name_sounds',
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
  'referring_physician_name_readings',
  'referring_physician_name_sounds',
  'name_keys_version',
  'attributes',
] as const;

interface StudyRow {
  study_key: number;
  study_instance_uid: string;
  facility_id: number;
  patient_key: number;
  patient_id: string | null;
  patient_issuer_id: number;
}

/**
 * Makes missing studies, then says for every candidate whether it may join its study. `former`: instances of before,
 * which tell whose a study is too.
 */
export async function joinStudies(
  client: Queryable,
  candidates: readonly Candidate[],
  { patients, former }: { readonly patients: PatientKeys; readonly former: readonly Candidate[] },
): Promise<Map<Candidate, Standing>> {
  const firstByStudy = firstOfEach(
    [...candidates, ...former],
    (candidate) => candidate.segment.studyInstanceUid,
  );
  const uids = [...firstByStudy.keys()].sort();
  let studies = await readStudies(client, uids);
  const missing = uids.flatMap((uid) => (studies.has(uid) ? [] : (firstByStudy.get(uid) ?? [])));
  if (missing.length > 0) {
    await insertStudies(client, missing, { patients, former });
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

async function insertStudies(
  client: Queryable,
  firsts: readonly Candidate[],
  { patients, former }: { readonly patients: PatientKeys; readonly former: readonly Candidate[] },
) {
  const rows: unknown[][] = [];
  for (const first of firsts) {
    const name = identityName(first.instance.patient);
    const patientKey = (name && patients.get(name)) || (await createAnonymousPatient(client));
    const isActive = first.instance.isHeld !== true && !former.includes(first);
    rows.push([...identityOf(first, patientKey), ...foundedValues(first, isActive)]);
  }
  await insertRows(
    client,
    {
      table: 'study',
      columns: [...IDENTITY_COLUMNS, ...FOUNDED_COLUMNS],
      suffix: 'on conflict (study_instance_uid) do nothing',
    },
    rows,
  );
}

function identityOf({ segment, instance, keys }: Candidate, patientKey: number): unknown[] {
  return [
    keys.studyKey,
    segment.studyInstanceUid,
    segment.facilityId,
    patientKey,
    instance.patient.patientId ?? null,
    instance.patient.issuerId,
    instance.patient.issuerAssigned,
    segment.receivedAt,
  ];
}

/** Aligned with FOUNDED_COLUMNS. */
function foundedValues({ segment, instance }: Founder, isActive: boolean): unknown[] {
  const json: DicomJson = instance.json;
  const patientName = nameOf(json, Tags.PatientName);
  const referring = nameOf(json, Tags.ReferringPhysicianName);
  return [
    isActive ? instance.sopInstanceUid : null,
    segment.receivedAt,
    patientName.name,
    patientName.key,
    patientName.ideographicKey,
    patientName.phoneticKey,
    patientName.readings,
    patientName.sounds,
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
    referring.readings,
    referring.sounds,
    nameReadingsVersion,
    pick(json, STUDY_LEVEL_TAGS),
  ];
}

/**
 * Gives the study the attributes of another instance; its patient and its facility stay. Whoever calls it holds the
 * row's lock and has found the founder under it.
 */
export async function refoundStudy(client: Queryable, studyKey: number, founder: Founder): Promise<void> {
  const { patient } = founder.instance;
  const assignments = FOUNDED_COLUMNS.map((column, index) => `${column} = $${index + 5}`).join(', ');
  await client.query({
    name: 'refound-study',
    text: `update study set ${assignments}, founding_due = false, patient_issuer_assigned =
        case when patient_issuer_id = $2 and patient_id is not distinct from $3 then $4 else patient_issuer_assigned end
      where study_key = $1`,
    values: [
      studyKey,
      patient.issuerId,
      patient.patientId ?? null,
      patient.issuerAssigned,
      ...foundedValues(founder, true),
    ],
  });
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
  if (instance.isHeld === true) return 'identity-conflict';
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

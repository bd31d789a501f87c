/** Step 3: the studies of new instances, and how each instance stands to its study's patient and facility. */
import { type DicomJson, nameReadingsVersion, type Tag, Tags } from '@sandyq/dicom';
import type { Queryable } from '../database.ts';
import { dateOf, nameOf, pick, textOf, timeOf } from '../index-attributes.ts';
import { insertRows } from '../insert-rows.ts';
import type { Candidate, Standing } from './candidate.ts';
import type { Founder, PatientIdentity } from './facts.ts';
import { firstOfEach } from './founding.ts';
import { KeysChangedError } from './keys-changed-error.ts';
import {
  createAnonymousPatient,
  ensurePatients,
  identityName,
  type PatientKeys,
  readLinks,
} from './patients.ts';
import type { StudyIdentity } from './series-keys.ts';

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

/**
 * Makes missing studies, then says for every candidate whether it may join its study. `former`: instances of before,
 * which tell whose a new study is too. Where the index knows the study as this very patient's nothing is asked.
 */
export async function joinStudies(
  client: Queryable,
  candidates: readonly Candidate[],
  former: readonly Candidate[],
): Promise<Map<Candidate, Standing>> {
  const founding = [...candidates, ...former].filter(({ keys }) => keys.study === undefined);
  const foreign = candidates.filter(({ instance, keys }) => !isOfPatient(instance.patient, keys.study));
  const patients = await ensurePatients(client, [...founding, ...foreign]);
  const studies = await foundStudies(client, founding, { patients, former });
  const studyOf = ({ keys }: Candidate) => keys.study ?? studies.get(keys.studyKey);
  const links = await readLinks(client, [
    ...new Set([...foreign.flatMap((one) => studyOf(one)?.patientKey ?? []), ...patients.values()]),
  ]);
  return new Map(
    candidates.map((candidate) => [candidate, standing(candidate, studyOf(candidate), patients, links)]),
  );
}

/** Whether the identity is the one that the study was founded with: then so is the patient. */
function isOfPatient(patient: PatientIdentity, study: StudyIdentity | undefined): boolean {
  return (
    study?.patientId !== undefined &&
    study.patientId === patient.patientId &&
    study.patientIssuerId === patient.issuerId
  );
}

interface Founding {
  readonly patients: PatientKeys;
  readonly former: readonly Candidate[];
}

/** Makes the studies that these candidates found; whose they are by their keys. */
async function foundStudies(
  client: Queryable,
  candidates: readonly Candidate[],
  founding: Founding,
): Promise<Map<number, StudyIdentity>> {
  if (candidates.length === 0) return new Map();
  const firsts = firstOfEach(candidates, ({ segment }) => segment.studyInstanceUid);
  const studies = new Map<number, StudyIdentity>();
  const rows: unknown[][] = [];
  for (const uid of [...firsts.keys()].sort()) {
    const first = firsts.get(uid);
    if (first === undefined) continue;
    const identity = await foundedIdentity(client, first, founding.patients);
    const isActive = first.instance.isHeld !== true && !founding.former.includes(first);
    studies.set(first.keys.studyKey, identity);
    rows.push([...identityValues(first, identity), ...foundedValues(first, isActive)]);
  }
  const made = await insertRows<{ study_key: number }>(client, STUDIES, rows);
  // Another process made one of them first, under its own number: the whole transaction starts over.
  if (made.length < rows.length) throw new KeysChangedError();
  return studies;
}

async function foundedIdentity(
  client: Queryable,
  { segment, instance }: Candidate,
  patients: PatientKeys,
): Promise<StudyIdentity> {
  const { patientId, issuerId } = instance.patient;
  const name = identityName(instance.patient);
  const patientKey = (name && patients.get(name)) || (await createAnonymousPatient(client));
  return { facilityId: segment.facilityId, patientKey, patientId, patientIssuerId: issuerId };
}

const STUDIES = {
  table: 'study',
  columns: [...IDENTITY_COLUMNS, ...FOUNDED_COLUMNS],
  suffix: 'on conflict (study_instance_uid) do nothing returning study_key',
};

/** Aligned with IDENTITY_COLUMNS. */
function identityValues({ segment, instance, keys }: Candidate, identity: StudyIdentity): unknown[] {
  return [
    keys.studyKey,
    segment.studyInstanceUid,
    identity.facilityId,
    identity.patientKey,
    identity.patientId ?? null,
    identity.patientIssuerId,
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

function standing(
  { instance, segment }: Candidate,
  study: StudyIdentity | undefined,
  patients: PatientKeys,
  links: ReadonlySet<string>,
): Standing {
  if (study === undefined) throw new KeysChangedError();
  if (instance.isHeld === true) return 'identity-conflict';
  if (instance.joinsAnyway === true) return 'active';
  const name = identityName(instance.patient);
  const patientKey = name === undefined ? undefined : patients.get(name);
  const samePatient =
    isOfPatient(instance.patient, study) ||
    (patientKey !== undefined && isSamePerson(patientKey, study.patientKey, links));
  if (study.facilityId !== segment.facilityId) return samePatient ? 'active' : 'facility-conflict';
  const bothAnonymous = name === undefined && study.patientId === undefined;
  return samePatient || bothAnonymous ? 'active' : 'identity-conflict';
}

function isSamePerson(a: number, b: number, links: ReadonlySet<string>): boolean {
  return a === b || links.has(`${Math.min(a, b)} ${Math.max(a, b)}`);
}

/** What people and programs ask an index for: each search key of the conformance statement, and the worklist in its forms. */
import type { SearchLevel } from '@sandyq/dicomweb';
import type pg from 'pg';

/** One question. */
export interface SearchKey {
  readonly name: string;
  readonly level: SearchLevel;
  /** Query without `limit`. */
  readonly query: string;
  readonly offset?: number;
  /** Path: the study. */
  readonly studyInstanceUid?: string;
  /** Path: the series. */
  readonly seriesInstanceUid?: string;
  /** It must be as fast in a large archive as in a small one. */
  readonly isBounded?: true;
  /** The principal is confined to this facility. */
  readonly facilityId?: number;
}

/** Things to ask for. */
export interface Sample {
  readonly studyUid: string;
  readonly studyUids: readonly string[];
  readonly patientId: string;
  readonly accessionNumber: string;
  readonly physician: string;
  readonly surname: string;
  readonly birthDate: string;
  /** Newest day, YYYYMMDD. */
  readonly today: string;
  readonly weekAgo: string;
  readonly monthAgo: string;
  /** A month five years ago. */
  readonly oldMonth: string;
  readonly instanceStudyUid: string;
}

/** Draws from an index what it has. */
export async function sampleOf(client: pg.Client): Promise<Sample> {
  const found = await client.query(`
    with newest as (select max(study_date) as day from study),
      one as (select * from study where study_date is not null order by study_key offset (select count(*) / 2 from study) limit 1),
      uids as (select array_agg(study_instance_uid) as list from (select study_instance_uid from study
        where study_key % 97 = 3 order by study_key desc limit 20) s)
    select one.study_instance_uid as "studyUid", uids.list as "studyUids", one.patient_id as "patientId",
      one.accession_number as "accessionNumber", one.referring_physician_name_key as physician,
      split_part(one.patient_name_key, '^', 1) as surname, to_char(one.patient_birth_date, 'YYYYMMDD') as "birthDate",
      to_char(newest.day, 'YYYYMMDD') as today, to_char(newest.day - 7, 'YYYYMMDD') as "weekAgo",
      to_char(newest.day - 30, 'YYYYMMDD') as "monthAgo",
      to_char(newest.day - 1830, 'YYYYMMDD') || '-' || to_char(newest.day - 1800, 'YYYYMMDD') as "oldMonth",
      (select study_instance_uid from study where study_key % 50 = 0 order by study_key desc limit 1) as "instanceStudyUid"
    from newest, one, uids`);
  return found.rows[0] as Sample;
}

/** Every question about an index. */
export function searchKeys(sample: Sample, studies: number): SearchKey[] {
  return [
    ...worklists(sample, studies),
    ...studyKeys(sample),
    ...nameKeys(),
    ...seriesKeys(sample),
    ...instanceKeys(sample),
  ];
}

/** Whose worklist it is. */
export const FACILITY = 7;
const INSTITUTION = `InstitutionName=${encodeURIComponent(`City Hospital ${FACILITY}`)}`;
const study = (name: string, query: string, more: Partial<SearchKey> = {}): SearchKey => ({
  name,
  level: 'study',
  query,
  ...more,
});

function worklists({ today, weekAgo, monthAgo, oldMonth }: Sample, studies: number): SearchKey[] {
  const week = `StudyDate=${weekAgo}-${today}`;
  const month = `StudyDate=${monthAgo}-${today}`;
  const confined = { facilityId: FACILITY };
  const bounded = { isBounded: true } as const;
  return [
    study('worklist: facility, week, CT', `${week}&ModalitiesInStudy=CT`, { ...confined, ...bounded }),
    study('worklist: facility, month, CT', `${month}&ModalitiesInStudy=CT`, { ...confined, ...bounded }),
    study('worklist: facility, month', month, confined),
    study('worklist: facility, newest', '', { ...confined, ...bounded }),
    study('worklist: facility, CT', 'ModalitiesInStudy=CT', confined),
    study('worklist: facility, PT (rare)', 'ModalitiesInStudy=PT', confined),
    study('worklist: facility, old month, MR', `StudyDate=${oldMonth}&ModalitiesInStudy=MR`, confined),
    study('worklist: institution, week, CT', `${INSTITUTION}&${week}&ModalitiesInStudy=CT`),
    study('worklist: institution, month, CT', `${INSTITUTION}&${month}&ModalitiesInStudy=CT`, bounded),
    study('worklist: institution, newest', INSTITUTION),
    study('worklist: institution, CT', `${INSTITUTION}&ModalitiesInStudy=CT`),
    study(
      'worklist: institution, old month, MR',
      `${INSTITUTION}&StudyDate=${oldMonth}&ModalitiesInStudy=MR`,
    ),
    study('worklist: institution, PT (rare)', `${INSTITUTION}&ModalitiesInStudy=PT`),
    study('worklist: issuer, month, CT', `IssuerOfPatientID=HOSPITAL-7&${month}&ModalitiesInStudy=CT`),
    study('worklist: issuer, newest', 'IssuerOfPatientID=HOSPITAL-7'),
    study('month and modality', `${month}&ModalitiesInStudy=MR`, bounded),
    study('old month and modality', `StudyDate=${oldMonth}&ModalitiesInStudy=MR`),
    study('old month and rare modality', `StudyDate=${oldMonth}&ModalitiesInStudy=PT`),
    study('newest', ''),
    study('page at 5,000', '', { offset: 5_000, ...bounded }),
    study('page at half', 'StudyDate=', { offset: studies / 2 }),
    study('page at 5,000 of CT', 'ModalitiesInStudy=CT', { offset: 1_000 }),
  ];
}

function studyKeys(sample: Sample): SearchKey[] {
  const { studyUid, studyUids, patientId, accessionNumber, today, oldMonth, birthDate } = sample;
  return [
    study('StudyInstanceUID', `StudyInstanceUID=${studyUid}`),
    study('StudyInstanceUID, 20', `StudyInstanceUID=${studyUids.join(',')}`),
    study('StudyInstanceUID, confined', `StudyInstanceUID=${studyUid}`, { facilityId: FACILITY }),
    study('PatientID', `PatientID=${patientId}`),
    study('PatientID, wild', `PatientID=${patientId.slice(0, -2)}*`),
    study('PatientID, none', 'PatientID=NOBODY'),
    study('AccessionNumber', `AccessionNumber=${accessionNumber}`),
    study('AccessionNumber, end', `AccessionNumber=*${accessionNumber.slice(-6)}`),
    study('StudyID', 'StudyID=4711'),
    study('StudyDate, day', `StudyDate=${today}`),
    study('StudyDate, range', `StudyDate=${oldMonth}`),
    study('StudyDate, until', `StudyDate=-${oldMonth.slice(0, 8)}`),
    study('StudyDate, none', 'StudyDate=""&emptyvaluematching=true'),
    study('StudyDate and StudyTime', `StudyDate=${today}-${today}&StudyTime=0900-1000`),
    study('StudyTime', 'StudyTime=0800-0805'),
    study('StudyDate in a zone', `StudyDate=${oldMonth}&TimezoneOffsetFromUTC=%2B0500`),
    study('ModalitiesInStudy, frequent', 'ModalitiesInStudy=CT'),
    study('ModalitiesInStudy, rare', 'ModalitiesInStudy=IVUS'),
    study('ModalitiesInStudy, none', 'ModalitiesInStudy=EPS'),
    study('ModalitiesInStudy, wild', 'ModalitiesInStudy=IV*'),
    study('PatientBirthDate', `PatientBirthDate=${birthDate}`),
    study('PatientBirthDate and PatientSex', `PatientBirthDate=${birthDate}&PatientSex=F`),
    study('PatientSex', 'PatientSex=F'),
    study('PatientSex, rare', 'PatientSex=O'),
    study('StudyDescription', 'StudyDescription=Barium enema'),
    study('StudyDescription, part', 'StudyDescription=*головного*'),
    study('StudyDescription, none', 'StudyDescription=*nowhere*'),
    study('InstitutionName, part', 'InstitutionName=*Hospital 7'),
    study('InstitutionName, none', 'InstitutionName=Nowhere'),
    study('IssuerOfPatientID, none', 'IssuerOfPatientID=NOBODY'),
  ];
}

function nameKeys(): SearchKey[] {
  const name = (label: string, value: string, more: Partial<SearchKey> = {}) =>
    study(label, `PatientName=${encodeURIComponent(value)}`, more);
  return [
    name('name: one person', 'Kim^Minsu'),
    name('name: family name and more', 'Nurgaliyev*'),
    name('name prefix, frequent', 'Kim*', { isBounded: true }),
    name('name prefix, two letters', 'Ki*'),
    name('name prefix, rare', 'Kimkhan*', { isBounded: true }),
    name('name prefix, longer', 'Amanbaba*'),
    name('name prefix, none', 'Xyzzy*'),
    name('name prefix in a facility', 'Kim*', { facilityId: FACILITY }),
    name('name prefix, rarer, in a facility', 'Tsoy*', { facilityId: FACILITY }),
    name('name in the middle', '*minsu*', { isBounded: true }),
    name('name in the middle, surname', '*baev*'),
    name('name in the middle, none', '*xyzzy*'),
    name('name in the middle, two letters', '*su*'),
    name('name in the middle, in a facility', '*minsu*', { facilityId: FACILITY }),
    name('name across scripts', 'Нұрғалиев^Қайрат'),
    name('name across scripts, family', 'Нургалиев*'),
    name('name across scripts, Hangul', '김민수'),
    name('name across scripts, Hangul family', '김*'),
    name('name across scripts, Cyrillic Kim', 'Ким*'),
    study('name, fuzzy', 'PatientName=Nurgaliev Kairat&fuzzymatching=true'),
    study('name, fuzzy, family', 'PatientName=Kim&fuzzymatching=true'),
    study('ReferringPhysicianName', `ReferringPhysicianName=${encodeURIComponent('Kim*')}`),
    study('ReferringPhysicianName, one', `ReferringPhysicianName=${encodeURIComponent('Омаров^Асель*')}`),
    study('ReferringPhysicianName, none', 'ReferringPhysicianName=Xyzzy'),
  ];
}

function seriesKeys({ studyUid, today, oldMonth }: Sample): SearchKey[] {
  const series = (name: string, query: string, more: Partial<SearchKey> = {}): SearchKey => ({
    name: `series: ${name}`,
    level: 'series',
    query,
    ...more,
  });
  return [
    series('of a study', '', { studyInstanceUid: studyUid }),
    series('of a study, confined', '', { studyInstanceUid: studyUid, facilityId: FACILITY }),
    series('of a study, modality', 'Modality=CT', { studyInstanceUid: studyUid }),
    series('of all studies of a day', `StudyDate=${today}`),
    series('of a month, modality', `StudyDate=${oldMonth}&Modality=MR`),
    series('SeriesInstanceUID', `SeriesInstanceUID=${studyUid}.1`),
    series('Modality', 'Modality=CT'),
    series('Modality, rare', 'Modality=IVUS'),
    series('Modality, none', 'Modality=EPS'),
    series('Modality in a facility', 'Modality=PT', { facilityId: FACILITY }),
    series('SeriesNumber', 'SeriesNumber=1'),
    series('SeriesNumber, none', 'SeriesNumber=4711'),
    series('SeriesDescription, part', 'SeriesDescription=*axial*'),
    series('SeriesDescription, rare', 'SeriesDescription=Series 123'),
    series('BodyPartExamined', 'BodyPartExamined=HEART'),
    series('BodyPartExamined, none', 'BodyPartExamined=TAIL'),
    series('SeriesDate', `SeriesDate=${oldMonth}`),
    series('SeriesTime', 'SeriesTime=0800-0801'),
    series('Manufacturer', 'Manufacturer=CANON'),
    series('ManufacturerModelName', 'ManufacturerModelName=Model 12'),
    series('StationName', 'StationName=ST7-1'),
    series('DeviceSerialNumber', 'DeviceSerialNumber=SN71'),
    series('InstitutionName', INSTITUTION),
    series('PerformedProcedureStepStartDate', `PerformedProcedureStepStartDate=${oldMonth}`),
    series('PerformedProcedureStepStartTime', 'PerformedProcedureStepStartTime=0800-0801'),
    series('RequestedProcedureID', 'RequestAttributesSequence.RequestedProcedureID=RP5000'),
    series('ScheduledProcedureStepID', 'RequestAttributesSequence.ScheduledProcedureStepID=SPS5000'),
    series('PatientID', `PatientID=P000000123`),
  ];
}

function instanceKeys({ instanceStudyUid, today, oldMonth }: Sample): SearchKey[] {
  const instance = (name: string, query: string, more: Partial<SearchKey> = {}): SearchKey => ({
    name: `instances: ${name}`,
    level: 'instance',
    query,
    ...more,
  });
  const scope = { studyInstanceUid: instanceStudyUid };
  return [
    instance('of a study', '', scope),
    instance('of a series', '', { ...scope, seriesInstanceUid: `${instanceStudyUid}.2` }),
    instance('of a study, confined', '', { ...scope, facilityId: FACILITY }),
    instance('of all studies of a day', `StudyDate=${today}`),
    instance('of all studies of an old month', `StudyDate=${oldMonth}`),
    instance('SOPInstanceUID', `SOPInstanceUID=${instanceStudyUid}.2.1`),
    instance('SOPClassUID', 'SOPClassUID=1.2.840.10008.5.1.4.1.1.2'),
    instance('SOPClassUID, rare', 'SOPClassUID=1.2.840.10008.5.1.4.1.1.128'),
    instance('SOPClassUID, none', 'SOPClassUID=1.2.840.10008.5.1.4.1.1.9999'),
    instance('ContentDate', `ContentDate=${oldMonth}`),
    instance('InstanceNumber', 'InstanceNumber=1'),
    instance('InstanceNumber, none', 'InstanceNumber=4711'),
    instance('NumberOfFrames', 'NumberOfFrames=60'),
    instance('Rows, none', 'Rows=4711'),
  ];
}

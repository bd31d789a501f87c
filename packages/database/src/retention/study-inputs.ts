/** What retention asks of studies themselves: the statement, and its rows as parts of a subject. */
import {
  everyDetail,
  notRead,
  parseCalendarDate,
  type ReadDetails,
  type RetentionSubject,
  type SubjectDetail,
  type SubjectPatient,
} from '@sandyq/retention';
import type { Queryable } from '../database.ts';
import { attributeValues } from './attribute-values.ts';
import { inStretch, type SubjectStretch, valuesOf } from './subject-stretch.ts';

type SeriesCells = readonly [
  modality: string | null,
  bodyPart: string | null,
  device: string | null,
  commissionedOn: string | null,
];

/** A study as PostgreSQL gives it. */
export interface StudyRow {
  readonly patient_key: number;
  readonly study_key: number;
  readonly study_instance_uid: string;
  readonly study_date: string | null;
  readonly received_at: Date;
  readonly accession_number: string | null;
  readonly facility: string;
  readonly region: string | null;
  /** Of what is shown. */
  readonly modalities: readonly string[];
  readonly has_identity_conflict: boolean;
  /** Null: they were not read, what is shown says all. */
  readonly series: readonly SeriesCells[] | null;
  /** These are null where they were not asked for. */
  readonly sop_classes: readonly string[] | null;
  readonly programmes: readonly string[] | null;
  readonly attributes: string | null;
}

/** Of a study `s`: it has instances that are rejected or held out, which are in no count. */
const HAS_HIDDEN = `(exists (select from rejected_instance r where r.study_instance_uid = s.study_instance_uid)
  or exists (select from identity_conflict c where c.study_key = s.study_key))`;

const HAS_INSTANCES = `(e.number_of_instances > 0
  or s.has_hidden and (exists (select from rejected_instance r where r.study_instance_uid = s.study_instance_uid
      and r.series_instance_uid = e.series_instance_uid)
    or exists (select from identity_conflict c where c.study_key = e.study_key and c.series_key = e.series_key)))`;

/** To read them takes longer than all the rest of a study. */
const SERIES = `(select coalesce(json_agg(json_build_array(e.modality, e.body_part_examined, d.code, d.commissioned_on)), '[]')
  from series e left join device d on d.device_id = e.device_id where e.study_key = s.study_key and ${HAS_INSTANCES})`;

/** Most devices were commissioned before most studies. */
const MAY_BE_BEFORE_DEVICE = `s.study_date < (select max(commissioned_on) from device)`;

/** The study's own list is of what is shown. */
const SOP_CLASSES = `case when s.has_hidden
  then (select coalesce(json_agg(distinct i.sop_class_uid), '[]') from instance i where i.study_key = s.study_key)
  else to_json(s.sop_classes) end`;

const PROGRAMMES = `(select coalesce(json_agg(g.programme order by g.programme), '[]') from study_programme g
  where g.study_instance_uid = s.study_instance_uid and g.withdrawn_at is null)`;

/** $1: details (SubjectDetail) that are asked for. */
const ASKED = (...details: SubjectDetail[]) =>
  `$1::text[] && array[${details.map((detail) => `'${detail}'`).join(', ')}]`;

/**
 * The studies `s` that `wanted` (a condition, order and limit) chooses. One is a subject as long as it has instances, shown
 * or not: what was rejected is judged until it is purged.
 */
const studiesWhere = (wanted: string) => `
  select s.patient_key, s.study_key, s.study_instance_uid, s.study_date, s.received_at, s.accession_number,
    f.code as facility, f.region, to_json(s.modalities) as modalities,
    exists (select from identity_conflict c where c.study_key = s.study_key and c.state = 'open') as has_identity_conflict,
    case when ${ASKED('bodyParts', 'lacksBodyPart', 'devices')} or s.has_hidden or ${MAY_BE_BEFORE_DEVICE} then ${SERIES} end as series,
    case when ${ASKED('sopClasses')} then ${SOP_CLASSES} end as sop_classes,
    case when ${ASKED('programmes')} then ${PROGRAMMES} end as programmes,
    case when ${ASKED('attributes')} then s.attributes::text end as attributes
  from (select s.*, ${HAS_HIDDEN} as has_hidden from study s
    where (s.number_of_instances > 0 or ${HAS_HIDDEN}) and ${wanted}) s
  join facility f on f.facility_id = s.facility_id`;

const ONE_STUDY = studiesWhere('s.study_instance_uid = $2');

/** The study, with every detail; undefined if there is none, or nothing is left of it. */
export async function readStudyRow(
  client: Queryable,
  studyInstanceUid: string,
): Promise<StudyRow | undefined> {
  const result = await client.query<StudyRow>({
    name: 'read-study-inputs',
    text: ONE_STUDY,
    values: [[...everyDetail], studyInstanceUid],
  });
  return result.rows[0];
}

const PAGE = `${studiesWhere(`${inStretch('s', 2)} and ($6::bigint is null or s.facility_id = $6)`)}
  order by s.patient_key, s.study_key`;

/** Which studies of a stream, and what of them. */
export interface StudyPage {
  readonly details: ReadonlySet<SubjectDetail>;
  readonly facilityId: number | undefined;
}

/** The studies of a stretch, in their order. */
export async function readStudyRows(
  client: Queryable,
  stretch: SubjectStretch,
  { details, facilityId }: StudyPage,
): Promise<StudyRow[]> {
  const result = await client.query<StudyRow>({
    name: 'read-study-inputs-page',
    text: PAGE,
    values: [[...details], ...valuesOf(stretch), facilityId ?? null],
  });
  return result.rows;
}

/** A study of this person. */
export function toSubject(row: StudyRow, patient: SubjectPatient): RetentionSubject {
  const { study_date, accession_number, region, series } = row;
  const commissionedOn = series === null ? undefined : commissionedAfter(study_date, series);
  return {
    studyInstanceUid: row.study_instance_uid,
    ...(study_date !== null && { studyDate: parseCalendarDate(study_date) }),
    firstReceivedAt: row.received_at,
    ...(accession_number !== null && { accessionNumber: accession_number }),
    modalities: series === null ? row.modalities : distinct(series.map(([modality]) => modality)),
    facility: row.facility,
    ...(region !== null && { region }),
    ...(commissionedOn !== undefined && { commissionedOn: parseCalendarDate(commissionedOn) }),
    ...detailsOf(row),
    patient,
    hasIdentityConflict: row.has_identity_conflict,
  };
}

function detailsOf({ series, sop_classes, programmes, attributes }: StudyRow): ReadDetails {
  return {
    bodyParts: series === null ? notRead : distinct(series.map(([, bodyPart]) => bodyPart)),
    lacksBodyPart:
      series === null ? notRead : series.length === 0 || series.some(([, bodyPart]) => bodyPart === null),
    devices: series === null ? notRead : distinct(series.map(([, , device]) => device)),
    sopClasses: sop_classes ?? notRead,
    programmes: programmes ?? notRead,
    attributes: attributes === null ? notRead : attributeValues(attributes),
  };
}

/** Each value once, in order. */
function distinct(values: readonly (string | null)[]): string[] {
  return [...new Set(values)].filter((value) => value !== null).sort();
}

/** The latest day on which one of them was commissioned, of those after the study. */
function commissionedAfter(studyDate: string | null, series: readonly SeriesCells[]): string | undefined {
  const days = series.flatMap(([, , , day]) =>
    day !== null && studyDate !== null && day > studyDate ? [day] : [],
  );
  return days.sort().at(-1);
}

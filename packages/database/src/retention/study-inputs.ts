/** What retention asks of studies themselves: the statement, and its rows as parts of a subject. */
import {
  parseCalendarDate,
  type RetentionSubject,
  type SubjectDevice,
  type SubjectPatient,
} from '@sandyq/retention';
import type { Queryable } from '../database.ts';
import { attributeValues } from './attribute-values.ts';

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
  readonly attributes: string;
  readonly facility: string;
  readonly region: string | null;
  readonly series: readonly SeriesCells[] | null;
  readonly sop_classes: readonly string[] | null;
  readonly programmes: readonly string[] | null;
  readonly has_identity_conflict: boolean;
}

/** Of a study `s`: it has instances that are rejected or held out, which are in no count. */
const HAS_HIDDEN = `(exists (select from rejected_instance r where r.study_instance_uid = s.study_instance_uid)
  or exists (select from identity_conflict c where c.study_key = s.study_key))`;

/** Of the series that `counts`, a condition. Asked of every study of the archive: anything more costs seconds. */
const SERIES = (
  counts: string,
) => `(select json_agg(json_build_array(e.modality, e.body_part_examined, d.code,
    d.commissioned_on))
  from series e left join device d on d.device_id = e.device_id where e.study_key = s.study_key and ${counts})`;

const HAS_INSTANCES = `(e.number_of_instances > 0
  or exists (select from rejected_instance r where r.study_instance_uid = s.study_instance_uid
    and r.series_instance_uid = e.series_instance_uid)
  or exists (select from identity_conflict c where c.study_key = e.study_key and c.series_key = e.series_key))`;

/** The study's own list is of what is shown. */
const SOP_CLASSES = `(select json_agg(distinct i.sop_class_uid) from instance i where i.study_key = s.study_key)`;

const PROGRAMMES = `(select json_agg(g.programme order by g.programme) from study_programme g
  where g.study_instance_uid = s.study_instance_uid and g.withdrawn_at is null)`;

/**
 * The studies `s` that `wanted` (a condition, order and limit) chooses. One is a subject as long as it has instances, shown
 * or not: what was rejected is judged until it is purged.
 */
const studiesWhere = (wanted: string) => `
  select s.patient_key, s.study_key, s.study_instance_uid, s.study_date, s.received_at, s.accession_number,
    s.attributes::text as attributes, f.code as facility, f.region,
    case when s.has_hidden then ${SERIES(HAS_INSTANCES)} else ${SERIES('e.number_of_instances > 0')} end as series,
    case when s.has_hidden then ${SOP_CLASSES} else to_json(s.sop_classes) end as sop_classes, ${PROGRAMMES} as programmes,
    exists (select from identity_conflict c where c.study_key = s.study_key and c.state = 'open') as has_identity_conflict
  from (select s.*, ${HAS_HIDDEN} as has_hidden from study s
    where (s.number_of_instances > 0 or ${HAS_HIDDEN}) and ${wanted}) s
  join facility f on f.facility_id = s.facility_id`;

const ONE_STUDY = studiesWhere('s.study_instance_uid = $1');

/** The study; undefined if there is none, or nothing is left of it. */
export async function readStudyRow(
  client: Queryable,
  studyInstanceUid: string,
): Promise<StudyRow | undefined> {
  const result = await client.query<StudyRow>({
    name: 'read-study-inputs',
    text: ONE_STUDY,
    values: [studyInstanceUid],
  });
  return result.rows[0];
}

/** Where a stream of studies stands: after this one, in the order of patients. */
export interface SubjectCursor {
  readonly patientKey: number;
  readonly studyKey: number;
}

const PAGE = `${studiesWhere(`(s.patient_key, s.study_key) > ($1, $2) and ($3::bigint is null or s.facility_id = $3)
    order by s.patient_key, s.study_key limit $4`)} order by s.patient_key, s.study_key`;

/** Up to `limit` studies after the cursor. */
export async function readStudyRows(
  client: Queryable,
  { patientKey, studyKey }: SubjectCursor,
  { facilityId, limit }: { readonly facilityId: number | undefined; readonly limit: number },
): Promise<StudyRow[]> {
  const result = await client.query<StudyRow>({
    name: 'read-study-inputs-page',
    text: PAGE,
    values: [patientKey, studyKey, facilityId ?? null, limit],
  });
  return result.rows;
}

/** A study of this person. Attributes are read when a condition asks for them. */
export function toSubject(row: StudyRow, patient: SubjectPatient): RetentionSubject {
  const { attributes } = row;
  const series = row.series ?? [];
  let values: RetentionSubject['attributes'] | undefined;
  return {
    studyInstanceUid: row.study_instance_uid,
    ...(row.study_date !== null && { studyDate: parseCalendarDate(row.study_date) }),
    firstReceivedAt: row.received_at,
    ...(row.accession_number !== null && { accessionNumber: row.accession_number }),
    modalities: distinct(series.map(([modality]) => modality)),
    bodyParts: distinct(series.map(([, bodyPart]) => bodyPart)),
    lacksBodyPart: series.length === 0 || series.some(([, bodyPart]) => bodyPart === null),
    sopClasses: row.sop_classes ?? [],
    facility: row.facility,
    ...(row.region !== null && { region: row.region }),
    devices: devicesOf(series),
    get attributes() {
      values ??= attributeValues(attributes);
      return values;
    },
    programmes: row.programmes ?? [],
    patient,
    hasIdentityConflict: row.has_identity_conflict,
  };
}

/** Each value once, in order. */
function distinct(values: readonly (string | null)[]): string[] {
  return [...new Set(values)].filter((value) => value !== null).sort();
}

function devicesOf(series: readonly SeriesCells[]): SubjectDevice[] {
  const days = new Map(series.map(([, , code, commissionedOn]) => [code, commissionedOn]));
  return [...days].flatMap(([code, on]) => {
    if (code === null) return [];
    return [{ code, ...(on !== null && { commissionedOn: parseCalendarDate(on) }) }];
  });
}

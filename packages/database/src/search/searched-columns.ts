/** Which column answers a search attribute (packages/dicomweb, supported-attributes.ts), and how it compares. */
import { type Tag, Tags } from '@sandyq/dicom';

/** Tables of a search: `s` study, `e` series, `i` instance. */
export type SearchedColumn =
  | { readonly kind: 'text' | 'integer' | 'time'; readonly sql: string }
  /** `listed`: the same days, never null, in the order of results; -infinity where there is none. */
  | { readonly kind: 'date'; readonly sql: string; readonly listed?: string; readonly below?: DaysBelow }
  /** A person's name: search keys, one a component group; null where the index keeps the alphabetic one only. */
  | {
      readonly kind: 'name';
      readonly keys: readonly [alphabetic: string, ideographic?: string, phonetic?: string];
      /** In other scripts, and by sound (index-attributes.ts). */
      readonly readings: string;
      /** The tokens of the readings. */
      readonly tokens: string;
      readonly sounds: string;
    }
  | { readonly kind: 'list'; readonly sql: string }
  /** A column of rows beside the searched one: `exists (select from … where <join> and <condition on sql>)`. */
  | { readonly kind: 'beside'; readonly from: string; readonly join: string; readonly sql: string };

/** Days of what a study has: the column where rows are looked for before their studies are. */
export interface DaysBelow {
  readonly from: string;
  readonly sql: string;
}

const text = (sql: string): SearchedColumn => ({ kind: 'text', sql });
const integer = (sql: string): SearchedColumn => ({ kind: 'integer', sql });
const date = (sql: string, below?: DaysBelow): SearchedColumn => ({
  kind: 'date',
  sql,
  ...(below && { below }),
});
const time = (sql: string): SearchedColumn => ({ kind: 'time', sql });
const request = (sql: string): SearchedColumn => ({
  kind: 'beside',
  from: 'series_request q',
  join: 'q.study_key = e.study_key and q.series_key = e.series_key',
  sql,
});

const COLUMNS: ReadonlyMap<string, SearchedColumn> = new Map(
  (
    [
      [[Tags.StudyInstanceUID], text('s.study_instance_uid')],
      [[Tags.StudyDate], { kind: 'date', sql: 's.study_date', listed: 's.listed_on' }],
      [[Tags.StudyTime], time('s.study_time')],
      [[Tags.AccessionNumber], text('s.accession_number')],
      [[Tags.ModalitiesInStudy], { kind: 'list', sql: 's.modalities' }],
      [
        [Tags.ReferringPhysicianName],
        {
          kind: 'name',
          keys: ['s.referring_physician_name_key'],
          readings: 's.referring_physician_name_readings',
          tokens: 's.referring_physician_name_tokens',
          sounds: 's.referring_physician_name_sounds',
        },
      ],
      [
        [Tags.PatientName],
        {
          kind: 'name',
          keys: ['s.patient_name_key', 's.patient_name_ideographic_key', 's.patient_name_phonetic_key'],
          readings: 's.patient_name_readings',
          tokens: 's.patient_name_tokens',
          sounds: 's.patient_name_sounds',
        },
      ],
      [[Tags.PatientID], text('s.patient_id')],
      [
        [Tags.IssuerOfPatientID],
        {
          kind: 'beside',
          from: 'issuer r',
          join: 'r.issuer_id = s.patient_issuer_id',
          sql: 'r.local_namespace',
        },
      ],
      [[Tags.PatientBirthDate], date('s.patient_birth_date')],
      [[Tags.PatientSex], text('s.patient_sex')],
      [[Tags.StudyID], text('s.study_id')],
      [[Tags.StudyDescription], text('s.study_description')],
      [[Tags.InstitutionName], text('s.institution_name')],
      [[Tags.Modality], text('e.modality')],
      [[Tags.SeriesInstanceUID], text('e.series_instance_uid')],
      [[Tags.SeriesNumber], integer('e.series_number')],
      [[Tags.SeriesDescription], text('e.series_description')],
      [[Tags.BodyPartExamined], text('e.body_part_examined')],
      [[Tags.SeriesDate], date('e.series_date', { from: 'series n', sql: 'n.series_date' })],
      [[Tags.SeriesTime], time('e.series_time')],
      [[Tags.Manufacturer], text('e.manufacturer')],
      [[Tags.ManufacturerModelName], text('e.manufacturer_model_name')],
      [[Tags.StationName], text('e.station_name')],
      [[Tags.DeviceSerialNumber], text('e.device_serial_number')],
      [
        [Tags.PerformedProcedureStepStartDate],
        date('e.performed_procedure_step_start_date', {
          from: 'series n',
          sql: 'n.performed_procedure_step_start_date',
        }),
      ],
      [[Tags.PerformedProcedureStepStartTime], time('e.performed_procedure_step_start_time')],
      [[Tags.RequestAttributesSequence, Tags.RequestedProcedureID], request('q.requested_procedure_id')],
      [
        [Tags.RequestAttributesSequence, Tags.ScheduledProcedureStepID],
        request('q.scheduled_procedure_step_id'),
      ],
      [[Tags.SOPClassUID], text('i.sop_class_uid')],
      [[Tags.SOPInstanceUID], text('i.sop_instance_uid')],
      [[Tags.InstanceNumber], integer('i.instance_number')],
      [[Tags.NumberOfFrames], integer('i.number_of_frames')],
      [[Tags.Rows], integer('i.rows')],
      [[Tags.Columns], integer('i.columns')],
      [[Tags.ContentDate], date('i.content_date', { from: 'instance n', sql: 'n.content_date' })],
      [[Tags.ContentTime], time('i.content_time')],
    ] satisfies [Tag[], SearchedColumn][]
  ).map(([path, column]) => [path.join('.'), column]),
);

/** The column of an attribute; undefined when the index has none. */
export function searchedColumnAt(path: readonly Tag[]): SearchedColumn | undefined {
  return COLUMNS.get(path.join('.'));
}

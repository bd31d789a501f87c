/** A match of a search: what its row holds, and the columns and tables it is read from. */
import type { DicomJson } from '@sandyq/dicom';
import type { SearchLevel } from '@sandyq/dicomweb';
import { type OrderColumns, type OrderKey, orderKeyOf } from './search-order.ts';

/** One match, with the attributes of its level and of those above. */
export interface SearchHit {
  readonly orderKey: OrderKey;
  readonly studyInstanceUid: string;
  readonly study: DicomJson;
  readonly patientIssuer: string;
  readonly modalitiesInStudy: readonly string[];
  readonly sopClassesInStudy: readonly string[];
  readonly numberOfStudyRelatedSeries: number;
  readonly numberOfStudyRelatedInstances: number;
  /** Something of what was matched, an instance, a series or a study, is on record as missing or damaged. */
  readonly isDamaged: boolean;
  /** Something of it lies in the cold tier. */
  readonly isNearline: boolean;
  /** The institution of a series of the study; of several the first in order. */
  readonly institutionName: string | undefined;
  /** Series and instance searches. */
  readonly series:
    | {
        readonly seriesInstanceUid: string;
        readonly attributes: DicomJson;
        readonly numberOfInstances: number;
      }
    | undefined;
  /** Instance searches. */
  readonly instance: InstanceHit | undefined;
}

/** What the index itself knows of an instance. */
export interface InstanceHit {
  readonly studyKey: number;
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  readonly instanceNumber: number | undefined;
  readonly rows: number | undefined;
  readonly columns: number | undefined;
  readonly bitsAllocated: number | undefined;
  readonly numberOfFrames: number | undefined;
}

interface SearchShape {
  readonly columns: string;
  readonly from: string;
}

const STUDY_COLUMNS = `s.listed_on, s.study_key, s.study_instance_uid, s.attributes as study_attributes, s.modalities,
  s.sop_classes, s.number_of_series, s.number_of_instances, s.institution_name,
  (select r.local_namespace from issuer r where r.issuer_id = s.patient_issuer_id) as patient_issuer,
  exists (select from damage where repaired_at is null) as has_damage,
  exists (select from cold_tier) as has_cold_tier`;
const SERIES_COLUMNS = `${STUDY_COLUMNS}, e.series_number, e.series_key, e.series_instance_uid,
  e.attributes as series_attributes, e.number_of_instances as series_instances`;

/** What is read at each level, and where: `s` study, `e` series, `i` instance. */
export const SHAPES: Readonly<Record<SearchLevel, SearchShape>> = {
  study: { columns: STUDY_COLUMNS, from: 'from study s' },
  series: { columns: SERIES_COLUMNS, from: 'from study s join series e on e.study_key = s.study_key' },
  instance: {
    columns: `${SERIES_COLUMNS}, i.sop_instance_uid, i.sop_class_uid, i.transfer_syntax_uid, i.instance_number,
      i.rows, i.columns, i.bits_allocated, i.number_of_frames, i.is_damaged, i.segment_id`,
    from: `from study s join series e on e.study_key = s.study_key
      join instance i on i.study_key = e.study_key and i.series_key = e.series_key`,
  },
};

/** A row of a search; what belongs to levels below its own is absent. */
export interface HitRow extends OrderColumns {
  readonly study_instance_uid: string;
  readonly study_attributes: DicomJson;
  readonly modalities: string[];
  readonly sop_classes: string[];
  readonly number_of_series: number;
  readonly number_of_instances: number;
  readonly patient_issuer: string;
  readonly institution_name: string | null;
  /** Of anything in the archive. */
  readonly has_damage: boolean;
  /** There is, or was, a cold tier. */
  readonly has_cold_tier: boolean;
  readonly series_instance_uid: string;
  readonly series_attributes: DicomJson;
  readonly series_instances: number;
  readonly sop_class_uid: string;
  readonly transfer_syntax_uid: string;
  readonly rows: number | null;
  readonly columns: number | null;
  readonly bits_allocated: number | null;
  readonly number_of_frames: number | null;
  readonly is_damaged: boolean;
  readonly segment_id: string;
}

/** What of a match is not as available as the rest. */
export type Availability = Pick<SearchHit, 'isDamaged' | 'isNearline'>;

/** The match of a row. */
export function toHit(row: HitRow, level: SearchLevel, availability: Availability): SearchHit {
  return {
    orderKey: orderKeyOf(row, level),
    studyInstanceUid: row.study_instance_uid,
    study: row.study_attributes,
    patientIssuer: row.patient_issuer,
    modalitiesInStudy: row.modalities,
    sopClassesInStudy: row.sop_classes,
    numberOfStudyRelatedSeries: row.number_of_series,
    numberOfStudyRelatedInstances: row.number_of_instances,
    ...availability,
    institutionName: row.institution_name ?? undefined,
    series:
      level === 'study'
        ? undefined
        : {
            seriesInstanceUid: row.series_instance_uid,
            attributes: row.series_attributes,
            numberOfInstances: row.series_instances,
          },
    instance: level === 'instance' ? toInstanceHit(row) : undefined,
  };
}

function toInstanceHit(row: HitRow): InstanceHit {
  return {
    studyKey: row.study_key,
    sopInstanceUid: row.sop_instance_uid,
    sopClassUid: row.sop_class_uid,
    transferSyntaxUid: row.transfer_syntax_uid,
    instanceNumber: row.instance_number ?? undefined,
    rows: row.rows ?? undefined,
    columns: row.columns ?? undefined,
    bitsAllocated: row.bits_allocated ?? undefined,
    numberOfFrames: row.number_of_frames ?? undefined,
  };
}

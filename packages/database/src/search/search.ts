/** Searches of the index (PS3.18 §10.6), newest studies first, in a stable order. */
import { type DicomJson, Tags } from '@sandyq/dicom';
import type { SearchLevel, SearchRequest } from '@sandyq/dicomweb';
import type { Queryable } from '../database.ts';
import { filterCondition } from './filter-condition.ts';
import { Parameters } from './parameters.ts';
import { afterCondition, orderKeyOf, orderOf } from './search-order.ts';

/** What a search may see. */
export interface SearchVisibility {
  /** undefined: every facility. */
  readonly facilityId: number | undefined;
}

/** Where a result stands in the order of its search (search-order.ts). */
export type OrderKey = readonly (string | number | null)[];

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
  /** Study searches that ask for it: the institution of a series; of several the first in order. */
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

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  /** Matches beyond this page; 'many': more than anybody counted. */
  readonly remaining: number | 'many';
}

/** So many matches beyond a page are counted: to count millions takes longer than the page itself. */
const COUNTED_REMAINDER = 10_000;

/** What a search is told beside the request. */
export interface SearchOptions {
  /** Results of the page, already bounded by the caller. */
  readonly limit: number;
  readonly visibility: SearchVisibility;
  /** Whether names in other scripts match too. */
  readonly crossScriptNames: boolean;
  /** The page begins after this result, instead of at the offset of the request. */
  readonly after?: OrderKey | undefined;
}

/** Runs a search. */
export async function search(
  client: Queryable,
  request: SearchRequest,
  options: SearchOptions,
): Promise<SearchResult> {
  const parameters = new Parameters();
  const conditions = conditionsOf(request, options, parameters).join(' and ');
  const { columns, from } = SHAPES[request.level];
  const offset = options.after === undefined ? request.offset : 0;
  const matchingValues = [...parameters.values];
  const result = await client.query<HitRow>({
    text: `select ${columns}, ${orderKeyOf(request.level)}${asksForInstitution(request) ? INSTITUTION : ''} ${from}
      where ${conditions}
      order by ${orderOf(request.level)}
      limit ${parameters.place(options.limit + 1)} offset ${parameters.place(offset)}`,
    values: parameters.values,
  });
  const hits = result.rows.slice(0, options.limit).map((row) => toHit(row, request.level));
  if (result.rows.length <= options.limit) return { hits, remaining: 0 };
  const before = offset + hits.length;
  const counted = await client.query<{ count: number }>({
    text: `select count(*)::int as count from (select ${from} where ${conditions}
      limit $${matchingValues.length + 1}) matches`,
    values: [...matchingValues, before + COUNTED_REMAINDER],
  });
  // One more was seen; since then it may be gone again.
  const remaining = Math.max(1, (counted.rows[0]?.count ?? 0) - before);
  return { hits, remaining: remaining < COUNTED_REMAINDER ? remaining : 'many' };
}

/** Institution Name is an attribute of series; a study is asked for it all the same. */
function asksForInstitution({ level, include, filters }: SearchRequest): boolean {
  if (level !== 'study') return false;
  const isIncluded = include === 'all' || include.includes(Tags.InstitutionName);
  return isIncluded || filters.some(({ path }) => path[0] === Tags.InstitutionName);
}

function conditionsOf(request: SearchRequest, options: SearchOptions, parameters: Parameters): string[] {
  const { visibility, crossScriptNames } = options;
  const conditions = ['s.number_of_instances > 0'];
  if (request.level === 'series') conditions.push('e.number_of_instances > 0');
  if (request.level === 'instance') conditions.push(`i.state = 'active'`);
  if (visibility.facilityId !== undefined) {
    conditions.push(`s.facility_id = ${parameters.place(visibility.facilityId)}`);
  }
  if (request.studyInstanceUid !== undefined) {
    conditions.push(`s.study_instance_uid = ${parameters.place(request.studyInstanceUid)}`);
  }
  if (request.seriesInstanceUid !== undefined) {
    conditions.push(`e.series_instance_uid = ${parameters.place(request.seriesInstanceUid)}`);
  }
  if (options.after !== undefined) conditions.push(afterCondition(request.level, options.after, parameters));
  const matching = {
    fuzzy: request.fuzzy,
    acrossScripts: crossScriptNames,
    offsetMinutes: request.offsetMinutes,
  };
  for (const filter of request.filters) {
    const condition = filterCondition(filter, parameters, matching);
    if (condition !== undefined) conditions.push(`(${condition})`);
  }
  return conditions;
}

interface SearchShape {
  readonly columns: string;
  readonly from: string;
}

const STUDY_COLUMNS = `s.study_instance_uid, s.attributes as study_attributes, s.modalities, s.sop_classes, s.number_of_series,
  s.number_of_instances, (select r.local_namespace from issuer r where r.issuer_id = s.patient_issuer_id) as patient_issuer`;
/** A study or series is as available as the least available of its instances (PS3.4 C.4.1.1.3.2). */
const DAMAGED_IN_STUDY = `exists (select from instance d where d.study_key = s.study_key and d.is_damaged
  and d.state = 'active') as is_damaged`;
const DAMAGED_IN_SERIES = `exists (select from instance d where d.study_key = e.study_key and d.series_key = e.series_key
  and d.is_damaged and d.state = 'active') as is_damaged`;
const SERIES_COLUMNS = `${STUDY_COLUMNS}, e.series_instance_uid, e.attributes as series_attributes,
  e.number_of_instances as series_instances`;
const INSTITUTION = `, (select min(n.institution_name) from series n where n.study_key = s.study_key
  and n.number_of_instances > 0) as institution_name`;

const SHAPES: Readonly<Record<SearchLevel, SearchShape>> = {
  study: { columns: `${STUDY_COLUMNS}, ${DAMAGED_IN_STUDY}`, from: 'from study s' },
  series: {
    columns: `${SERIES_COLUMNS}, ${DAMAGED_IN_SERIES}`,
    from: 'from study s join series e on e.study_key = s.study_key',
  },
  instance: {
    columns: `${SERIES_COLUMNS}, i.study_key, i.sop_instance_uid, i.sop_class_uid, i.transfer_syntax_uid, i.instance_number,
      i.rows, i.columns, i.bits_allocated, i.number_of_frames, i.is_damaged`,
    from: `from study s join series e on e.study_key = s.study_key
      join instance i on i.study_key = e.study_key and i.series_key = e.series_key`,
  },
};

interface HitRow {
  order_key: (string | number | null)[];
  study_instance_uid: string;
  study_attributes: DicomJson;
  modalities: string[];
  sop_classes: string[];
  number_of_series: number;
  number_of_instances: number;
  patient_issuer: string;
  is_damaged: boolean;
  institution_name?: string | null;
  series_instance_uid: string;
  series_attributes: DicomJson;
  series_instances: number;
  study_key: number;
  sop_instance_uid: string;
  sop_class_uid: string;
  transfer_syntax_uid: string;
  instance_number: number | null;
  rows: number | null;
  columns: number | null;
  bits_allocated: number | null;
  number_of_frames: number | null;
}

function toHit(row: HitRow, level: SearchLevel): SearchHit {
  return {
    orderKey: row.order_key,
    studyInstanceUid: row.study_instance_uid,
    study: row.study_attributes,
    patientIssuer: row.patient_issuer,
    modalitiesInStudy: row.modalities,
    sopClassesInStudy: row.sop_classes,
    numberOfStudyRelatedSeries: row.number_of_series,
    numberOfStudyRelatedInstances: row.number_of_instances,
    isDamaged: row.is_damaged,
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

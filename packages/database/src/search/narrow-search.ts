/**
 * What a search names is looked up before it runs: UIDs and issuers become keys, patterns of what there are few of become
 * values. PostgreSQL then plans the search knowing them: it goes to one partition, and to the index in the right order.
 */
import { type Tag, Tags } from '@sandyq/dicom';
import type { Filter, SearchLevel, SearchRequest } from '@sandyq/dicomweb';
import type { Queryable } from '../database.ts';
import { likePattern, type Parameters } from './parameters.ts';

/** A search of which something is looked up. */
export interface NarrowedSearch {
  /** What is left of the filters of the request. */
  readonly filters: readonly Filter[];
  /** Keys of what the request names: a match has one of each. */
  readonly keys: readonly NamedKeys[];
  /** It names studies, a patient or an order: matches are few, however large the archive is. */
  readonly isExact: boolean;
}

/** Columns that have one of the values. */
interface NamedKeys {
  readonly columns: readonly string[];
  readonly values: readonly number[];
}

/** Looks up what a search names; undefined: it names what there is not, so nothing matches. */
export async function narrowSearch(
  client: Queryable,
  request: SearchRequest,
): Promise<NarrowedSearch | undefined> {
  const { studyInstanceUid, level } = request;
  const filters: Filter[] = [];
  const keys: NamedKeys[] = [];
  if (studyInstanceUid !== undefined)
    keys.push(await keysOfStudies(client, level, 'study', [studyInstanceUid]));
  for (const filter of request.filters) {
    const named = await keysNamedBy(client, request, filter);
    if (named !== undefined) keys.push(named);
    // Of an issuer its key says everything.
    if (named === undefined || filter.match.kind === 'uid-list')
      filters.push(await withValues(client, filter));
  }
  if (keys.some(({ values }) => values.length === 0) || filters.some(isOfNothing)) return undefined;
  return { filters, keys, isExact: studyInstanceUid !== undefined || filters.some(isExact) };
}

/** SQL of the keys. */
export function keyConditions({ keys }: NarrowedSearch, parameters: Parameters): string[] {
  return keys.flatMap(({ columns, values }) => {
    const place =
      values.length === 1
        ? `= ${parameters.place(values[0])}::bigint`
        : `= any (${parameters.place(values)}::bigint[])`;
    return columns.map((column) => `${column} ${place}`);
  });
}

function isOfNothing({ match }: Filter): boolean {
  return match.kind === 'exact' && match.values.length === 0;
}

const EXACT: ReadonlySet<Tag | undefined> = new Set([
  Tags.StudyInstanceUID,
  Tags.SeriesInstanceUID,
  Tags.SOPInstanceUID,
  Tags.PatientID,
  Tags.AccessionNumber,
]);

function isExact({ path, match }: Filter): boolean {
  return (match.kind === 'uid-list' || match.kind === 'exact') && EXACT.has(path[0]);
}

type UidLevel = keyof typeof STUDIES_BY_UIDS;

const UID_LEVELS: ReadonlyMap<Tag | undefined, UidLevel> = new Map([
  [Tags.StudyInstanceUID, 'study'],
  [Tags.SeriesInstanceUID, 'series'],
  [Tags.SOPInstanceUID, 'instance'],
] satisfies [Tag, UidLevel][]);

async function keysNamedBy(
  client: Queryable,
  { level, studyInstanceUid }: SearchRequest,
  { path, match }: Filter,
): Promise<NamedKeys | undefined> {
  const tag = path.length === 1 ? path[0] : undefined;
  if (match.kind === 'uid-list') {
    const uidLevel = studyInstanceUid === undefined ? UID_LEVELS.get(tag) : undefined;
    // Studies are found by their UIDs as well as by their keys.
    return uidLevel === undefined || (uidLevel === 'study' && level === 'study')
      ? undefined
      : keysOfStudies(client, level, uidLevel, match.values);
  }
  if (tag !== Tags.IssuerOfPatientID) return undefined;
  if (match.kind === 'exact') return keysOfIssuers(client, '= any ($1)', match.values);
  if (match.kind === 'wildcard') return keysOfIssuers(client, 'like $1', likePattern(match.pattern));
  return undefined;
}

const STUDIES_BY_UIDS = {
  study: 'select study_key from study where study_instance_uid = any ($1)',
  series: 'select distinct study_key from series where series_instance_uid = any ($1)',
  instance: 'select distinct study_key from sop_instance where sop_instance_uid = any ($1)',
} as const;

/** In each table of a search: what is said of one alone, the planner does not know of the others' partitions. */
const STUDY_KEYS: Readonly<Record<SearchLevel, readonly string[]>> = {
  study: ['s.study_key'],
  series: ['s.study_key', 'e.study_key'],
  instance: ['s.study_key', 'e.study_key', 'i.study_key'],
};

async function keysOfStudies(
  client: Queryable,
  level: SearchLevel,
  uidLevel: UidLevel,
  uids: readonly string[],
): Promise<NamedKeys> {
  const found = await client.query<{ study_key: number }>({
    name: `find-studies-by-uids-of-${uidLevel}`,
    keepsPlan: true,
    text: STUDIES_BY_UIDS[uidLevel],
    values: [uids],
  });
  return { columns: STUDY_KEYS[level], values: found.rows.map(({ study_key }) => study_key) };
}

async function keysOfIssuers(client: Queryable, condition: string, value: unknown): Promise<NamedKeys> {
  const found = await client.query<{ issuer_id: number }>({
    text: `select issuer_id from issuer where local_namespace ${condition}`,
    values: [value],
  });
  return { columns: ['s.patient_issuer_id'], values: found.rows.map(({ issuer_id }) => issuer_id) };
}

/** Columns of few different values, read one by one from an index that begins with the column. */
const FEW: ReadonlyMap<Tag | undefined, readonly [column: string, from: string]> = new Map([
  [Tags.InstitutionName, ['institution_name', 'study where listed_on is not null']],
  [Tags.ModalitiesInStudy, ['modality', 'series where true']],
  [Tags.Modality, ['modality', 'series where true']],
] satisfies [Tag, [string, string]][]);

/** The filter, with the values that its pattern fits where there are few. */
async function withValues(client: Queryable, filter: Filter): Promise<Filter> {
  const { path, match } = filter;
  const few = FEW.get(path[0]);
  if (few === undefined || match.kind !== 'wildcard') return filter;
  const [column, from] = few;
  const found = await client.query<{ value: string }>({
    text: `with recursive known (value) as (
        (select ${column} from ${from} and ${column} is not null order by ${column} limit 1)
        union all
        select (select ${column} from ${from} and ${column} > known.value order by ${column} limit 1)
        from known where known.value is not null
      ) select value from known where value like $1`,
    values: [likePattern(match.pattern)],
  });
  return { ...filter, match: { kind: 'exact', values: found.rows.map(({ value }) => value) } };
}

/** How much is in the index, for people who look at it: exact while it is little, else as the planner estimates; never a long count. */
import type { Queryable } from './database.ts';

/** Numbers of studies and instances that can be found. */
export interface ArchiveSize {
  readonly studies: number;
  readonly instances: number;
  /** `at-least`: there are more, and nobody has estimated how many. */
  readonly precision: 'exact' | 'estimate' | 'at-least';
}

/** Most studies that are counted. */
export const COUNTED_STUDIES = 10_000;

interface Counted {
  studies: number;
  instances: number;
}

/** Of one facility, or of all. */
export async function readArchiveSize(
  client: Queryable,
  facilityId: number | undefined,
): Promise<ArchiveSize> {
  const counted = await countNewest(client, facilityId);
  if (counted.studies <= COUNTED_STUDIES) return { ...counted, precision: 'exact' };
  const estimated = facilityId === undefined ? await estimate(client) : counted;
  const isEstimate = estimated.studies > counted.studies && estimated.instances >= counted.instances;
  return isEstimate
    ? { ...estimated, precision: 'estimate' }
    : { ...counted, studies: COUNTED_STUDIES, precision: 'at-least' };
}

/** Reads one study more than is counted: then there are more. Served by study_newest and study_newest_in_facility. */
async function countNewest(client: Queryable, facilityId: number | undefined): Promise<Counted> {
  const inFacility = facilityId === undefined ? '' : 'and facility_id = $2';
  const result = await client.query<Counted>({
    name: facilityId === undefined ? 'count-newest-studies' : 'count-newest-studies-of-facility',
    text: `select count(*)::int as studies, coalesce(sum(number_of_instances), 0)::int as instances
      from (
        select number_of_instances from study
        where listed_on is not null ${inFacility}
        order by listed_on desc, study_key desc
        limit $1
      ) newest`,
    values: [COUNTED_STUDIES + 1, ...(facilityId === undefined ? [] : [facilityId])],
  });
  const [row] = result.rows;
  if (row === undefined) throw new TypeError('an aggregate has one row');
  return row;
}

/** Rows as of the last ANALYZE. */
async function estimate(client: Queryable): Promise<Counted> {
  const result = await client.query<Counted>({
    name: 'estimate-archive-size',
    text: `select
        (select greatest(reltuples, 0)::float8 from pg_class where oid = 'study'::regclass) as studies,
        (select coalesce(sum(greatest(c.reltuples, 0)), 0)::float8
           from pg_inherits i join pg_class c on c.oid = i.inhrelid
           where i.inhparent = 'sop_instance'::regclass) as instances`,
  });
  const [row] = result.rows;
  if (row === undefined) throw new TypeError('a select without from has one row');
  return { studies: Math.round(row.studies), instances: Math.round(row.instances) };
}

/** How far reading again has come, for administrators, metrics and progress bars. */
import type { Queryable } from './database.ts';
import type { SegmentFilter } from './fixity.ts';

/** How far reading again has come. */
export interface FixityState {
  /** Segments and quarantine objects that count, and their bytes. */
  readonly objects: number;
  readonly bytes: number;
  /** Of these, what was neither received nor verified since the time asked for. */
  readonly dueObjects: number;
  readonly dueBytes: number;
}

/** Counts what is to be read; a walk over all segments. */
export async function fixityState(client: Queryable, filter: SegmentFilter): Promise<FixityState> {
  const { before, studyInstanceUid } = filter;
  const ofStudy = 'and study_key = (select study_key from study where study_instance_uid = $2)';
  const quarantine = `union all select entry_length, coalesce(verified_at, received_at) from quarantine
    where segment_id is null and state = 'open'`;
  const result = await client.query<{
    objects: number;
    bytes: number;
    due_objects: number;
    due_bytes: number;
  }>({
    text: `with one as (
        select size_bytes, coalesce(verified_at, received_at) as read_at from segment
        where state in ('live', 'duplicate') ${studyInstanceUid === undefined ? quarantine : ofStudy})
      select count(*) as objects, coalesce(sum(size_bytes), 0)::float8 as bytes,
        count(*) filter (where read_at < $1) as due_objects,
        coalesce(sum(size_bytes) filter (where read_at < $1), 0)::float8 as due_bytes from one`,
    values: [before, ...(studyInstanceUid === undefined ? [] : [studyInstanceUid])],
  });
  const [row] = result.rows;
  if (row === undefined) throw new TypeError('an aggregate has one row');
  return {
    objects: row.objects,
    bytes: row.bytes,
    dueObjects: row.due_objects,
    dueBytes: row.due_bytes,
  };
}

/** Seconds since the segment or quarantine object that was not read for longest was received or read; 0 without any. */
export async function oldestUnverifiedSeconds(client: Queryable): Promise<number> {
  const result = await client.query<{ seconds: number }>({
    name: 'oldest-unverified',
    text: `select greatest(0, coalesce(extract(epoch from now() - least(
        (select coalesce(verified_at, received_at) from segment where state in ('live', 'duplicate')
            and (tier = 'hot' or not exists (select from cold_tier where needs_recall))
          order by coalesce(verified_at, received_at) limit 1),
        (select coalesce(verified_at, received_at) from quarantine where segment_id is null and state = 'open'
          order by coalesce(verified_at, received_at) limit 1))), 0))::float8 as seconds`,
  });
  return result.rows[0]?.seconds ?? 0;
}

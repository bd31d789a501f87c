/** Where the index says that the entries of a rewrite lie. */
import type { Queryable } from '../database.ts';
import type { RewrittenEntry } from './insert-rewrite.ts';

/** Segments in use that rows with the same SOP Instance UID and bytes point to. */
export async function holdersOfEntries(
  client: Queryable,
  entries: readonly RewrittenEntry[],
): Promise<{ readonly segmentId: string; readonly objectKey: string }[]> {
  const result = await client.query<{ segment_id: string; object_key: string }>({
    name: 'holders-of-entries',
    text: `with wanted as (select * from unnest($1::text[], $2::bytea[]) as m (uid, sha256)),
      held as (
        select p.segment_id from sop_instance p join wanted m on p.sop_instance_uid = m.uid and p.sha256 = m.sha256
        union
        select q.segment_id from quarantine q join wanted m on q.sha256 = m.sha256 and q.sop_instance_uid = m.uid
          where q.state <> 'discarded'
        union
        select c.segment_id from proposed_correction c
          join wanted m on c.sop_instance_uid = m.uid and c.sha256 = m.sha256 where c.state <> 'discarded')
      select g.segment_id, g.object_key from held join segment g on g.segment_id = held.segment_id
      where g.state in ('live', 'duplicate') order by g.segment_id`,
    values: [entries.map((entry) => entry.sopInstanceUid), entries.map((entry) => entry.sha256)],
  });
  return result.rows.map((row) => ({ segmentId: row.segment_id, objectKey: row.object_key }));
}

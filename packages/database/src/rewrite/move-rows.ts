/** Points the rows that say where bytes lie to their copies in a rewrite. */
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import type { RewriteRow } from './insert-rewrite.ts';
import type { SourceRow } from './source-rows.ts';

/**
 * A row moves to the entry with the same SOP Instance UID and SHA-256; where the same bytes were received more than
 * once, to that of its own origin.
 */
const MOVED = `moved as (select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::integer[], $5::bigint[])
  as m (origin, uid, sha256, ordinal, entry_offset))`;

/** Moves everything that these segments have of the rewrite's entries; returns how many rows. Within a transaction. */
export async function moveRows(
  client: Queryable,
  rewrite: RewriteRow,
  sources: readonly SourceRow[],
): Promise<number> {
  const { entries, segmentId, objectKey } = rewrite;
  const sourceIds = sources.map((source) => source.segmentId);
  const moved = [
    entries.map((entry) => entry.originSegmentId),
    entries.map((entry) => entry.sopInstanceUid),
    entries.map((entry) => entry.sha256),
    entries.map((entry) => entry.ordinal),
    entries.map((entry) => entry.entryOffset),
  ];
  const studyKeys = [...new Set(sources.map((source) => source.studyKey))];
  await lockUids(client, rewrite, sourceIds);
  const instances = await moveInstances(client, [...moved, segmentId, sourceIds, studyKeys]);
  const quarantined = await client.query({
    name: 'move-quarantine',
    text: `with ${MOVED}, best as (
        select distinct on (q.quarantine_id) q.quarantine_id, m.entry_offset from quarantine q join moved m
          on q.sha256 = m.sha256 and q.sop_instance_uid = m.uid
        where q.segment_id = any ($8::uuid[])
        order by q.quarantine_id, (coalesce(q.origin_segment_id, q.segment_id) = m.origin) desc, m.ordinal)
      update quarantine q set segment_id = $6, object_key = $7, entry_offset = best.entry_offset
      from best where q.quarantine_id = best.quarantine_id`,
    values: [...moved, segmentId, objectKey, sourceIds],
  });
  const corrections = await client.query({
    name: 'move-proposed-corrections',
    text: `with ${MOVED}, best as (
        select distinct on (c.proposed_correction_id) c.proposed_correction_id, m.entry_offset, m.ordinal
        from proposed_correction c join moved m on c.sha256 = m.sha256 and c.sop_instance_uid = m.uid
        where c.segment_id = any ($8::uuid[])
        order by c.proposed_correction_id, (c.origin_segment_id = m.origin) desc, m.ordinal)
      update proposed_correction c set segment_id = $6, object_key = $7, ordinal = best.ordinal,
        entry_offset = best.entry_offset
      from best where c.proposed_correction_id = best.proposed_correction_id`,
    values: [...moved, segmentId, objectKey, sourceIds],
  });
  return instances + (quarantined.rowCount ?? 0) + (corrections.rowCount ?? 0);
}

/** In the order of the commits; whoever takes an instance out takes this row first. */
async function lockUids(
  client: Queryable,
  { entries }: RewriteRow,
  sourceIds: readonly string[],
): Promise<void> {
  await client.query({
    name: 'lock-moved-sop-instances',
    text: `select from sop_instance where sop_instance_uid = any ($1) and segment_id = any ($2::uuid[])
      order by sop_instance_uid for update`,
    values: [entries.map((entry) => entry.sopInstanceUid), sourceIds],
  });
}

async function moveInstances(client: Queryable, values: readonly unknown[]): Promise<number> {
  const [instances] = (
    await client.query<{ instances: number; sop_instances: number }>({
      name: 'move-instances',
      text: `with ${MOVED}, best as (
          select distinct on (i.study_key, i.sop_instance_uid) i.study_key, i.sop_instance_uid, i.segment_id as source,
            i.ordinal as source_ordinal, m.origin, m.ordinal, m.entry_offset
          from instance i join moved m on i.sop_instance_uid = m.uid and i.sha256 = m.sha256
          where i.study_key = any ($8::bigint[]) and i.segment_id = any ($7::uuid[])
          order by i.study_key, i.sop_instance_uid, (coalesce(i.origin_segment_id, i.segment_id) = m.origin) desc, m.ordinal),
        placed as (
          update instance i set segment_id = $6, ordinal = best.ordinal, entry_offset = best.entry_offset,
            origin_segment_id = best.origin
          from best where i.study_key = best.study_key and i.sop_instance_uid = best.sop_instance_uid returning 1),
        claimed as (
          update sop_instance p set segment_id = $6, ordinal = best.ordinal
          from best where p.sop_instance_uid = best.sop_instance_uid and p.segment_id = best.source
            and p.ordinal = best.source_ordinal returning 1)
        select (select count(*) from placed) as instances, (select count(*) from claimed) as sop_instances`,
      values: [...values],
    })
  ).rows;
  if (instances === undefined) throw new TypeError('counts without a group give one row');
  if (instances.instances === instances.sop_instances) return instances.instances;
  throw new DatabaseError(
    'conflict',
    'an instance and its SOP Instance UID do not agree where its bytes lie',
  );
}

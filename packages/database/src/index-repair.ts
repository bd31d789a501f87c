/**
 * Makes way for a replay where rows of a stored segment were lost: what is left of them contradicts the rows to come.
 * Only the index is touched, and only where the store has the bytes, verified; the caller replays the segment next.
 */
import type { Queryable } from './database.ts';

/** An entry whose rows are incomplete. */
export interface IncompleteEntries {
  readonly segmentId: string;
  readonly studyInstanceUid: string;
  readonly sopInstanceUids: readonly string[];
}

/**
 * Removes the halves of instances of this segment that have lost their other half: `sop_instance` without `instance`,
 * `instance` without `sop_instance`, metadata pieces without either. Call it within a transaction.
 */
export async function removeHalfRows(
  client: Queryable,
  { segmentId, studyInstanceUid, sopInstanceUids }: IncompleteEntries,
): Promise<void> {
  const values = [segmentId, sopInstanceUids];
  await client.query({
    name: 'remove-sop-instances-without-instance',
    text: `delete from sop_instance p where p.sop_instance_uid = any ($2) and p.segment_id = $1
      and not exists (select from instance i
        where i.study_key = p.study_key and i.sop_instance_uid = p.sop_instance_uid)`,
    values,
  });
  await client.query({
    name: 'remove-instances-without-sop-instance',
    text: `delete from instance i where i.segment_id = $1 and i.sop_instance_uid = any ($2)
      and not exists (select from sop_instance p
        where p.sop_instance_uid = i.sop_instance_uid and p.study_key = i.study_key)`,
    values,
  });
  await client.query({
    name: 'remove-metadata-without-instance',
    text: `delete from instance_metadata m
      where m.study_key in (select study_key from study where study_instance_uid = $1) and m.sop_instance_uid = any ($2)
      and not exists (select from instance i
        where i.study_key = m.study_key and i.sop_instance_uid = m.sop_instance_uid)`,
    values: [studyInstanceUid, sopInstanceUids],
  });
}

/**
 * Forgets what the index has of a segment whose study or series has lost its row: its instances can't be found, and
 * come back with new keys. Call it within a transaction.
 */
export async function forgetDetachedSegment(client: Queryable, segmentId: string): Promise<void> {
  const values = [segmentId];
  await client.query({
    name: 'forget-sop-instances-of-segment',
    text: `delete from sop_instance p using instance i
      where i.segment_id = $1 and p.sop_instance_uid = i.sop_instance_uid and p.segment_id = i.segment_id`,
    values,
  });
  await client.query({
    name: 'forget-metadata-of-segment',
    text: `delete from instance_metadata m using instance i
      where i.segment_id = $1 and m.study_key = i.study_key and m.sop_instance_uid = i.sop_instance_uid`,
    values,
  });
  await client.query({
    name: 'forget-instances-of-segment',
    text: 'delete from instance where segment_id = $1',
    values,
  });
  await client.query({
    name: 'forget-segment',
    text: 'delete from segment where segment_id = $1',
    values,
  });
}

/**
 * What is kept back of instances of a study that was given new keys speaks of it by these, too. Call it within a
 * transaction, after the replay.
 */
export async function repointKeptBack(client: Queryable, studyInstanceUid: string): Promise<void> {
  const values = [studyInstanceUid];
  await client.query({
    name: 'repoint-proposed-corrections',
    text: `update proposed_correction c set study_key = i.study_key
      from study s join instance i on i.study_key = s.study_key
      where s.study_instance_uid = $1 and c.sop_instance_uid = i.sop_instance_uid and c.study_key <> i.study_key`,
    values,
  });
  await client.query({
    name: 'repoint-identity-conflicts',
    text: `update identity_conflict c set study_key = i.study_key, series_key = i.series_key
      from study s join instance i on i.study_key = s.study_key
      where s.study_instance_uid = $1 and c.sop_instance_uid = i.sop_instance_uid
        and (c.study_key, c.series_key) is distinct from (i.study_key, i.series_key)`,
    values,
  });
}

/**
 * Counts the series and the study of a UID anew from the rows that are there, and raises their revisions if that made a
 * difference. Series before study, as the commit locks them. Call it within a transaction.
 */
export async function recountStudy(client: Queryable, studyInstanceUid: string): Promise<void> {
  await client.query({
    name: 'lock-series-to-recount',
    text: `select 1 from series where study_key in (select study_key from study where study_instance_uid = $1)
      order by series_key for update`,
    values: [studyInstanceUid],
  });
  await client.query({
    name: 'lock-study-to-recount',
    text: 'select 1 from study where study_instance_uid = $1 for update',
    values: [studyInstanceUid],
  });
  await client.query({
    name: 'recount-series',
    text: `update series e set number_of_instances = counted.instances, revision = e.revision + 1
      from (select e.study_key, e.series_key, count(i.sop_instance_uid) as instances
        from study s join series e on e.study_key = s.study_key
        left join instance i on i.study_key = e.study_key and i.series_key = e.series_key and i.state = 'active'
        where s.study_instance_uid = $1 group by e.study_key, e.series_key) as counted
      where e.study_key = counted.study_key and e.series_key = counted.series_key
        and e.number_of_instances <> counted.instances`,
    values: [studyInstanceUid],
  });
  await client.query({
    name: 'recount-study',
    text: `update study s set number_of_instances = counted.instances, number_of_series = counted.series,
        institution_name = counted.institution_name, revision = s.revision + 1
      from (select s.study_key, coalesce(sum(e.number_of_instances), 0) as instances,
          count(*) filter (where e.number_of_instances > 0) as series,
          min(e.institution_name) filter (where e.number_of_instances > 0) as institution_name
        from study s left join series e on e.study_key = s.study_key
        where s.study_instance_uid = $1 group by s.study_key) as counted
      where s.study_key = counted.study_key
        and (s.number_of_instances, s.number_of_series) is distinct from (counted.instances, counted.series)`,
    values: [studyInstanceUid],
  });
}

/**
 * Whether the index still has what the entries of a segment gave it. Counting is cheap and finds every segment whose
 * rows may be incomplete; which entries lack theirs is asked with the receipt at hand.
 */
import type { Queryable } from './database.ts';

/** A segment that has fewer or more rows than entries, and was not found right so before. */
export interface SuspectSegment {
  readonly segmentId: string;
  readonly objectKey: string;
  readonly sizeBytes: number;
  readonly studyKey: number;
  /** Rows that speak of its entries now. */
  readonly rows: number;
  /** Of these, rows of instances. */
  readonly instances: number;
  /** Its study or its series has no row: right where all of it is kept back, else nothing in it can be found. */
  readonly isAlone: boolean;
}

/**
 * Those of these segments that must be compared with their receipts. Whether an instance still holds its UID is looked
 * up one by one: a join may be planned as a scan of the whole table for each segment.
 */
export async function suspectSegments(
  client: Queryable,
  segmentIds: readonly string[],
): Promise<SuspectSegment[]> {
  const result = await client.query<SuspectRow>({
    name: 'suspect-segments',
    // Materialised: else the counts are made twice, for the condition's two halves.
    text: `with counted as materialized (
        select g.segment_id, g.object_key, g.size_bytes, g.study_key, g.entries, g.accounted_entries,
          (select count(*) from instance i
             where i.segment_id = g.segment_id
               and (select p.segment_id = i.segment_id and p.ordinal = i.ordinal
                 from sop_instance p where p.sop_instance_uid = i.sop_instance_uid)) as instances,
          (select count(*) from quarantine q where q.segment_id = g.segment_id and q.state = 'open')
          + (select count(*) from proposed_correction c where c.segment_id = g.segment_id and c.state <> 'discarded') as kept,
          s.study_key is null or e.series_key is null as is_alone
        from segment g
        left join study s on s.study_key = g.study_key
        left join series e on e.study_key = g.study_key and e.series_key = g.series_key
        where g.segment_id = any ($1::uuid[]) and g.state in ('live', 'duplicate'))
      select segment_id, object_key, size_bytes, study_key, instances, instances + kept as rows, is_alone from counted
      where (is_alone and instances > 0)
        or (instances + kept <> entries and instances + kept is distinct from accounted_entries)`,
    values: [segmentIds],
  });
  return result.rows.map((row) => ({
    segmentId: row.segment_id,
    objectKey: row.object_key,
    sizeBytes: row.size_bytes,
    studyKey: row.study_key,
    rows: row.rows,
    instances: row.instances,
    isAlone: row.is_alone,
  }));
}

interface SuspectRow {
  segment_id: string;
  object_key: string;
  size_bytes: number;
  study_key: number;
  rows: number;
  instances: number;
  is_alone: boolean;
}

/** An entry as its receipt certifies it. */
export interface CertifiedEntry {
  readonly ordinal: number;
  readonly sopInstanceUid: string;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

/**
 * Ordinals of the entries that nothing in the index accounts for: they are no instance, open quarantine entry or
 * proposed correction in this place, and no decision, no tombstone and no equal instance elsewhere explains why.
 */
export async function unaccountedEntries(
  client: Queryable,
  segmentId: string,
  entries: readonly CertifiedEntry[],
): Promise<number[]> {
  const result = await client.query<{ ordinal: number }>({
    name: 'unaccounted-entries',
    text: `select t.ordinal from unnest($2::integer[], $3::text[], $4::bytea[]) as t (ordinal, uid, sha256)
      where not exists (select from sop_instance p
          join instance i on i.study_key = p.study_key and i.sop_instance_uid = p.sop_instance_uid
            and i.segment_id = p.segment_id and i.ordinal = p.ordinal
          where p.sop_instance_uid = t.uid
            and (p.sha256 = t.sha256 or (p.segment_id = $1 and p.ordinal = t.ordinal)))
        and not exists (select from sop_instance d
          where d.sop_instance_uid = t.uid and d.sha256 = t.sha256 and d.state = 'disposed')
        and not exists (select from quarantine q where q.sha256 = t.sha256 and q.state <> 'accepted')
        and not exists (select from proposed_correction c where c.sop_instance_uid = t.uid and c.sha256 = t.sha256)
        and not exists (select from known_encoding k where k.sop_instance_uid = t.uid and k.sha256 = t.sha256
          and exists (select from sop_instance h where h.sop_instance_uid = t.uid))
      order by t.ordinal`,
    values: [
      segmentId,
      entries.map((entry) => entry.ordinal),
      entries.map((entry) => entry.sopInstanceUid),
      entries.map((entry) => Buffer.from(entry.sha256, 'hex')),
    ],
  });
  return result.rows.map((row) => row.ordinal);
}

/** Notes that so many rows are right for the segment: its other entries are accounted for elsewhere. */
export async function recordAccounted(client: Queryable, segmentId: string, rows: number): Promise<void> {
  await client.query({
    name: 'record-accounted-entries',
    text: 'update segment set accounted_entries = $2 where segment_id = $1 and accounted_entries is distinct from $2',
    values: [segmentId, rows],
  });
}

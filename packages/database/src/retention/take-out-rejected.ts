/** A part of a study goes: its entries are left out of rewrites of their segments. */
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { rows } from '../read-rows.ts';
import { readSourcesLocked } from '../rewrite/source-rows.ts';
import { listDispositionObjects } from './begin-disposition.ts';
import type { Disposition } from './dispositions.ts';
import { instancesOf } from './end-disposition.ts';
import { entombInstances } from './entomb-instances.ts';
import { isBeingCompacted, lockSegmentsOfStudy } from './lock-content.ts';

/** A segment that may hold bytes of what goes. */
export interface SegmentToClear {
  readonly segmentId: string;
  readonly objectKey: string;
  readonly sizeBytes: number;
  /** Rows may point into it. A segment that is not in use was rewritten, and waits to be deleted. */
  readonly isInUse: boolean;
  /** Entries of it wait to be judged: it is looked at later. */
  readonly isVerdictDue: boolean;
}

/**
 * Segments of the series that something goes from, but for those that are not in use any more and on the list already of
 * what the disposition deletes.
 */
export async function segmentsToClear(
  client: Queryable,
  { dispositionId, studyInstanceUid }: Disposition,
): Promise<SegmentToClear[]> {
  return rows<SegmentToClear>(
    client,
    `select g.segment_id as "segmentId", g.object_key as "objectKey", g.size_bytes as "sizeBytes",
        g.state in ('live', 'duplicate') as "isInUse", g.verdicts_due as "isVerdictDue"
      from study s join series e on e.study_key = s.study_key
      join segment g on g.study_key = s.study_key and g.series_key = e.series_key
      where s.study_instance_uid = $2 and g.state <> 'deleted'
        and e.series_instance_uid in (select r.series_instance_uid from rejected_instance r
          where r.study_instance_uid = $2)
        and not (g.state = 'superseded' and exists (select from disposition_object o
          where o.disposition_id = $1 and o.object_key = g.object_key))
      order by g.segment_id`,
    [dispositionId, studyInstanceUid],
  );
}

/** Offsets of entries of this segment that lie in quarantine undecided: they stay, whatever their UID. */
export async function offsetsInQuarantine(
  client: Queryable,
  segmentId: string,
): Promise<ReadonlySet<number>> {
  const found = await rows<{ offset: number }>(
    client,
    `select entry_offset as offset from quarantine where segment_id = $1 and state = 'open'`,
    [segmentId],
  );
  return new Set(found.map(({ offset }) => offset));
}

/**
 * Takes what goes out of a segment in use, in the transaction in which a rewrite takes its place: tombstones for the
 * instances that lie in it, nothing points to their entries any more, and its object is on the list of what is deleted.
 * Throws DatabaseError('conflict') while segments of the study are being joined.
 */
export async function takeOutRejected(
  client: Queryable,
  disposition: Disposition,
  { segmentId, objectKey }: Pick<SegmentToClear, 'segmentId' | 'objectKey'>,
): Promise<void> {
  await lockSegmentsOfStudy(client, disposition.studyInstanceUid);
  if (await isBeingCompacted(client, disposition.studyInstanceUid))
    throw new DatabaseError('conflict', 'segments of the study are being joined: later');
  const source = (await readSourcesLocked(client, [segmentId])).get(segmentId);
  const instances = await instancesOf(client, disposition);
  const uids = instances.map(({ sopInstanceUid }) => sopInstanceUid);
  const here = await client.query<{ sop_instance_uid: string }>({
    name: 'lock-rejected-in-segment',
    text: `select sop_instance_uid from sop_instance
      where segment_id = $1 and sop_instance_uid = any ($2) and state = 'rejected'
      order by sop_instance_uid for update`,
    values: [segmentId, uids],
  });
  const lying = new Set(here.rows.map((row) => row.sop_instance_uid));
  await entombInstances(client, {
    dispositionId: disposition.dispositionId,
    studyKey: source?.studyKey,
    instances: instances.filter(({ sopInstanceUid }) => lying.has(sopInstanceUid)),
  });
  await giveUpOthers(client, segmentId, uids);
  await listDispositionObjects(client, disposition, [objectKey]);
}

/** Other bytes of these UIDs: proposed corrections, what was replaced, what was once accepted from quarantine. */
async function giveUpOthers(client: Queryable, segmentId: string, uids: readonly string[]): Promise<void> {
  await client.query({
    name: 'give-up-proposed-corrections',
    text: 'delete from proposed_correction where segment_id = $1 and sop_instance_uid = any ($2)',
    values: [segmentId, uids],
  });
  await client.query({
    name: 'give-up-quarantined',
    text: `delete from quarantine
      where segment_id = $1 and sop_instance_uid = any ($2) and state in ('accepted', 'replaced')`,
    values: [segmentId, uids],
  });
}

/** A segment in use of which everything goes: nothing takes its place. As {@link takeOutRejected}. */
export async function giveUpSegment(
  client: Queryable,
  disposition: Disposition,
  segment: Pick<SegmentToClear, 'segmentId' | 'objectKey'>,
): Promise<void> {
  await takeOutRejected(client, disposition, segment);
  await client.query({
    name: 'give-up-segment',
    text: `update segment set state = 'superseded', superseded_at = now(), compact_due = null
      where segment_id = $1 and state in ('live', 'duplicate')`,
    values: [segment.segmentId],
  });
}

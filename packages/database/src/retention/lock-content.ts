/** The locks under which bytes of a study are given up: in the order in which commits and rewrites take them. */
import type { Queryable } from '../database.ts';
import { type LockedStudy, lockStudy } from './lock-study.ts';

/**
 * Locks the segments of a study, the SOP Instance UIDs that are rejected of it, its series and the study, until the
 * transaction ends: nobody moves its bytes, adds to it or takes from it. Undefined where the archive has no such study.
 */
export async function lockStudyContent(
  client: Queryable,
  studyInstanceUid: string,
): Promise<LockedStudy | undefined> {
  await lockSegmentsOfStudy(client, studyInstanceUid);
  await client.query({
    name: 'lock-rejected-sop-instances',
    text: `select from sop_instance p where p.sop_instance_uid in
        (select r.sop_instance_uid from rejected_instance r where r.study_instance_uid = $1)
      order by p.sop_instance_uid for update`,
    values: [studyInstanceUid],
  });
  return lockStudy(client, studyInstanceUid);
}

/** Locks the segments of a study alone: nobody joins them, or begins to, until the transaction ends. */
export async function lockSegmentsOfStudy(client: Queryable, studyInstanceUid: string): Promise<void> {
  await client.query({
    name: 'lock-segments-of-study',
    text: `select from segment where study_key = (select study_key from study where study_instance_uid = $1)
      order by segment_id for update`,
    values: [studyInstanceUid],
  });
}

/**
 * Whether a process joins segments of the study just now, or has died while it did: it may have read what is to go, and
 * would store it once more. Under {@link lockSegmentsOfStudy} none begins to.
 */
export async function isBeingCompacted(client: Queryable, studyInstanceUid: string): Promise<boolean> {
  const claimed = await client.query({
    name: 'find-compaction-of-study',
    text: `select from segment where study_key = (select study_key from study where study_instance_uid = $1)
      and state = 'live' and compact_due > now() limit 1`,
    values: [studyInstanceUid],
  });
  return claimed.rowCount !== 0;
}

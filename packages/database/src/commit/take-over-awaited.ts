/**
 * Step 1b: UIDs that were kept for instances which a rejection note has named beforehand (retention/awaited-instances.ts).
 * Only what has not claimed its UID is asked for, so that new instances pay nothing.
 */
import type { Queryable } from '../database.ts';
import { lockAwaited } from '../retention/awaited-instances.ts';
import type { Candidate } from './candidate.ts';

/**
 * Gives the kept UIDs to their first candidates, and returns these: newcomers like those that have claimed theirs.
 * hide-awaited.ts hides those that the note is about.
 */
export async function takeOverAwaited(
  client: Queryable,
  candidates: readonly Candidate[],
): Promise<Set<Candidate>> {
  if (candidates.length === 0) return new Set();
  const firstByUid = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const uid = candidate.instance.sopInstanceUid;
    if (!firstByUid.has(uid)) firstByUid.set(uid, candidate);
  }
  const kept = await lockAwaited(client, [...firstByUid.keys()]);
  const taken = kept.flatMap((uid) => firstByUid.get(uid) ?? []);
  if (taken.length === 0) return new Set();
  await client.query({
    name: 'take-over-awaited',
    text: `update sop_instance p set study_key = t.study_key, series_key = t.series_key, segment_id = t.segment_id,
        ordinal = t.ordinal, sha256 = t.sha256, state = 'active'
      from unnest($1::text[], $2::bigint[], $3::bigint[], $4::uuid[], $5::integer[], $6::bytea[])
        as t (uid, study_key, series_key, segment_id, ordinal, sha256)
      where p.sop_instance_uid = t.uid`,
    values: [
      taken.map(({ instance }) => instance.sopInstanceUid),
      taken.map(({ keys }) => keys.studyKey),
      taken.map(({ keys }) => keys.seriesKey),
      taken.map(({ segment }) => segment.segmentId),
      taken.map(({ instance }) => instance.ordinal),
      taken.map(({ instance }) => instance.sha256),
    ],
  });
  return new Set(taken);
}

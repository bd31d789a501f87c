/**
 * Step 7: what a replay brings back is hidden again where it was rejected, and is nobody's to join or copy where it is
 * being purged. In the transaction of the commit, so that nobody sees it meanwhile.
 */
import type { Queryable } from '../database.ts';
import { type ChangedInstance, hideRows, showChange } from '../retention/changed-instances.ts';
import type { Candidate, Standing } from './candidate.ts';

/** Asks nothing where nothing is replayed. Counts, founders and revisions come out as after the rejection. */
export async function hideReplayed(
  client: Queryable,
  standings: ReadonlyMap<Candidate, Standing>,
): Promise<void> {
  const replayed = [...standings].flatMap(([candidate, standing]) =>
    candidate.segment.own !== undefined && standing !== 'facility-conflict' ? [candidate] : [],
  );
  if (replayed.length === 0) return;
  const byStudy = Map.groupBy(replayed, ({ keys }) => keys.studyKey);
  const studyKeys = await studiesWithRejections(client, [...byStudy.keys()]);
  if (studyKeys.length === 0) return;
  for (const studyKey of studyKeys) await hideInStudy(client, studyKey, byStudy.get(studyKey) ?? []);
  await noteDecisions(client, studyKeys);
  await giveUpBegun(client, studyKeys);
}

/** Hardly any. */
async function studiesWithRejections(client: Queryable, studyKeys: readonly number[]): Promise<number[]> {
  const found = await client.query<{ study_key: number }>({
    name: 'replayed-studies-with-rejections',
    text: `select s.study_key from study s where s.study_key = any ($1)
        and exists (select from rejection j where j.study_instance_uid = s.study_instance_uid) order by s.study_key`,
    values: [studyKeys],
  });
  return found.rows.map((row) => row.study_key);
}

async function hideInStudy(
  client: Queryable,
  studyKey: number,
  candidates: readonly Candidate[],
): Promise<void> {
  const found = await rejectedAmong(client, studyKey, candidates);
  const [first] = found;
  if (first === undefined) return;
  await hideRows(
    client,
    studyKey,
    found.map((one) => one.sop_instance_uid),
  );
  await showChange(client, {
    kind: 'rejected',
    studyKey,
    studyInstanceUid: first.study_instance_uid,
    instances: found,
    now: new Date(Math.max(...found.map((one) => one.rejected_at.getTime()))),
  });
}

interface RejectedRow extends ChangedInstance {
  readonly study_instance_uid: string;
  readonly rejected_at: Date;
}

/** Those whose very bytes are in the register. */
async function rejectedAmong(
  client: Queryable,
  studyKey: number,
  candidates: readonly Candidate[],
): Promise<RejectedRow[]> {
  const found = await client.query<RejectedRow & Record<string, unknown>>({
    name: 'rejected-among-replayed',
    text: `select e.series_key, e.series_instance_uid, r.sop_instance_uid, r.sha256, r.study_instance_uid, j.rejected_at
      from unnest($2::text[], $3::bytea[], $4::bigint[]) as t (sop_instance_uid, sha256, series_key)
      join rejected_instance r on r.sop_instance_uid = t.sop_instance_uid and r.sha256 = t.sha256
      join rejection j on j.rejection_id = r.rejection_id and j.state in ('rejected', 'purging')
      join series e on e.study_key = $1 and e.series_key = t.series_key
      order by e.series_key, r.sop_instance_uid`,
    values: [
      studyKey,
      candidates.map(({ instance }) => instance.sopInstanceUid),
      candidates.map(({ instance }) => instance.sha256),
      candidates.map(({ keys }) => keys.seriesKey),
    ],
  });
  return found.rows;
}

/** What was hidden or shown changed the study at its time, and may have left nothing else to be replayed. */
async function noteDecisions(client: Queryable, studyKeys: readonly number[]): Promise<void> {
  await client.query({
    name: 'note-rejections-and-restorations',
    text: `update study s set updated_at = decided.at
      from (select s.study_key, max(case j.state when 'restored' then j.decided_at else j.rejected_at end) as at
        from study s join rejection j on j.study_instance_uid = s.study_instance_uid
        where s.study_key = any ($1) group by s.study_key) decided
      where s.study_key = decided.study_key and decided.at > s.updated_at`,
    values: [studyKeys],
  });
}

/** A study that was being purged when the index was lost is purged on: its segments stay as they are until then. */
async function giveUpBegun(client: Queryable, studyKeys: readonly number[]): Promise<void> {
  await client.query({
    name: 'give-up-replayed-segments',
    text: `update segment g set state = 'superseded', superseded_at = now(), compact_due = null
      from study s join disposition d on d.study_instance_uid = s.study_instance_uid
      where s.study_key = any ($1) and d.is_whole_study and d.ended_at is null
        and g.study_key = s.study_key and g.state in ('live', 'duplicate')`,
    values: [studyKeys],
  });
}

/** Step 6: counters and founders, last, because their rows are locked longest. */
import type { Queryable } from '../database.ts';
import type { Candidate, Standing } from './candidate.ts';
import { earliestOf, type FoundedRow, founds } from './founding.ts';
import { KeysChangedError } from './keys-changed-error.ts';
import { refoundSeries } from './series.ts';
import { refoundStudy } from './studies.ts';

/**
 * Raises counts and revisions of series and studies by the active newcomers, and gives them the attributes of those that
 * were received before their founders. Rows are locked in key order: all statements are sent in that order, at once.
 * Throws KeysChangedError where a row is not the one that its key was known by.
 */
export async function countNewcomers(
  client: Queryable,
  standings: ReadonlyMap<Candidate, Standing>,
): Promise<void> {
  const active = [...standings].flatMap(([candidate, standing]) =>
    standing === 'active' ? [candidate] : [],
  );
  const bySeries = Map.groupBy(active, (candidate) => candidate.keys.seriesKey);
  const byStudy = Map.groupBy(active, (candidate) => candidate.keys.studyKey);
  const [series, studies] = await Promise.all([
    Promise.all([...bySeries].sort(byKey).map(([, members]) => countInSeries(client, members))),
    Promise.all([...byStudy].sort(byKey).map(([, members]) => countInStudy(client, members))),
  ]);
  const changed = new Set<number>();
  for (const { members, row } of series) {
    const founder = earliestOf(members);
    const isFounded = founder !== undefined && founds(founder, row);
    if (isFounded) await refoundSeries(client, founder.keys, founder);
    if (isFounded || row.number_of_instances === members.length) changed.add(members[0].keys.studyKey);
  }
  for (const { members, row } of studies) {
    const founder = earliestOf(members);
    const { studyKey } = members[0].keys;
    if (founder !== undefined && founds(founder, row)) await refoundStudy(client, studyKey, founder);
    if (changed.has(studyKey)) await recountSeries(client, studyKey);
  }
}

type Members = readonly [Candidate, ...Candidate[]];

function byKey([a]: readonly [number, unknown], [b]: readonly [number, unknown]): number {
  return a - b;
}

interface Counted<Row> {
  readonly members: Members;
  readonly row: Row;
}

/** The row is locked by the count: its founder is not changed by another from then on. */
async function countInSeries(
  client: Queryable,
  candidates: readonly Candidate[],
): Promise<Counted<FoundedRow & { number_of_instances: number }>> {
  const members = assertMembers(candidates);
  const [{ keys, segment }] = members;
  const counted = await client.query<
    FoundedRow & { series_instance_uid: string; number_of_instances: number }
  >({
    name: 'count-in-series',
    text: `update series set number_of_instances = number_of_instances + $3, revision = revision + 1
      where study_key = $1 and series_key = $2
      returning series_instance_uid, number_of_instances, founded_by, received_at`,
    values: [keys.studyKey, keys.seriesKey, members.length],
  });
  const [row] = counted.rows;
  if (row?.series_instance_uid !== segment.seriesInstanceUid) throw new KeysChangedError();
  return { members, row };
}

/** As {@link countInSeries}. */
async function countInStudy(
  client: Queryable,
  candidates: readonly Candidate[],
): Promise<Counted<FoundedRow>> {
  const members = assertMembers(candidates);
  const [{ keys, segment }] = members;
  const counted = await client.query<FoundedRow & { study_instance_uid: string }>({
    name: 'count-in-study',
    text: `update study set number_of_instances = number_of_instances + $2, revision = revision + 1,
          updated_at = greatest(updated_at, $3),
          sop_classes = case when sop_classes @> $4::text[] then sop_classes
            else (select array_agg(distinct c order by c) from unnest(sop_classes || $4::text[]) c) end
        where study_key = $1 returning study_instance_uid, founded_by, received_at`,
    values: [
      keys.studyKey,
      members.length,
      new Date(Math.max(...members.map((member) => member.segment.receivedAt.getTime()))),
      [...new Set(members.map((member) => member.instance.sopClassUid))].sort(),
    ],
  });
  const [row] = counted.rows;
  if (row?.study_instance_uid !== segment.studyInstanceUid) throw new KeysChangedError();
  return { members, row };
}

/** A series has got its first instance, or another modality. A statement of its own: its snapshot is taken under the lock. */
async function recountSeries(client: Queryable, studyKey: number): Promise<void> {
  await client.query({
    name: 'recount-series-of-study',
    text: `update study set (number_of_series, modalities, institution_name) = (select count(*),
          coalesce(array_agg(distinct e.modality order by e.modality) filter (where e.modality is not null), '{}'),
          min(e.institution_name)
          from series e where e.study_key = $1 and e.number_of_instances > 0)
        where study_key = $1`,
    values: [studyKey],
  });
}

function assertMembers([first, ...others]: readonly Candidate[]): Members {
  if (first === undefined) throw new TypeError('a group has members');
  return [first, ...others];
}

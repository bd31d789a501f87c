/** Step 6: counters and founders, last, because their rows are locked longest. */
import type { Queryable } from '../database.ts';
import type { Candidate, Standing } from './candidate.ts';
import { earliestOf, type FoundedRow, founds } from './founding.ts';
import { refoundSeries } from './series.ts';
import { refoundStudy } from './studies.ts';

/**
 * Raises counts and revisions of series and studies by the active newcomers, and gives them the attributes of those that
 * were received before their founders; rows are locked in key order.
 */
export async function countNewcomers(
  client: Queryable,
  standings: ReadonlyMap<Candidate, Standing>,
): Promise<void> {
  const active = [...standings].flatMap(([candidate, standing]) =>
    standing === 'active' ? [candidate] : [],
  );
  if (active.length === 0) return;
  const series = Map.groupBy(active, (candidate) => candidate.keys.seriesKey);
  for (const [, members] of [...series].sort(([a], [b]) => a - b)) await countInSeries(client, members);
  const studies = Map.groupBy(active, (candidate) => candidate.keys.studyKey);
  // Locked by a statement of its own: the counts below must be read by a snapshot taken after the wait.
  const locked = await client.query<FoundedRow & { study_key: number }>({
    name: 'lock-studies',
    text: `select study_key, founded_by, received_at from study where study_key = any ($1) order by study_key for update`,
    values: [[...studies.keys()]],
  });
  for (const row of locked.rows) {
    const members = studies.get(row.study_key) ?? [];
    const founder = earliestOf(members);
    if (founder !== undefined && founds(founder, row)) await refoundStudy(client, row.study_key, founder);
    await countInStudy(client, row.study_key, members);
  }
}

/** The row is locked by the count: its founder is not changed by another from then on. */
async function countInSeries(client: Queryable, members: readonly Candidate[]): Promise<void> {
  const [first] = members;
  const founder = earliestOf(members);
  if (first === undefined || founder === undefined) return;
  const counted = await client.query<FoundedRow>({
    name: 'count-in-series',
    text: `update series set number_of_instances = number_of_instances + $3, revision = revision + 1
      where study_key = $1 and series_key = $2 returning founded_by, received_at`,
    values: [first.keys.studyKey, first.keys.seriesKey, members.length],
  });
  const [row] = counted.rows;
  if (row !== undefined && founds(founder, row)) await refoundSeries(client, first.keys, founder);
}

async function countInStudy(
  client: Queryable,
  studyKey: number,
  members: readonly Candidate[],
): Promise<void> {
  await client.query({
    name: 'count-in-study',
    text: `update study set number_of_instances = number_of_instances + $2, revision = revision + 1, updated_at = greatest(updated_at, $3),
          (number_of_series, modalities) = (select count(*),
            coalesce(array_agg(distinct e.modality order by e.modality) filter (where e.modality is not null), '{}')
            from series e where e.study_key = $1 and e.number_of_instances > 0),
          sop_classes = (select coalesce(array_agg(distinct c order by c), '{}') from unnest(sop_classes || $4::text[]) c)
        where study_key = $1`,
    values: [
      studyKey,
      members.length,
      new Date(Math.max(...members.map((member) => member.segment.receivedAt.getTime()))),
      [...new Set(members.map((member) => member.instance.sopClassUid))].sort(),
    ],
  });
}

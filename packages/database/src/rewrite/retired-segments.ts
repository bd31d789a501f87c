/** The commit's side of the race with a rewrite: no row may be committed into a segment that was given up meanwhile. */
import type { Queryable } from '../database.ts';

/**
 * Of these segments, which the database knew before, those that are superseded or deleted. The others can't be given up
 * before the transaction ends. Ids in, ids out.
 */
export async function retiredSegments(
  client: Queryable,
  segmentIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (segmentIds.length === 0) return new Set();
  const result = await client.query<{ segment_id: string; state: string }>({
    name: 'retired-segments',
    text: 'select segment_id, state from segment where segment_id = any ($1::uuid[]) order by segment_id for share',
    values: [segmentIds],
  });
  const retired = result.rows.filter(({ state }) => state === 'superseded' || state === 'deleted');
  return new Set(retired.map((row) => row.segment_id));
}

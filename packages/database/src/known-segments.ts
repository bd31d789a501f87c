/** Which segments the database knows, whatever became of them. */
import type { Queryable } from './database.ts';

/** Those that are known; one whose verdicts are still due is not, and is to be judged again. */
export async function knownSegments(client: Queryable, segmentIds: readonly string[]): Promise<Set<string>> {
  const result = await client.query<{ segment_id: string }>({
    name: 'known-segments',
    text: `select segment_id from segment where segment_id = any ($1::uuid[]) and not verdicts_due`,
    values: [segmentIds],
  });
  return new Set(result.rows.map((row) => row.segment_id));
}

/** What became of a segment, as far as its row tells. */
export type SegmentState = 'live' | 'duplicate' | 'superseded' | 'deleted';

/** The states as they are now, by segment id; those that are not known are left out. */
export async function segmentStates(
  client: Queryable,
  segmentIds: readonly string[],
): Promise<Map<string, SegmentState>> {
  const result = await client.query<{ segment_id: string; state: SegmentState }>({
    name: 'segment-states',
    text: 'select segment_id, state from segment where segment_id = any ($1::uuid[])',
    values: [segmentIds],
  });
  return new Map(result.rows.map((row) => [row.segment_id, row.state]));
}

/** Whether any object is expected in the store. */
export async function hasSegments(client: Queryable): Promise<boolean> {
  const result = await client.query<{ has_segments: boolean }>({
    name: 'has-segments',
    text: `select exists (select 1 from segment where state in ('live', 'duplicate')) as has_segments`,
  });
  return result.rows[0]?.has_segments === true;
}

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

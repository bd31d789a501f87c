/** A segment of the store whose bytes are held elsewhere: known as superseded, with nothing indexed of it. */
import type { Database } from '../database.ts';
import { NOTHING_REFERS } from '../verdicts.ts';
import type { SegmentCommit } from './facts.ts';
import { insertSegments } from './instances.ts';
import { resolveKeys } from './resolve-keys.ts';

/**
 * Takes the segment in as superseded since `at`. False where something refers to it: then it is to be indexed as any
 * other.
 */
export async function commitSuperseded(
  database: Database,
  segment: SegmentCommit,
  at: Date,
): Promise<boolean> {
  const keys = await resolveKeys(database, [segment]);
  return database.inTransaction(async (client) => {
    await insertSegments(client, [segment], keys);
    await client.query({
      text: `update segment set state = 'superseded', superseded_at = $2, verdicts_due = false
        where segment_id = $1 and state in ('live', 'duplicate') and ${NOTHING_REFERS('$1')}`,
      values: [segment.segmentId, at],
    });
    const found = await client.query<{ state: string }>({
      text: 'select state from segment where segment_id = $1',
      values: [segment.segmentId],
    });
    return found.rows[0]?.state === 'superseded' || found.rows[0]?.state === 'deleted';
  });
}

/** Which segment holds now what a superseded one held. */
import type { Queryable } from '../database.ts';

/** The segment that a rewritten one's entries lie in. */
export interface HoldingSegment {
  readonly segmentId: string;
  readonly objectKey: string;
  readonly sizeBytes: number;
  readonly receiptSha256: Buffer;
  /** False: it was given up as well, and not for another rewrite. */
  readonly isKept: boolean;
}

/** More than there ever are; no chain goes round, since a rewrite is newer than what it was made of. */
const MOST_REWRITES = 1_000;

/**
 * Follows the rewrites of a segment to the last one; undefined if it was never rewritten: it was superseded because
 * everything in it was held elsewhere.
 */
export async function rewrittenInto(
  client: Queryable,
  segmentId: string,
): Promise<HoldingSegment | undefined> {
  const result = await client.query<{
    segment_id: string;
    object_key: string;
    size_bytes: number;
    receipt_sha256: Buffer;
    state: string;
  }>({
    name: 'rewritten-into',
    text: `with recursive chain as (
        select g.segment_id, g.rewritten_into, 0 as step from segment g where g.segment_id = $1
        union all
        select g.segment_id, g.rewritten_into, step + 1
          from chain c join segment g on g.segment_id = c.rewritten_into where c.step < $2)
      select g.segment_id, g.object_key, g.size_bytes, g.receipt_sha256, g.state
      from chain c join segment g on g.segment_id = c.segment_id where c.step > 0 order by c.step desc limit 1`,
    values: [segmentId, MOST_REWRITES],
  });
  const [row] = result.rows;
  return (
    row && {
      segmentId: row.segment_id,
      objectKey: row.object_key,
      sizeBytes: row.size_bytes,
      receiptSha256: row.receipt_sha256,
      isKept: row.state === 'live' || row.state === 'duplicate',
    }
  );
}

/** Keeps the object of a superseded segment for another grace: what holds its entries could not be verified. */
export async function postponeDeletion(client: Queryable, segmentId: string): Promise<void> {
  await client.query({
    name: 'postpone-deletion',
    text: `update segment set superseded_at = now() where segment_id = $1 and state = 'superseded'`,
    values: [segmentId],
  });
}
